// The double ratchet between two devices (X3DH, then Diffie-Hellman steps and chains), byte for byte libsignal's.
// Reading works everything out first and changes the ratchet only when the MAC has held: a ciphertext of somebody
// else's, or a damaged one, leaves no trace. (libsignal steps first and asks afterwards, which ruins sessions.)
import { timingSafeEqual } from "node:crypto";
import { type Chain, finish, type ReadingChain, seek, startWriting, take, type WritingChain } from "./chain.ts";
import { agree, type KeyPair, makeKeyPair, withType } from "./curve.ts";
import { decryptCbc, encryptCbc, hkdf, hmac } from "./derive.ts";
import { SignalError } from "./faults.ts";
import { type Introduction, type ReadWhisper, readWhisper, writeIntroduction, writeWhisper } from "./messages.ts";

export type Ratchet = {
  theirIdentity: Buffer;
  registrationId: number;
  /** Of whoever began: it names the session for both. */
  baseKey: Buffer;
  root: Buffer;
  /** Our half of the current step, and the chain that came of it. */
  ours: KeyPair;
  writing: WritingChain;
  /** How far the writing chain before this one got. */
  previous: number;
  /** Newest first. */
  reading: { ratchetKey: Buffer; chain: ReadingChain }[];
  /** Sent along until they have answered: without it they could not know of this session. */
  introduction: { preKeyId: number | null; signedPreKeyId: number } | null;
};

/** Who we are, in every session. */
export type OurIdentity = { pair: KeyPair; registrationId: number };

export type Bundle = {
  registrationId: number;
  identity: Buffer;
  signedPreKey: { id: number; pub: Buffer };
  preKey: { id: number; pub: Buffer } | null;
};

const keptReadingChains = 12;
const macLength = 8;
const discontinuity = Buffer.alloc(32, 0xff);

/** Ours to begin: from the keys they left with the server. */
export function begin(us: OurIdentity, bundle: Bundle): Ratchet {
  const base = makeKeyPair();
  const { signedPreKey, preKey, identity } = bundle;
  const root = rootOf(
    agree(us.pair.priv, signedPreKey.pub),
    agree(base.priv, identity),
    agree(base.priv, signedPreKey.pub),
    preKey === null ? null : agree(base.priv, preKey.pub),
  );
  const ours = makeKeyPair();
  const step = stepRoot(root, agree(ours.priv, signedPreKey.pub));
  return {
    theirIdentity: identity,
    registrationId: bundle.registrationId,
    baseKey: base.pub,
    root: step.root,
    ours,
    writing: startWriting(step.chain),
    previous: 0,
    reading: [],
    introduction: { preKeyId: preKey?.id ?? null, signedPreKeyId: signedPreKey.id },
  };
}

/** Theirs to begin: from their first message and the keys of ours that they took. */
export function accept(
  us: OurIdentity,
  hello: Introduction,
  taken: { signedPreKey: KeyPair; preKey: KeyPair | null },
): Ratchet {
  const { signedPreKey, preKey } = taken;
  const root = rootOf(
    agree(signedPreKey.priv, hello.identity),
    agree(us.pair.priv, hello.baseKey),
    agree(signedPreKey.priv, hello.baseKey),
    preKey === null ? null : agree(preKey.priv, hello.baseKey),
  );
  return {
    theirIdentity: hello.identity,
    registrationId: hello.registrationId,
    baseKey: hello.baseKey,
    root,
    // Their first message is of a step made against our signed pre-key; nothing can be written before it is read.
    ours: signedPreKey,
    writing: startWriting(Buffer.alloc(32)),
    previous: 0,
    reading: [],
    introduction: null,
  };
}

export function encrypt(
  ratchet: Ratchet,
  us: OurIdentity,
  plain: Uint8Array,
): { type: "msg" | "pkmsg"; ciphertext: Buffer } {
  const { seed, number } = take(ratchet.writing);
  const keys = keysOf(seed);
  const ciphertext = encryptCbc(plain, keys.cipher, keys.iv);
  const covered = writeWhisper({ ratchetKey: ratchet.ours.pub, number, previous: ratchet.previous, ciphertext });
  const mac = macOf(keys.mac, us.pair.pub, ratchet.theirIdentity, covered);
  const whisper = Buffer.concat([covered, mac]);
  if (ratchet.introduction === null) return { type: "msg", ciphertext: whisper };
  const introduction = writeIntroduction({
    ...ratchet.introduction,
    baseKey: ratchet.baseKey,
    identity: us.pair.pub,
    registrationId: us.registrationId,
    inner: whisper,
  });
  return { type: "pkmsg", ciphertext: introduction };
}

