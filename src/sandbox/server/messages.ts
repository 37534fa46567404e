// A message on its way: checked, acknowledged, and a copy for every device it was encrypted for.
import type { World } from "../network/world.ts";
import type { Group } from "../people/groups.ts";
import { type Address, devicesOf, jidIn, lidJid, peerName, phoneJid, sameDevice } from "../people/person.ts";
import { isBlocked } from "../people/privacy.ts";
import { isGroup, isLid, isNewsletter, isStatus, readJid, withoutDevice } from "../wire/jid.ts";
import { bytesOf, child, children, childrenNamed, type Node, node } from "../wire/node.ts";

export type Send = (node: Node) => void;

/** What of a message's attributes its copies keep. */
const keptAttributes = ["type", "edit", "category", "addressing_mode"] as const;
/** What lies beside the ciphertexts and goes along. */
const keptChildren = new Set(["meta", "bot", "biz"]);

/** `from` is a linked device or a phone: both speak the same way. */
export function handleMessage(world: World, from: Address, stanza: Node, reply: Send): void {
  const { id, to } = stanza.attrs;
  const { observer, faults } = world;
  if (id === undefined || to === undefined || stanza.attrs.type === undefined) {
    return observer.violation(peerName(from), "message", "a message lacks id, to or type");
  }
  const encs = childrenNamed(stanza, "enc");
  const participants = childrenNamed(child(stanza, "participants"), "to");
  observer.messages.sent(
    id,
    peerName(from),
    encs.some((enc) => enc.attrs.count !== undefined),
  );
  if (world.isChecking()) noticeCounters(world, from, stanza, { encs, participants });
  const refused = refusalOf(world, from, stanza, to);
  const fault = refused === null ? faults.strike("ack-error", from.person.phone) : null;
  const error = refused ?? (fault === null ? null : String(fault.code ?? 463));
  acknowledge(world, from, stanza, error, reply);
  if (error !== null || isNewsletter(to)) return;
  checkCiphertexts(world, from, id, [...encs, ...participants.flatMap((one) => childrenNamed(one, "enc"))]);
  if (isGroup(to)) return toGroup(world, from, stanza, to, { encs, participants });
  if (isStatus(to)) return toStatus(world, from, stanza, { encs, participants });
  // One device alone: an answer to its retry, or a word to the own phone.
  if (encs.length > 0) return toOne(world, from, stanza, to, encs);
  for (const participant of participants)
    toOne(world, from, stanza, participant.attrs.jid, childrenNamed(participant, "enc"));
}

function refusalOf(world: World, { person }: Address, { attrs }: Node, to: string): string | null {
  if (isNewsletter(to) || isStatus(to)) return null;
  if (isGroup(to)) {
    const group = world.groups.find(to);
    if (group === null) return "404";
    if (!group.has(person)) return "403";
    return group.announce && !group.isAdmin(person) ? "403" : null;
  }
  if (world.registry.findByJid(to) !== null) return null;
  world.observer.violation(person.phone, "message", `nobody is at ${withoutDevice(to)}`, attrs.id);
  return "404";
}

/** Before anything else: a counter is used up even where the message goes no further. */
function noticeCounters(world: World, from: Address, { attrs }: Node, { encs, participants }: Parts): void {
  const { id = "", to = "", participant } = attrs;
  for (const enc of encs) {
    const isForAll = enc.attrs.type === "skmsg";
    world.counters.notice(from, isForAll ? withoutDevice(to) : nameOf(world, participant ?? to), enc, id);
  }
  for (const one of participants)
    for (const enc of childrenNamed(one, "enc")) world.counters.notice(from, nameOf(world, one.attrs.jid), enc, id);
}

function checkCiphertexts(world: World, from: Address, id: string, encs: Node[]): void {
  const wrong = encs.find(
    (enc) => enc.attrs.v !== "2" || !/^(msg|pkmsg|skmsg)$/.test(enc.attrs.type ?? "") || bytesOf(enc) === null,
  );
  if (encs.length === 0) world.observer.violation(peerName(from), "message", "a message without a ciphertext", id);
  if (wrong !== undefined)
    world.observer.violation(peerName(from), "message", `an enc of type ${wrong.attrs.type} v ${wrong.attrs.v}`, id);
}

function acknowledge(world: World, { person }: Address, { attrs }: Node, error: string | null, reply: Send): void {
  const { faults } = world;
  const ack = node("ack", {
    class: "message",
    id: attrs.id,
    from: attrs.to,
    t: world.nowSeconds(),
    participant: attrs.participant,
    error: error ?? undefined,
  });
  const send = () => {
    if (error === null) world.observer.messages.acked(attrs.id ?? "");
    reply(ack);
  };
  if (faults.strike("drop-ack", person.phone) !== null) return;
  const late = faults.strike("reorder-ack", person.phone);
  if (late !== null) return world.later(late.delayMs || 250, send);
  send();
  if (faults.strike("duplicate-ack", person.phone) !== null) send();
}

type Parts = { encs: Node[]; participants: Node[] };

