// How a phone's owner keeps chats and people: archived, pinned, muted, read, called by a name of their own. It goes to the
// devices linked to it as app state: sealed entries in collections, each with the MACs that the devices hold it to.
import { randomBytes } from "node:crypto";
import { cbcEncrypt, hkdf, hmac, hmac512 } from "../crypto/derive.ts";
import type { World } from "../network/world.ts";
import { appendPatch } from "../server/app-state.ts";
import { proto } from "../wire/proto.ts";
import { lidJid, type Person, phoneJid } from "./person.ts";

export type ChatKept = {
  archived?: boolean | undefined;
  pinned?: boolean | undefined;
  /** Epoch milliseconds, or for good; null for no longer. */
  mutedUntil?: number | "always" | null | undefined;
  /** Up to this time, in epoch milliseconds. */
  readUntil?: number | undefined;
};

type Entry = { collection: string; index: string[]; version: number; value: proto.ISyncActionValue };
type Keys = Record<"index" | "cipher" | "value" | "snapshot" | "patch", Buffer>;

const { SyncdOperation } = proto.SyncdMutation;
const always = -1;

export function keepChat(world: World, person: Person, jid: string, kept: ChatKept): void {
  const { archived, pinned, mutedUntil, readUntil } = kept;
  const low = { collection: "regular_low" };
  const range = { lastMessageTimestamp: Math.floor((readUntil ?? world.now()) / 1_000) };
  const entries: Entry[] = [];
  if (archived !== undefined) {
    const archiveChatAction = { archived, messageRange: range };
    entries.push({ ...low, index: ["archive", jid], version: 3, value: { archiveChatAction } });
  }
  if (pinned !== undefined)
    entries.push({ ...low, index: ["pin_v1", jid], version: 5, value: { pinAction: { pinned } } });
  if (mutedUntil !== undefined) {
    const muteEndTimestamp = mutedUntil === "always" ? always : mutedUntil;
    const muteAction = { muted: mutedUntil !== null, muteEndTimestamp };
    entries.push({ collection: "regular_high", index: ["mute", jid], version: 2, value: { muteAction } });
  }
  if (readUntil !== undefined) {
    const markChatAsReadAction = { read: true, messageRange: range };
    entries.push({ ...low, index: ["markChatAsRead", jid], version: 3, value: { markChatAsReadAction } });
  }
  for (const entry of entries) put(world, person, entry);
}

/** In the phone's address book. */
export function saveContact(world: World, person: Person, other: Person, name: string): void {
  const lid = other.lid === null ? {} : { lidJid: lidJid(other) };
  const contactAction = {
    fullName: name,
    firstName: name.split(" ")[0] ?? name,
    ...lid,
    saveOnPrimaryAddressbook: true,
  };
  const collection = "critical_unblock_low";
  put(world, person, { collection, index: ["contact", phoneJid(other)], version: 2, value: { contactAction } });
}

function put(world: World, person: Person, { collection: name, index, version, value }: Entry): void {
  const { id, data } = person.appStateKey;
  const keys = expand(data);
  const told = Buffer.from(JSON.stringify(index));
  const action = { index: told, value: { ...value, timestamp: world.now() }, padding: Buffer.alloc(0), version };
  const iv = randomBytes(16);
  const sealed = cbcEncrypt(keys.cipher, iv, proto.SyncActionData.encode(action).finish());
  const body = Buffer.concat([iv, sealed]);
  const length = Buffer.alloc(8);
  length.writeUInt8(1 + id.length, 7);
  const mac = hmac512(keys.value, Buffer.of(1), id, body, length).subarray(0, 32);
  const record = {
    index: { blob: hmac(keys.index, told) },
    value: { blob: Buffer.concat([body, mac]) },
    keyId: { id },
  };
  const mutations = [{ operation: SyncdOperation.SET, record }];
  const collection = person.appState.get(name) ?? { version: 0, patches: [] };
  const at = bigEndian64(collection.version + 1);
  const hash = hashOf([...collection.patches, Buffer.from(proto.SyncdPatch.encode({ mutations }).finish())]);
  const snapshotMac = hmac(keys.snapshot, hash, at, Buffer.from(name));
  const patchMac = hmac(keys.patch, snapshotMac, mac, at, Buffer.from(name));
  const patch = proto.SyncdPatch.encode({ mutations, snapshotMac, patchMac, keyId: { id } }).finish();
  appendPatch(world, { person, device: 0 }, name, Buffer.from(patch));
}

function expand(key: Buffer): Keys {
  const keys = hkdf(key, null, "WhatsApp Mutation Keys", 160);
  const part = (place: number) => keys.subarray(32 * place, 32 * (place + 1));
  return { index: part(0), cipher: part(1), value: part(2), snapshot: part(3), patch: part(4) };
}

function bigEndian64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** Of everything that is set after these: the sum of what each entry's MAC expands to, in numbers of 16 bits. */
function hashOf(patches: Buffer[]): Buffer {
  const set = new Map<string, Buffer>();
  for (const { operation, record } of patches.flatMap((patch) => proto.SyncdPatch.decode(patch).mutations)) {
    const index = Buffer.from(record?.index?.blob ?? []).toString("hex");
    if (operation === SyncdOperation.REMOVE) set.delete(index);
    else set.set(index, Buffer.from(record?.value?.blob ?? []).subarray(-32));
  }
  const sum = new Uint16Array(64);
  for (const mac of set.values()) {
    const part = hkdf(mac, null, "WhatsApp Patch Integrity", 128);
    for (const place of sum.keys()) sum[place] = (sum[place] ?? 0) + part.readUInt16LE(2 * place);
  }
  return Buffer.from(sum.buffer);
}
