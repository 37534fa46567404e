// Curve25519 key pairs that can both agree (X25519) and sign (XEdDSA), with native crypto alone.
// A pair is made from an Ed25519 seed: the clamped half of its SHA-512 is the X25519 scalar, so the platform's own
// Ed25519 signature becomes an XEdDSA one by noting the sign of the public point in its last byte.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from "node:crypto";

export type KeyPair = {
  /** The X25519 public key, 32 bytes. */
  readonly pub: Buffer;
  /** What the pair is made from; the only thing that need be kept. */
  readonly seed: Buffer;
};

const x25519Private = Buffer.from("302e020100300506032b656e04220420", "hex");
const x25519Public = Buffer.from("302a300506032b656e032100", "hex");
const ed25519Private = Buffer.from("302e020100300506032b657004220420", "hex");
const ed25519Public = Buffer.from("302a300506032b6570032100", "hex");

export const keyLength = 32;
export const signatureLength = 64;

/** The platform's keys are made when they are needed: most one-time keys never are, and each takes two kilobytes. */
const agreementKeys = new WeakMap<KeyPair, KeyObject>();
const signingKeys = new WeakMap<KeyPair, { key: KeyObject; signBit: number }>();

export function makeKeyPair(seed: Buffer = randomBytes(keyLength)): KeyPair {
  return { pub: rawPublic(createPublicKey(agreementKey(seed))), seed };
}

function agreementOf(pair: KeyPair): KeyObject {
  const key = agreementKeys.get(pair) ?? agreementKey(pair.seed);
  agreementKeys.set(pair, key);
  return key;
}

/** With the bit that XEdDSA keeps in a signature's last byte. */
function signingOf(pair: KeyPair): { key: KeyObject; signBit: number } {
  const known = signingKeys.get(pair);
  if (known !== undefined) return known;
  const key = privateKey(ed25519Private, pair.seed);
  const made = { key, signBit: rawPublic(createPublicKey(key)).readUInt8(31) & 0x80 };
  signingKeys.set(pair, made);
  return made;
}

function agreementKey(seed: Buffer): KeyObject {
  const scalar = createHash("sha512").update(seed).digest().subarray(0, keyLength);
  return privateKey(x25519Private, clamp(scalar));
}

function privateKey(head: Buffer, secret: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([head, secret]), format: "der", type: "pkcs8" });
}

/** Null for a public key that is none, or that would give everybody the same secret. */
export function agree(own: KeyPair, theirs: Uint8Array): Buffer | null {
  if (theirs.length !== keyLength) return null;
  try {
    const publicKey = createPublicKey({ key: Buffer.concat([x25519Public, theirs]), format: "der", type: "spki" });
    return diffieHellman({ privateKey: agreementOf(own), publicKey });
  } catch {
    return null;
  }
}

export function xeddsaSign(own: KeyPair, message: Uint8Array): Buffer {
  const { key, signBit } = signingOf(own);
  const signature = sign(null, message, key);
  signature.writeUInt8((signature.readUInt8(63) & 0x7f) | signBit, 63);
  return signature;
}

export function xeddsaVerify(pub: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (pub.length !== keyLength || signature.length !== signatureLength) return false;
  const last = signature[63] ?? 0;
  const plain = Buffer.from(signature);
  plain.writeUInt8(last & 0x7f, 63);
  const key = verifyingKey(pub, last & 0x80);
  return key !== null && verify(null, message, key, plain);
}

const verifyingKeys = new Map<string, KeyObject>();
const maxVerifyingKeys = 5_000;

/** Turning a Montgomery point into an Edwards one takes a field inversion, which is worth remembering. */
function verifyingKey(pub: Uint8Array, signBit: number): KeyObject | null {
  const name = `${Buffer.from(pub).toString("base64")}${signBit}`;
  const known = verifyingKeys.get(name);
  if (known !== undefined) return known;
  const point = edwardsPoint(pub, signBit);
  try {
    const key = createPublicKey({ key: Buffer.concat([ed25519Public, point]), format: "der", type: "spki" });
    if (verifyingKeys.size >= maxVerifyingKeys) verifyingKeys.clear();
    verifyingKeys.set(name, key);
    return key;
  } catch {
    return null;
  }
}

const prime = 2n ** 255n - 19n;

/** y = (u - 1) / (u + 1), little-endian, with the sign of x in the last bit. */
function edwardsPoint(pub: Uint8Array, signBit: number): Buffer {
  const masked = Buffer.from(pub);
  masked.writeUInt8(masked.readUInt8(31) & 0x7f, 31);
  const u = BigInt(`0x${Buffer.from(masked).reverse().toString("hex")}`) % prime;
  const y = ((u - 1n + prime) * power(u + 1n, prime - 2n)) % prime;
  const point = Buffer.from(y.toString(16).padStart(64, "0"), "hex").reverse();
  point.writeUInt8(point.readUInt8(31) | signBit, 31);
  return point;
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square, rest] = [1n, base % prime, exponent];
  while (rest > 0n) {
    if (rest & 1n) result = (result * square) % prime;
    square = (square * square) % prime;
    rest >>= 1n;
  }
  return result;
}

function clamp(scalar: Buffer): Buffer {
  const clamped = Buffer.from(scalar);
  clamped.writeUInt8(clamped.readUInt8(0) & 248, 0);
  clamped.writeUInt8((clamped.readUInt8(31) & 127) | 64, 31);
  return clamped;
}

function rawPublic(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "spki" }).subarray(-keyLength);
}
