// Sender keys: one chain for all of a group, told to each member's device once, signed by whoever sends.
import { randomBytes, randomInt } from "node:crypto";
import { cbcDecrypt, cbcEncrypt, hkdf } from "../crypto/derive.ts";
import { type KeyPair, makeKeyPair, signatureLength, xeddsaSign, xeddsaVerify } from "../crypto/keys.ts";
import { type Chain, type Skipped, stepTo } from "./chain.ts";
import { readFields, writeFields } from "./fields.ts";
import type { Place } from "./places.ts";
import { withoutType, withType } from "./session.ts";

export type OwnSenderKey = { id: number; chain: Chain; signing: KeyPair };
export type TheirSenderKey = { id: number; chain: Chain; skipped: Skipped; signing: Buffer };

const version = 0x33;

export function makeSenderKey(): OwnSenderKey {
  return { id: randomInt(1, 2 ** 31), chain: { key: randomBytes(32), next: 0 }, signing: makeKeyPair() };
}

/** What a member's device needs to read from here on. */
export function writeDistribution({ id, chain, signing }: OwnSenderKey): Buffer {
  const fields = writeFields([
    [1, id],
    [2, chain.next],
    [3, chain.key],
    [4, withType(signing.pub)],
  ]);
  return Buffer.concat([Buffer.of(version), fields]);
}

export function readDistribution(body: Buffer): TheirSenderKey | null {
  const fields = body[0] === version ? readFields(body.subarray(1)) : null;
  const id = fields?.numbers.get(1);
  const key = fields?.bytes.get(3);
  const signing = withoutType(fields?.bytes.get(4));
  if (id === undefined || key?.length !== 32 || signing === null) return null;
  return { id, chain: { key, next: fields?.numbers.get(2) ?? 0 }, skipped: new Map(), signing };
}

export function encryptForGroup(own: OwnSenderKey, plain: Uint8Array): { key: OwnSenderKey; body: Buffer } {
  const step = stepTo(own.chain, new Map(), own.chain.next);
  if (step === null) throw new Error("a chain always has a next key");
  const { iv, cipher } = groupKeys(step.seed);
  const fields = writeFields([
    [1, own.id],
    [2, own.chain.next],
    [3, cbcEncrypt(cipher, iv, plain)],
  ]);
  const signed = Buffer.concat([Buffer.of(version), fields]);
  return { key: { ...own, chain: step.chain }, body: Buffer.concat([signed, xeddsaSign(own.signing, signed)]) };
}

export type GroupDecrypted =
  | { key: TheirSenderKey; plain: Buffer }
  | { fault: "unreadable" | "other key" | "bad signature" | "used already" | "bad padding" };

/** Iterations may be skipped: Baileys uses every other one. */
export function decryptFromGroup(keys: readonly TheirSenderKey[], body: Buffer): GroupDecrypted {
  const signed = body.subarray(0, -signatureLength);
  const fields = body.length > signatureLength && body[0] === version ? readFields(signed.subarray(1)) : null;
  const iteration = fields?.numbers.get(2) ?? 0;
  const ciphertext = fields?.bytes.get(3);
  if (fields === null || ciphertext === undefined) return { fault: "unreadable" };
  const key = keys.find((one) => one.id === fields.numbers.get(1));
  if (key === undefined) return { fault: "other key" };
  if (!xeddsaVerify(key.signing, signed, body.subarray(-signatureLength))) return { fault: "bad signature" };
  const step = stepTo(key.chain, key.skipped, iteration);
  if (step === null) return { fault: "used already" };
  const { iv, cipher } = groupKeys(step.seed);
  const plain = cbcDecrypt(cipher, iv, ciphertext);
  if (plain === null) return { fault: "bad padding" };
  return { key: { ...key, chain: step.chain, skipped: step.skipped }, plain };
}

/** Which key of which chain a ciphertext was made with. The signature is no part of it: it may differ each time. */
export function placeInGroup(body: Buffer): Place | null {
  const isWhole = body.length > signatureLength && body[0] === version;
  const fields = isWhole ? readFields(body.subarray(1, -signatureLength)) : null;
  const [id, ciphertext] = [fields?.numbers.get(1), fields?.bytes.get(3)];
  if (id === undefined || ciphertext === undefined) return null;
  return { chain: String(id), counter: fields?.numbers.get(2) ?? 0, ciphertext };
}

function groupKeys(seed: Buffer): { iv: Buffer; cipher: Buffer } {
  const keys = hkdf(seed, null, "WhisperGroup", 48);
  return { iv: keys.subarray(0, 16), cipher: keys.subarray(16) };
}
