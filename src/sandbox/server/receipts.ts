// Receipts and acknowledgements: what a client has got, read, or could not read, and who is to know.
import type { World } from "../network/world.ts";
import { type Address, devicesOf, jidIn, peerName } from "../people/person.ts";
import { isGroup, isLid, isStatus, withoutDevice } from "../wire/jid.ts";
import { child, children, childrenNamed, type Node, node } from "../wire/node.ts";
import type { Link } from "./links.ts";

/** These tell only the network that a message has arrived. */
const privateTypes = new Set(["sender", "peer_msg", "hist_sync", "read-self", "played-self"]);

export function handleReceipt(world: World, link: Link, stanza: Node): void {
  const { id, to, type, participant } = stanza.attrs;
  const from = { person: link.person, device: link.companion.number };
  if (id === undefined || to === undefined)
    return world.observer.violation(peerName(from), "receipt", "a receipt lacks id or to");
  link.send(node("ack", { class: "receipt", id, from: to, type, participant }));
  if (type === "server-error") return world.phones.uploadAgain(link, stanza);
  const ids = idsOf(stanza);
  for (const one of ids) {
    if (type === undefined || type === "inactive" || privateTypes.has(type))
      world.links.acknowledge(link, "message", { id: one });
    world.observer.messages.answered(one, type === undefined || type === "inactive" ? "delivered" : type);
    if (type === "retry") world.observer.messages.retried(one);
  }
  if (type === "retry") return retry(world, from, stanza);
  if (type === "read" || type === "read-self") tellOwnDevices(world, from, { ids, chat: to, type });
  if (type !== undefined && privateTypes.has(type)) return;
  tellAuthor(world, from, { ids, chat: to, author: participant ?? to, type: type === "inactive" ? undefined : type });
}

export type Told = { ids: string[]; chat: string; author: string; type: string | undefined };

/** What one device has read, to all others that are linked to its phone. */
export function tellOwnDevices(world: World, from: Address, { ids, chat, type }: Omit<Told, "author">): void {
  const { person } = from;
  const group = world.groups.find(chat);
  const own = jidIn(person, group?.addressing ?? (isLid(chat) ? "lid" : "pn"));
  const where = group === null && !isStatus(chat) ? { from: own, recipient: chat } : { from: chat, participant: own };
  const [first = "", ...others] = ids;
  const told = node("receipt", { ...where, id: first, type, t: world.nowSeconds() }, listOf(others));
  for (const device of person.companions.keys())
    if (device !== from.device) world.links.deliver({ person, device }, told);
}

/** From a phone or a linked device to every device of who wrote it. */
export function tellAuthor(world: World, from: Address, { ids, chat, author, type }: Told): void {
  const writer = world.registry.findByJid(author);
  if (writer === null || writer === from.person) return;
  const form = isLid(author) ? "lid" : "pn";
  const reader = jidIn(from.person, form);
  const [first = "", ...others] = ids;
  const where = isGroup(chat) || isStatus(chat) ? { from: chat, participant: reader } : { from: reader };
  const told = node("receipt", { ...where, id: first, type, t: world.nowSeconds() }, listOf(others));
  for (const address of devicesOf(writer)) {
    if (address.device === 0) world.phones.noticeReceipt(writer, from.person, ids, type);
    else deliverReceipt(world, address, told);
  }
}

function listOf(ids: string[]): Node[] | undefined {
  const items = ids.map((id) => node("item", { id }));
  return items.length === 0 ? undefined : [node("list", {}, items)];
}

function deliverReceipt(world: World, to: Address, told: Node): void {
  const { faults, links } = world;
  const { phone } = to.person;
  if (faults.strike("drop-receipt", phone) !== null) return;
  const late = faults.strike("reorder-receipt", phone);
  if (late !== null) return world.later(late.delayMs || 250, () => links.deliver(to, told));
  links.deliver(to, told);
  if (faults.strike("duplicate-receipt", phone) !== null) links.deliver(to, told);
}

/** Somebody could not read a message: whoever wrote it sends it again. */
export function retry(world: World, from: Address, stanza: Node): void {
  const { to = "", participant, id } = stanza.attrs;
  const author = world.registry.findDevice(participant ?? to);
  if (author === null)
    return world.observer.violation(
      peerName(from),
      "receipt",
      `a retry for ${participant ?? to}, who is not there`,
      id,
    );
  if (author.device === 0) return world.phones.sendAgain(author.person, from, stanza);
  const form = isLid(participant ?? to) ? "lid" : "pn";
  const asker = jidIn(from.person, form, from.device);
  const where = isGroup(to) || isStatus(to) ? { from: to, participant: asker } : { from: asker };
  const attrs = { ...where, id, type: "retry", t: world.nowSeconds(), recipient: stanza.attrs.recipient };
  world.links.deliver(author, node("receipt", attrs, children(stanza)));
}

export function handleAck(world: World, link: Link, stanza: Node): void {
  const { class: what, id, error } = stanza.attrs;
  if (what === undefined || id === undefined) {
    return world.observer.violation(link.person.phone, "ack", "an ack lacks class or id");
  }
  const isRefusal = what === "message" && error !== undefined;
  if (isRefusal) world.observer.messages.answered(id, `nack ${error}`);
  world.links.acknowledge(link, what, stanza.attrs, isRefusal ? "refused" : "received");
}

export function idsOf(stanza: Node): string[] {
  const more = childrenNamed(child(stanza, "list"), "item").flatMap((item) => item.attrs.id ?? []);
  return [...(stanza.attrs.id === undefined ? [] : [stanza.attrs.id]), ...more];
}

export const chatOf = (stanza: Node) => withoutDevice(stanza.attrs.from ?? "");
