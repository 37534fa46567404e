// A phone writes: encrypts for every device that is to read it, and hands the stanza in like any client.
import type { World } from "../network/world.ts";
import { bundleOf, readSignedKey } from "../server/encrypt.ts";
import { handleMessage } from "../server/messages.ts";
import type { Sealed } from "../signal/device.ts";
import type { Bundle } from "../signal/session.ts";
import { isGroup, isLid } from "../wire/jid.ts";
import { bytesOf, child, type Node, node, numberOf } from "../wire/node.ts";
import { proto } from "../wire/proto.ts";
import { type Packed, pack, unpack, unwrap } from "./inbox.ts";
import { type Address, devicesOf, jidIn, type Person, peerName, sameDevice } from "./person.ts";
import type { Outgoing } from "./phones.ts";

export type Written = {
  id: string;
  chat: string;
  packed: Packed;
  readonly message: proto.IMessage;
  mediatype: string | undefined;
  edit: string | undefined;
  category: "peer" | undefined;
};
export type KeptWritten = Omit<Written, "message">;

const noReply = () => {};

export function makeWritten({ id, chat, message, mediatype, edit, category }: Outgoing & { id: string }): Written {
  return unpackedWhenAsked({ id, chat, packed: pack(message), mediatype, edit, category });
}

export function unpackedWhenAsked(kept: KeptWritten): Written {
  return {
    ...kept,
    get message() {
      return unpack(kept.packed);
    },
  };
}

export function write(world: World, person: Person, written: Written): void {
  const own = { person, device: 0 };
  const { id, chat, message, edit, category } = written;
  const attrs = { id, to: chat, type: typeOf(message), edit, category };
  const content = isGroup(chat) ? groupContent(world, own, written) : directContent(world, own, written);
  handleMessage(world, own, node("message", { ...attrs, ...content.attrs }, content.nodes), noReply);
}

function directContent(world: World, own: Address, { chat, message, packed, mediatype }: Written) {
  const other = world.registry.findByJid(chat);
  const form = isLid(chat) ? "lid" : "pn";
  const forOwn = proto.Message.encode({ deviceSentMessage: { destinationJid: chat, message } }).finish();
  const forOther = Buffer.from(packed, "latin1");
  const targets = [...(other === null ? [] : devicesOf(other)), ...devicesOf(own.person)];
  const nodes = targets.flatMap((target) => {
    if (sameDevice(target, own)) return [];
    const sealed = seal(world, own, target, target.person === own.person ? forOwn : forOther);
    return sealed === null ? [] : [toNode(jidIn(target.person, form, target.device), sealed, mediatype)];
  });
  return { attrs: {}, nodes: [node("participants", {}, nodes)] };
}

function groupContent(world: World, own: Address, { chat, packed, mediatype }: Written) {
  const group = world.groups.find(chat);
  if (group === null) throw new Error(`There is no group ${chat}.`);
  const targets = group
    .people()
    .flatMap(devicesOf)
    .filter((target) => !sameDevice(target, own));
  const plain = Buffer.from(packed, "latin1");
  const { body, distribution, untold } = own.person.device.sealForGroup(chat, plain, targets.map(peerName));
  const told = proto.Message.encode({
    senderKeyDistributionMessage: { groupId: chat, axolotlSenderKeyDistributionMessage: distribution },
  }).finish();
  const nodes = targets.flatMap((target) => {
    const sealed = untold.includes(peerName(target)) ? seal(world, own, target, told) : null;
    return sealed === null ? [] : [toNode(jidIn(target.person, group.addressing, target.device), sealed, undefined)];
  });
  const enc = node("enc", { v: "2", type: "skmsg", mediatype }, body);
  const participants = nodes.length === 0 ? [] : [node("participants", {}, nodes)];
  return { attrs: { addressing_mode: group.addressing }, nodes: [enc, ...participants] };
}

/** Opens a session first where there is none; null for a device without keys. */
export function seal(world: World, own: Address, target: Address, plain: Uint8Array): Sealed | null {
  const peer = peerName(target);
  const { device } = own.person;
  if (!device.hasSession(peer)) {
    const bundle = bundleOf(world, target);
    if (bundle === null || !device.begin(peer, bundle)) return null;
  }
  return device.seal(peer, plain);
}

function toNode(jid: string, { type, body }: Sealed, mediatype: string | undefined): Node {
  return node("to", { jid }, [node("enc", { v: "2", type, mediatype }, body)]);
}

/** Once more for one device that could not read it: with a fresh session, and in groups with the chain in the message. */
export function writeAgain(world: World, person: Person, written: Written, asker: Address, receipt: Node): void {
  const own = { person, device: 0 };
  const peer = peerName(asker);
  const keys = child(receipt, "keys");
  const bundle = keys === undefined ? null : bundleFrom(receipt, keys);
  person.device.forgetSessions(peer);
  if (bundle !== null) person.device.begin(peer, bundle);
  const { chat, message } = written;
  const group = isGroup(chat) ? world.groups.find(chat) : null;
  const chain = group === null ? null : person.device.sealForGroup(chat, Buffer.alloc(0), []);
  const told = chain === null ? {} : distributionOf(chat, chain.distribution);
  const plain =
    asker.person === person
      ? proto.Message.encode({ deviceSentMessage: { destinationJid: chat, message } }).finish()
      : proto.Message.encode({ ...message, ...told }).finish();
  const sealed = seal(world, own, asker, plain);
  if (sealed === null) return;
  const form = group?.addressing ?? (isLid(chat) ? "lid" : "pn");
  const jid = jidIn(asker.person, form, asker.device);
  const where = group === null ? { to: jid } : { to: chat, participant: jid };
  const count = child(receipt, "retry")?.attrs.count ?? "1";
  const enc = node("enc", { v: "2", type: sealed.type, count }, sealed.body);
  const attrs = { id: written.id, ...where, type: typeOf(message), device_fanout: "false" };
  handleMessage(world, own, node("message", attrs, [enc]), noReply);
}

function distributionOf(groupId: string, axolotlSenderKeyDistributionMessage: Buffer) {
  return { senderKeyDistributionMessage: { groupId, axolotlSenderKeyDistributionMessage } };
}

function bundleFrom(receipt: Node, keys: Node): Bundle | null {
  const identity = bytesOf(child(keys, "identity"));
  const signedPreKey = readSignedKey(child(keys, "skey"));
  const key = child(keys, "key");
  const [id, pub] = [numberOf(child(key, "id")), bytesOf(child(key, "value"))];
  if (identity?.length !== 32 || signedPreKey === null) return null;
  const registrationId = numberOf(child(receipt, "registration")) ?? 0;
  return { identity, signedPreKey, registrationId, preKey: id === null || pub === null ? null : { id, pub } };
}

export function typeOf(wrapped: proto.IMessage): string {
  const message = unwrap(wrapped);
  if (message.reactionMessage) return "reaction";
  if (message.pollCreationMessage || message.pollCreationMessageV3 || message.pollUpdateMessage) return "poll";
  const hasMedia = Object.keys(message).some((name) =>
    /^(image|video|audio|document|sticker|ptv|contact|location)/.test(name),
  );
  return hasMedia ? "media" : "text";
}
