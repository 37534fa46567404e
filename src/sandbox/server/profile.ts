// What somebody is like: about, picture, privacy, whom they block, how long their messages stay. Asked and changed by
// linked devices; changes are told to whoever should know.
import { randomInt } from "node:crypto";
import type { World } from "../network/world.ts";
import type { Group } from "../people/groups.ts";
import { devicesOf, lidJid, type Person, phoneJid } from "../people/person.ts";
import { maySee } from "../people/privacy.ts";
import { bytesOf, child, childrenNamed, type Node, node, textOf } from "../wire/node.ts";
import type { Answer } from "./iq.ts";
import type { Link } from "./links.ts";

const notFound = { error: 404, text: "item-not-found" };
const notAuthorized = { error: 401, text: "not-authorized" };
const forbidden = { error: 403, text: "forbidden" };

export function handleStatus(world: World, { person }: Link, request: Node): Answer {
  if (request.attrs.type === "set") setAbout(world, person, textOf(child(request, "status")));
  return [];
}

export function setAbout(world: World, person: Person, text: string): void {
  person.about = { text, at: Number(world.nowSeconds()) };
  world.changed(person);
}

export function handlePicture(world: World, { person }: Link, request: Node): Answer {
  const target = request.attrs.target ?? phoneJid(person);
  const owner = world.groups.find(target) ?? world.registry.findByJid(target);
  if (owner === null) return notFound;
  const asked = child(request, "picture");
  if (request.attrs.type === "set") {
    if (!mayShow(person, owner)) return forbidden;
    setPicture(world, owner, { bytes: bytesOf(asked), by: person });
    return [node("picture", { id: owner.picture?.id ?? "0" })];
  }
  if ("phone" in owner && !maySee(person, owner, "profile")) return notAuthorized;
  if (owner.picture === null) return notFound;
  const path = `/pictures/${owner.picture.id}.jpg`;
  const url = `https://${world.mediaHost()}${path}`;
  return [node("picture", { id: owner.picture.id, type: asked?.attrs.type ?? "image", url, direct_path: path })];
}

/** One's own, and that of a group one is in, unless only its admins may. */
function mayShow(person: Person, owner: Person | Group): boolean {
  if ("phone" in owner) return owner === person;
  return owner.has(person) && (!owner.facts.locked || owner.isAdmin(person));
}

export function setPicture(
  world: World,
  owner: Person | Group,
  { bytes, by }: { bytes: Buffer | null; by: Person },
): void {
  owner.picture = bytes === null ? null : { id: String(randomInt(1e8, 1e9)), bytes };
  const isPerson = "phone" in owner;
  world.changed(isPerson ? owner : undefined);
  const author = phoneJid(by);
  const what = owner.picture === null ? node("delete", { author }) : node("set", { id: owner.picture.id, author });
  for (const person of isPerson ? world.registry.all() : owner.people()) {
    for (const address of devicesOf(person)) {
      const knows = person.companions.get(address.device)?.knows;
      if (address.device === 0 || (isPerson && person !== owner && !knows?.has(owner.phone))) continue;
      if (isPerson && !maySee(person, owner, "profile")) continue;
      const attrs = { from: isPerson ? phoneJid(owner) : owner.jid, type: "picture" };
      world.links.deliver(address, notification(world, attrs, what));
    }
  }
}

export function handlePrivacy(world: World, { person }: Link, request: Node): Answer {
  if (child(request, "tokens") !== undefined) return [node("tokens")];
  for (const category of childrenNamed(child(request, "privacy"), "category")) {
    const { name, value } = category.attrs;
    if (request.attrs.type !== "set" || name === undefined || value === undefined) continue;
    person.privacy.set(name, value);
    world.changed(person);
  }
  if (request.attrs.type === "set") return [];
  const categories = [...person.privacy].map(([name, value]) => node("category", { name, value }));
  return [node("privacy", {}, categories)];
}

export function handleBlocklist(world: World, link: Link, request: Node): Answer {
  const { person } = link;
  const items = childrenNamed(request, "item");
  for (const { attrs } of items) {
    if (attrs.jid === undefined) world.observer.violation(phoneJid(person), "blocklist", "an item without its jid");
    else block(world, person, attrs.jid, attrs.action !== "unblock");
  }
  if (items.length > 0) tellOthers(world, link, node("blocklist", { dhash: dhashOf(person) }, items));
  const listed = [...person.blocked].map((jid) => node("item", { jid }));
  return [node("list", { dhash: dhashOf(person) }, listed)];
}

/** Kept in one form, whichever it was asked for in. */
export function block(world: World, person: Person, jid: string, isOn: boolean): void {
  const other = world.registry.findByJid(jid);
  const name = other === null ? jid : lidJid(other);
  if (isOn) person.blocked.add(name);
  else person.blocked.delete(name);
  world.changed(person);
}

const dhashOf = ({ blocked }: Person) => String(blocked.size);

export function handleDisappearing(world: World, link: Link, request: Node): Answer {
  const mode = child(request, "disappearing_mode");
  if (request.attrs.type !== "set" || mode === undefined) return [];
  const seconds = Number(mode.attrs.duration ?? 0);
  const at = Number(world.nowSeconds());
  link.person.disappearing = { seconds, at };
  world.changed(link.person);
  tellOthers(world, link, node("disappearing_mode", { duration: String(seconds), t: String(at) }));
  return [];
}

/** The account's other devices. */
function tellOthers(world: World, { person, companion }: Link, what: Node): void {
  for (const address of devicesOf(person)) {
    if (address.device === 0 || address.device === companion.number) continue;
    world.links.deliver(address, notification(world, { from: phoneJid(person), type: "account_sync" }, what));
  }
}

function notification(world: World, attrs: { from: string; type: string }, what: Node): Node {
  return node("notification", { ...attrs, id: world.makeId(), t: world.nowSeconds() }, [what]);
}