function toGroup(world: World, from: Address, stanza: Node, to: string, { encs, participants }: Parts): void {
  const group = world.groups.find(to);
  if (group === null) return;
  const own = new Map(participants.map((one) => [nameOf(world, one.attrs.jid), childrenNamed(one, "enc")]));
  const alone = stanza.attrs.participant === undefined ? null : nameOf(world, stanza.attrs.participant);
  for (const address of group.people().flatMap(devicesOf)) {
    if (sameDevice(address, from) || (alone !== null && peerName(address) !== alone)) continue;
    const copies = [...(own.get(peerName(address)) ?? []), ...encs];
    deliver(world, from, address, stanza, copies, groupAttributes(group, from));
  }
}

/** Like a group whose members are those that were ever told the chain. */
function toStatus(world: World, from: Address, stanza: Node, { encs, participants }: Parts): void {
  const own = new Map(participants.map((one) => [nameOf(world, one.attrs.jid), childrenNamed(one, "enc")]));
  const { statusAudience } = from.person;
  for (const name of own.keys()) statusAudience.add(name);
  for (const address of world.registry.all().flatMap(devicesOf)) {
    if (sameDevice(address, from) || !statusAudience.has(peerName(address))) continue;
    const copies = [...(own.get(peerName(address)) ?? []), ...encs];
    deliver(world, from, address, stanza, copies, statusAttributes(from));
  }
}

function toOne(world: World, from: Address, stanza: Node, jid: string | undefined, encs: Node[]): void {
  const address = world.registry.findDevice(jid);
  if (address === null)
    return world.observer.violation(peerName(from), "message", `no device is at ${jid}`, stanza.attrs.id);
  if (isBlocked(address.person, from.person)) return;
  const to = stanza.attrs.to ?? "";
  deliver(world, from, address, stanza, encs, directAttributes(world, from, address, to));
}

function deliver(
  world: World,
  from: Address,
  to: Address,
  stanza: Node,
  encs: Node[],
  who: Record<string, string | undefined>,
): void {
  const { id = "" } = stanza.attrs;
  const kept = Object.fromEntries(keptAttributes.map((name) => [name, stanza.attrs[name]]));
  const beside = children(stanza).filter((one) => keptChildren.has(one.tag));
  const identity = child(stanza, "device-identity");
  const isFirst = encs.some((enc) => enc.attrs.type === "pkmsg");
  if (isFirst && from.device !== 0 && identity === undefined) {
    world.observer.violation(peerName(from), "message", "a pkmsg of a linked device without its device-identity", id);
  }
  world.observer.messages.copied(id, peerName(to));
  const attrs = { ...kept, ...who, id, t: world.nowSeconds(), notify: from.person.name };
  const content = [
    ...readableOrNot(world, to, encs),
    ...beside,
    ...(isFirst && identity !== undefined ? [identity] : []),
  ];
  const copy = node("message", attrs, content);
  if (to.device === 0) world.phones.receive(to.person, copy);
  else world.links.deliver(to, copy);
}

/** The fault of ciphertexts that no longer decrypt strikes here. */
function readableOrNot(world: World, { person, device }: Address, encs: Node[]): Node[] {
  if (device === 0 || world.faults.strike("unreadable", person.phone) === null) return encs;
  return encs.map((enc) => {
    const bytes = Buffer.from(bytesOf(enc) ?? []);
    for (let place = Math.max(1, bytes.length - 20); place < bytes.length; place++)
      bytes.writeUInt8(bytes.readUInt8(place) ^ 0x55, place);
    return { ...enc, content: bytes };
  });
}

function directAttributes(world: World, from: Address, to: Address, chat: string): Record<string, string | undefined> {
  const form = isLid(chat) ? "lid" : "pn";
  const { person, device } = from;
  const own = jidIn(person, form, device);
  if (to.person === person) {
    const other = world.registry.findByJid(chat);
    const recipient = other === person ? {} : { recipient: withoutDevice(chat) };
    const lid = form === "pn" && other?.lid != null ? { peer_recipient_lid: lidJid(other) } : {};
    return { from: own, ...recipient, ...lid };
  }
  if (form === "lid") return { from: own, sender_pn: phoneJid(person, device), addressing_mode: "lid" };
  return { from: own, sender_lid: person.lid === null ? undefined : lidJid(person, device) };
}

function groupAttributes(group: Group, { person, device }: Address): Record<string, string | undefined> {
  const isLidGroup = group.addressing === "lid";
  return {
    from: group.jid,
    participant: jidIn(person, group.addressing, device),
    addressing_mode: group.addressing,
    ...(isLidGroup
      ? { participant_pn: phoneJid(person, device) }
      : { participant_lid: person.lid === null ? undefined : lidJid(person, device) }),
  };
}

function statusAttributes({ person, device }: Address): Record<string, string | undefined> {
  return {
    from: "status@broadcast",
    participant: phoneJid(person, device),
    participant_lid: person.lid === null ? undefined : lidJid(person, device),
  };
}

/** The same device, by number or by LID. */
function nameOf(world: World, jid: string | undefined): string {
  const person = world.registry.findByJid(jid);
  return person === null ? (jid ?? "") : peerName({ person, device: readJid(jid)?.device ?? 0 });
}
