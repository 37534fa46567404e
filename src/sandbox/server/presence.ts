// Who is there and who is typing: passed on to whoever should see it, kept by nobody.
import type { World } from "../network/world.ts";
import { phoneJid } from "../people/person.ts";
import { isBlocked, maySee } from "../people/privacy.ts";
import { isGroup } from "../wire/jid.ts";
import { children, type Node, node } from "../wire/node.ts";
import type { Link } from "./links.ts";

export function handlePresence(world: World, link: Link, stanza: Node): void {
  if (stanza.tag === "call") return answerCall(world, link, stanza);
  const { to, type } = stanza.attrs;
  if (stanza.tag === "presence") return presence(world, link, to, type);
  const [state] = children(stanza);
  if (state === undefined || to === undefined) {
    return world.observer.violation(phoneJid(link.person), "chatstate", "a chatstate without `to` or state");
  }
  const media = state.attrs.media === "audio" ? "audio" : "text";
  const typing = state.tag === "composing" ? media : null;
  const people = isGroup(to) ? (world.groups.find(to)?.people() ?? []) : [world.registry.findByJid(to)];
  for (const person of people) {
    if (person === null || person === link.person || isBlocked(person, link.person)) continue;
    world.phones.noticeTyping(person, { from: link.person, chat: to, typing });
    passOn(world, link, person, to, state);
  }
}

function passOn(
  world: World,
  link: Link,
  person: NonNullable<ReturnType<World["registry"]["find"]>>,
  to: string,
  state: Node,
): void {
  const from = phoneJid(link.person);
  const attrs = isGroup(to) ? { from: to, participant: from } : { from };
  for (const other of world.links.ofPerson(person)) if (other.isShown) other.send(node("chatstate", attrs, [state]));
}

function presence(world: World, link: Link, to: string | undefined, type: string | undefined): void {
  if (type === "subscribe") {
    const person = world.registry.findByJid(to);
    if (person === null || isBlocked(person, link.person)) return;
    link.watched.add(person);
    const isShown = maySee(link.person, person, "last");
    const isThere = isShown && world.phones.isOnline(person) && !world.phones.stateOf(person).hasLeft;
    const away = isThere ? {} : { type: "unavailable", last: isShown ? world.nowSeconds() : "deny" };
    return link.send(node("presence", { from: to ?? "", ...away }));
  }
  if (type !== "available" && type !== "unavailable") return;
  link.isShown = type === "available";
  world.phones.noticePresence(link.person, link.isShown);
}

/** A client that rejects a call waits for this. */
function answerCall(world: World, link: Link, stanza: Node): void {
  world.calls.noticeAnswer(link.person, stanza);
  const [what] = children(stanza);
  link.send(node("ack", { class: "call", id: stanza.attrs.id, from: stanza.attrs.to, type: what?.tag }));
}
