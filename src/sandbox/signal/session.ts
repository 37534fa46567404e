// A Signal session with one device: X3DH to begin, the double ratchet from then on.
// Sessions are values: every step returns the next one, and what does not check changes nothing.
import { cbcDecrypt, cbcEncrypt, hkdf, hmac } from "../crypto/derive.ts";
import { agree, type KeyPair, makeKeyPair } from "../crypto/keys.ts";
import { type Chain, type Skipped, stepTo } from "./chain.ts";
import { readFields, writeFields } from "./fields.ts";
import type { Place } from "./places.ts";

type Receiving = { ratchet: Buffer; chain: Chain; skipped: Skipped };

export type Session = {
  readonly ownIdentity: Buffer;
  readonly theirIdentity: Buffer;
  readonly root: Buffer;
  readonly ratchet: KeyPair;
  readonly sending: Chain;
  /** How far the sending chain before this one had come. */
  readonly previousCounter: number;
  readonly receiving: readonly Receiving[];
  /** Told along until the other side has answered. */
  readonly pending: Pending | null;
  /** The base key of who began it: names the session. */
  readonly baseKey: Buffer;
};

export type Pending = { preKeyId: number | null; signedPreKeyId: number; registrationId: number };
export type Bundle = {
  identity: Buffer;
  signedPreKey: SignedKey;
  preKey: { id: number; pub: Buffer } | null;
  registrationId: number;
};
export type SignedKey = { id: number; pub: Buffer; signature: Buffer };
export type WhisperMessage = {
  ratchet: Buffer;
  counter: number;
  previousCounter: number;
  ciphertext: Buffer;
  signed: Buffer;
  mac: Buffer;
};
export type PreKeyMessage = {
  preKeyId: number | null;
  signedPreKeyId: number;
  registrationId: number;
  baseKey: Buffer;
  identity: Buffer;
  message: WhisperMessage;
};

const version = 0x33;
const keyType = 5;
const macLength = 8;
const discontinuity = Buffer.alloc(32, 0xff);
/** Chains of theirs that are kept for messages that come late. */
const maxReceiving = 5;

/** A opens a session with the keys that B published. Null when one of them is no key. */
export function beginSession(own: KeyPair, ownRegistrationId: number, bundle: Bundle): Session | null {
  const base = makeKeyPair();
  const agreed = [
    agree(own, bundle.signedPreKey.pub),
    agree(base, bundle.identity),
    agree(base, bundle.signedPreKey.pub),
    ...(bundle.preKey === null ? [] : [agree(base, bundle.preKey.pub)]),
  ];
  const root = rootOf(agreed);
  const ratchet = makeKeyPair();
  const shared = agree(ratchet, bundle.signedPreKey.pub);
  if (root === null || shared === null) return null;
  const step = ratchetStep(root.root, shared);
  return {
    ownIdentity: own.pub,
    theirIdentity: bundle.identity,
    root: step.root,
    ratchet,
    sending: step.chain,
    previousCounter: 0,
    receiving: [{ ratchet: bundle.signedPreKey.pub, chain: root.chain, skipped: new Map() }],
    pending: {
      preKeyId: bundle.preKey?.id ?? null,
      signedPreKeyId: bundle.signedPreKey.id,
      registrationId: ownRegistrationId,
    },
    baseKey: base.pub,
  };
}

/** B's half, from A's first message and B's own keys. */
export function acceptSession(
  own: KeyPair,
  signedPreKey: KeyPair,
  preKey: KeyPair | null,
  first: PreKeyMessage,
): Session | null {
  const agreed = [
    agree(signedPreKey, first.identity),
    agree(own, first.baseKey),
    agree(signedPreKey, first.baseKey),
    ...(preKey === null ? [] : [agree(preKey, first.baseKey)]),
  ];
  const root = rootOf(agreed);
  if (root === null) return null;
  return {
    ownIdentity: own.pub,
    theirIdentity: first.identity,
    root: root.root,
    ratchet: signedPreKey,
    sending: root.chain,
    previousCounter: 0,
    receiving: [],
    pending: null,
    baseKey: first.baseKey,
  };
}

export function encrypt(
  session: Session,
  plain: Uint8Array,
): { session: Session; body: Buffer; type: "msg" | "pkmsg" } {
  const { sending, pending } = session;
  const step = stepTo(sending, new Map(), sending.next);
  if (step === null) throw new Error("a chain always has a next key");
  const keys = messageKeys(step.seed);
  const signed = Buffer.concat([
    Buffer.of(version),
    writeFields([
      [1, withType(session.ratchet.pub)],
      [2, sending.next],
      [3, session.previousCounter],
      [4, cbcEncrypt(keys.cipher, keys.iv, plain)],
    ]),
  ]);
  const mac = macOf(keys.mac, session.ownIdentity, session.theirIdentity, signed);
  const message = Buffer.concat([signed, mac]);
  const next = { ...session, sending: step.chain };
  if (pending === null) return { session: next, body: message, type: "msg" };
  const fields: [number, number | Buffer][] = [
    ...(pending.preKeyId === null ? [] : [[1, pending.preKeyId] as [number, number]]),
    [2, withType(session.baseKey)],
    [3, withType(session.ownIdentity)],
    [4, message],
    [5, pending.registrationId],
    [6, pending.signedPreKeyId],
  ];
  return { session: next, body: Buffer.concat([Buffer.of(version), writeFields(fields)]), type: "pkmsg" };
}

export type Decrypted = { session: Session; plain: Buffer };