export function decrypt(ratchet: Ratchet, us: OurIdentity, bytes: Uint8Array): Buffer {
  const message = readWhisper(bytes);
  const known = ratchet.reading.find(({ ratchetKey }) => ratchetKey.equals(message.ratchetKey));
  const plain = known === undefined ? readAfterStep(ratchet, us, message) : readOn(ratchet, us, message, known.chain);
  ratchet.introduction = null;
  return plain;
}

function readOn(ratchet: Ratchet, us: OurIdentity, message: ReadWhisper, chain: ReadingChain): Buffer {
  const sought = seek(chain, message.number);
  const plain = open(ratchet, us, message, sought.seed);
  sought.keep();
  return plain;
}

/** They have made a new step, so it is our turn to make one too. */
function readAfterStep(ratchet: Ratchet, us: OurIdentity, message: ReadWhisper): Buffer {
  const theirs = stepRoot(ratchet.root, agree(ratchet.ours.priv, message.ratchetKey));
  const chain: ReadingChain = { key: theirs.chain, next: 0, skipped: new Map() };
  const plain = readOn(ratchet, us, message, chain);

  const [before] = ratchet.reading;
  if (before !== undefined) finish(before.chain, message.previous);
  // A chain that is closed and passed nobody over has nothing more to give.
  const older = ratchet.reading.filter(({ chain: old }) => old.key !== null || old.skipped.size > 0);
  ratchet.reading = [{ ratchetKey: message.ratchetKey, chain }, ...older].slice(0, keptReadingChains);
  const ours = makeKeyPair();
  const step = stepRoot(theirs.root, agree(ours.priv, message.ratchetKey));
  ratchet.previous = Math.max(ratchet.writing.next - 1, 0);
  ratchet.root = step.root;
  ratchet.ours = ours;
  ratchet.writing = startWriting(step.chain);
  return plain;
}

function open(ratchet: Ratchet, us: OurIdentity, message: ReadWhisper, seed: Buffer): Buffer {
  const keys = keysOf(seed);
  const mac = macOf(keys.mac, ratchet.theirIdentity, us.pair.pub, message.covered);
  if (message.mac.length !== macLength || !timingSafeEqual(mac, message.mac)) {
    throw new SignalError("forged", "the MAC does not hold");
  }
  return decryptCbc(message.ciphertext, keys.cipher, keys.iv);
}

/** Whether a message of this ratchet key was seen in this session: then it is this session's. */
export function knows(ratchet: Ratchet, bytes: Uint8Array): boolean {
  const { ratchetKey } = readWhisper(bytes);
  return ratchet.reading.some((one) => one.ratchetKey.equals(ratchetKey));
}

function rootOf(first: Buffer, second: Buffer, third: Buffer, fourth: Buffer | null): Buffer {
  const secrets = fourth === null ? [first, second, third] : [first, second, third, fourth];
  return hkdf(Buffer.concat([discontinuity, ...secrets]), "WhisperText", 64).subarray(0, 32);
}

function stepRoot(root: Buffer, secret: Buffer): { root: Buffer; chain: Chain["key"] } {
  const made = hkdf(secret, "WhisperRatchet", 64, root);
  return { root: Buffer.from(made.subarray(0, 32)), chain: Buffer.from(made.subarray(32)) };
}

function keysOf(seed: Buffer) {
  const made = hkdf(seed, "WhisperMessageKeys", 80);
  return { cipher: made.subarray(0, 32), mac: made.subarray(32, 64), iv: made.subarray(64, 80) };
}

function macOf(key: Uint8Array, from: Uint8Array, to: Uint8Array, covered: Uint8Array): Buffer {
  return hmac(key, withType(from), withType(to), covered).subarray(0, macLength);
}
