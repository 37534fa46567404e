// App state that does not go into stanzas: encrypted files on the media host, as WhatsApp does it with what is long.
import { randomBytes } from "node:crypto";
import { cbcEncrypt, hkdf, hmac, sha256 } from "../crypto/derive.ts";
import type { World } from "../network/world.ts";
import type { Collection, Person } from "../people/person.ts";
import { type Node, node } from "../wire/node.ts";
import { proto } from "../wire/proto.ts";

const inFiles = new WeakSet<Person>();

/** From now on this number's devices get all their app state as files, however short it is. */
export const handOutInFiles = (person: Person): void => void inFiles.add(person);
export const getsFiles = (person: Person): boolean => inFiles.has(person);

/** Everything up to now in one; a snapshot's MAC is the one that its last patch says holds after it. */
export function snapshotOf(world: World, { version, patches }: Collection): Node {
  const records = new Map<string, proto.ISyncdRecord>();
  const read = patches.map((patch) => proto.SyncdPatch.decode(patch));
  for (const { operation, record } of read.flatMap(({ mutations }) => mutations)) {
    const index = Buffer.from(record?.index?.blob ?? []).toString("hex");
    records.delete(index);
    if (record != null && operation !== proto.SyncdMutation.SyncdOperation.REMOVE) records.set(index, record);
  }
  const last = read.at(-1);
  const snapshot = { version: { version }, records: [...records.values()], mac: last?.snapshotMac, keyId: last?.keyId };
  const bytes = proto.SyncdSnapshot.encode(proto.SyncdSnapshot.create(snapshot as proto.ISyncdSnapshot)).finish();
  return node("snapshot", {}, Buffer.from(proto.ExternalBlobReference.encode(put(world, bytes)).finish()));
}

export function withMutationsInFile(world: World, bytes: Buffer): Buffer {
  const patch = proto.SyncdPatch.decode(bytes);
  const { mutations } = patch;
  patch.externalMutations = proto.ExternalBlobReference.create(
    put(world, proto.SyncdMutations.encode({ mutations }).finish()),
  );
  patch.mutations = [];
  return Buffer.from(proto.SyncdPatch.encode(patch).finish());
}

function put(world: World, plain: Uint8Array): proto.IExternalBlobReference {
  const mediaKey = randomBytes(32);
  const keys = hkdf(mediaKey, null, "WhatsApp App State Keys", 112);
  const iv = keys.subarray(0, 16);
  const body = cbcEncrypt(keys.subarray(16, 48), iv, plain);
  const file = Buffer.concat([body, hmac(keys.subarray(48, 80), iv, body).subarray(0, 10)]);
  return {
    mediaKey,
    directPath: world.media.put(file),
    fileSizeBytes: plain.length,
    fileSha256: sha256(plain),
    fileEncSha256: sha256(file),
  };
}