/** Null when the message does not belong to this session, was read already, or does not check. */
export function decrypt(session: Session, message: WhisperMessage): Decrypted | null {
  const known = session.receiving.find((one) => one.ratchet.equals(message.ratchet));
  const turned = known === undefined ? turn(session, message.ratchet, message.previousCounter) : session;
  const receiving = turned?.receiving.find((one) => one.ratchet.equals(message.ratchet));
  if (turned == null || receiving === undefined) return null;
  const step = stepTo(receiving.chain, receiving.skipped, message.counter);
  if (step === null) return null;
  const keys = messageKeys(step.seed);
  const mac = macOf(keys.mac, session.theirIdentity, session.ownIdentity, message.signed);
  const plain = mac.equals(message.mac) ? cbcDecrypt(keys.cipher, keys.iv, message.ciphertext) : null;
  if (plain === null) return null;
  const moved = { ratchet: receiving.ratchet, chain: step.chain, skipped: step.skipped };
  const others = turned.receiving.map((one) => (one === receiving ? moved : one));
  return { session: { ...turned, receiving: others, pending: null }, plain };
}

export function readWhisperMessage(body: Buffer): WhisperMessage | null {
  if (body.length <= macLength + 1 || body[0] !== version) return null;
  const signed = body.subarray(0, -macLength);
  const fields = readFields(signed.subarray(1));
  const ratchet = withoutType(fields?.bytes.get(1));
  const ciphertext = fields?.bytes.get(4);
  const counter = fields?.numbers.get(2);
  if (ratchet === null || ciphertext === undefined || counter === undefined) return null;
  const previousCounter = fields?.numbers.get(3) ?? 0;
  return { ratchet, counter, previousCounter, ciphertext, signed, mac: body.subarray(-macLength) };
}

export function readPreKeyMessage(body: Buffer): PreKeyMessage | null {
  if (body[0] !== version) return null;
  const fields = readFields(body.subarray(1));
  const baseKey = withoutType(fields?.bytes.get(2));
  const identity = withoutType(fields?.bytes.get(3));
  const message = readWhisperMessage(fields?.bytes.get(4) ?? Buffer.alloc(0));
  const signedPreKeyId = fields?.numbers.get(6);
  if (baseKey === null || identity === null || message === null || signedPreKeyId === undefined) return null;
  const preKeyId = fields?.numbers.get(1) ?? null;
  return { preKeyId, signedPreKeyId, registrationId: fields?.numbers.get(5) ?? 0, baseKey, identity, message };
}

/** Which key of which chain a ciphertext was made with: that much of it is in clear. */
export function placeOf(type: string, body: Buffer): Place | null {
  const message = type === "pkmsg" ? (readPreKeyMessage(body)?.message ?? null) : readWhisperMessage(body);
  if (message === null) return null;
  const { ratchet, counter, ciphertext } = message;
  return { chain: ratchet.toString("base64"), counter, ciphertext };
}

/** Their new ratchet key: one step to read with, one of ours to write with. */
function turn(session: Session, theirRatchet: Buffer, previousCounter: number): Session | null {
  const reading = agree(session.ratchet, theirRatchet);
  if (reading === null) return null;
  const read = ratchetStep(session.root, reading);
  const ratchet = makeKeyPair();
  const writing = agree(ratchet, theirRatchet);
  if (writing === null) return null;
  const written = ratchetStep(read.root, writing);
  const [latest, ...older] = session.receiving;
  const ended = latest === undefined ? [] : [closeAt(latest, previousCounter)];
  const fresh = { ratchet: theirRatchet, chain: read.chain, skipped: new Map() };
  return {
    ...session,
    root: written.root,
    ratchet,
    sending: written.chain,
    previousCounter: Math.max(0, session.sending.next - 1),
    receiving: [fresh, ...ended, ...older].slice(0, maxReceiving),
  };
}

/** Keys for what of their former chain is still to come. */
function closeAt(receiving: Receiving, last: number): Receiving {
  const step = last >= receiving.chain.next ? stepTo(receiving.chain, receiving.skipped, last) : null;
  if (step === null) return receiving;
  return { ...receiving, chain: step.chain, skipped: new Map([...step.skipped, [last, step.seed]]) };
}

function rootOf(agreed: (Buffer | null)[]): { root: Buffer; chain: Chain } | null {
  const secrets = agreed.filter((one) => one !== null);
  if (secrets.length < agreed.length) return null;
  const derived = hkdf(Buffer.concat([discontinuity, ...secrets]), null, "WhisperText", 64);
  return { root: derived.subarray(0, 32), chain: { key: derived.subarray(32), next: 0 } };
}

function ratchetStep(root: Buffer, shared: Buffer): { root: Buffer; chain: Chain } {
  const derived = hkdf(shared, root, "WhisperRatchet", 64);
  return { root: derived.subarray(0, 32), chain: { key: derived.subarray(32), next: 0 } };
}

function messageKeys(seed: Buffer): { cipher: Buffer; mac: Buffer; iv: Buffer } {
  const keys = hkdf(seed, null, "WhisperMessageKeys", 80);
  return { cipher: keys.subarray(0, 32), mac: keys.subarray(32, 64), iv: keys.subarray(64) };
}

function macOf(key: Buffer, sender: Buffer, receiver: Buffer, signed: Buffer): Buffer {
  return hmac(key, withType(sender), withType(receiver), signed).subarray(0, macLength);
}

export function withType(pub: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(keyType), pub]);
}

export function withoutType(typed: Buffer | undefined): Buffer | null {
  return typed?.length === 33 && typed[0] === keyType ? typed.subarray(1) : null;
}
