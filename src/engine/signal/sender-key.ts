// Sender keys: one chain per member of a group, given to everybody once, so that a message is encrypted once for all.
import { randomBytes, randomInt } from "node:crypto";
import {
  type ReadingChain,
  readingChainFields,
  readingChainOf,
  reservedAtOnce,
  resumeWriting,
  seek,
  startWriting,
  take,
  type WritingChain,
} from "./chain.ts";
import { makeSigningKey, type SigningKey, signWith, type Verifier, verifierFor } from "./curve.ts";
import { decryptCbc, encryptCbc, hkdf } from "./derive.ts";
import { SignalError } from "./faults.ts";
import { allIn, bytesIn, type Fields, numberIn, readFields, writeFields } from "./fields.ts";
import { type Distribution, readGroupWhisper, writeDistribution, writeGroupWhisper } from "./messages.ts";

/** Somebody else's, as they distributed it. */
export type TheirKey = { keyId: number; signingKey: Buffer; verify: Verifier; chain: ReadingChain };
export type OurKey = { keyId: number; signing: SigningKey; chain: WritingChain };
/** Newest first. In a group we have our own or theirs under a name, never both. */
export type SenderKeyRecord = { theirs: TheirKey[]; ours: OurKey | null };

const keptKeys = 5;
const format = 1;

export function makeOurKey(): OurKey {
  return { keyId: randomInt(0x7fffffff), signing: makeSigningKey(), chain: startWriting(randomBytes(32)) };
}

/** What others need to read from here on: to be taken before the next message is written. */
export function distributionOf({ keyId, signing, chain }: OurKey): Buffer {
  return writeDistribution({ keyId, iteration: chain.next, chainKey: chain.key, signingKey: signing.pub });
}

/** A distribution that is known already changes nothing: it may come twice, and its chain has moved on. */
export function learn(record: SenderKeyRecord, given: Distribution): void {
  const isKnown = record.theirs.some(
    ({ keyId, signingKey }) => keyId === given.keyId && signingKey.equals(given.signingKey),
  );
  if (isKnown) return;
  const learnt: TheirKey = {
    keyId: given.keyId,
    signingKey: given.signingKey,
    verify: verifierFor(given.signingKey),
    chain: { key: given.chainKey, next: given.iteration, skipped: new Map() },
  };
  const others = record.theirs.filter(({ keyId }) => keyId !== given.keyId);
  record.theirs = [learnt, ...others].slice(0, keptKeys);
}

export function encryptForGroup({ keyId, signing, chain }: OurKey, plain: Uint8Array): Buffer {
  const { seed, number } = take(chain);
  const keys = keysOf(seed);
  const covered = writeGroupWhisper({ keyId, iteration: number, ciphertext: encryptCbc(plain, keys.cipher, keys.iv) });
  return Buffer.concat([covered, signWith(signing, covered)]);
}

export function decryptFromGroup(record: SenderKeyRecord, bytes: Uint8Array): Buffer {
  const message = readGroupWhisper(bytes);
  const key = record.theirs.find(({ keyId }) => keyId === message.keyId);
  if (key === undefined) throw new SignalError("no_sender_key", "the sender's key is not known");
  const sought = seek(key.chain, message.iteration);
  if (!key.verify(message.covered, message.signature)) {
    throw new SignalError("forged", "the signature does not hold");
  }
  const keys = keysOf(sought.seed);
  const plain = decryptCbc(message.ciphertext, keys.cipher, keys.iv);
  sought.keep();
  return plain;
}

export function encodeSenderKey({ theirs, ours }: SenderKeyRecord, reservation: "ahead" | "exact"): Buffer {
  return writeFields([
    [1, format],
    ...theirs.map(({ keyId, signingKey, chain }): [number, Uint8Array] => [
      2,
      writeFields([[1, keyId], ...readingChainFields(chain), [5, signingKey]]),
    ]),
    [3, ours === null ? null : encodeOurs(ours, reservation)],
  ]);
}

function encodeOurs({ keyId, signing, chain }: OurKey, reservation: "ahead" | "exact"): Buffer {
  chain.reserved = chain.next + (reservation === "ahead" ? reservedAtOnce : 0);
  chain.granted = Math.min(chain.granted, chain.reserved);
  return writeFields([
    [1, keyId],
    [2, chain.key],
    [3, chain.next],
    [4, chain.reserved],
    [5, signing.seed],
    [6, signing.pub],
  ]);
}

export function decodeSenderKey(bytes: Uint8Array): SenderKeyRecord {
  const fields = readFields(bytes);
  if (numberIn(fields, 1) !== format) throw new SignalError("malformed", "a sender key of an unknown format");
  const ours = bytesIn(fields, 3);
  return {
    theirs: allIn(fields, 2).map((one) => decodeTheirs(readFields(one))),
    ours: ours === null ? null : decodeOurs(readFields(ours)),
  };
}

function decodeTheirs(fields: Fields): TheirKey {
  const signingKey = Buffer.from(bytesIn(fields, 5) ?? []);
  return {
    keyId: numberIn(fields, 1) ?? 0,
    signingKey,
    verify: verifierFor(signingKey),
    chain: readingChainOf(fields),
  };
}

function decodeOurs(fields: Fields): OurKey {
  const bytes = (number: number) => Buffer.from(bytesIn(fields, number) ?? []);
  return {
    keyId: numberIn(fields, 1) ?? 0,
    signing: { seed: bytes(5), pub: bytes(6) },
    chain: resumeWriting(bytes(2), numberIn(fields, 3) ?? 0, numberIn(fields, 4) ?? 0),
  };
}

function keysOf(seed: Buffer) {
  const made = hkdf(seed, "WhisperGroup", 48);
  return { iv: made.subarray(0, 16), cipher: made.subarray(16, 48) };
}
