// Signal's messages on the wire: what surrounds a ciphertext, one to one and in groups.
import { withoutType, withType } from "./curve.ts";
import { SignalError } from "./faults.ts";
import { bytesIn, type Fields, numberIn, readFields, writeFields } from "./fields.ts";

/** The version now in use and the oldest one understood, three and three. */
const version = 0x33;
const macLength = 8;
const signatureLength = 64;

export type Whisper = { ratchetKey: Buffer; number: number; previous: number; ciphertext: Uint8Array };
/** With what its MAC covers: the version and everything but the MAC itself. */
export type ReadWhisper = Whisper & { covered: Uint8Array; mac: Uint8Array };
export type Introduction = {
  preKeyId: number | null;
  signedPreKeyId: number;
  baseKey: Buffer;
  identity: Buffer;
  registrationId: number;
  inner: Uint8Array;
};
export type GroupWhisper = { keyId: number; iteration: number; ciphertext: Uint8Array };
export type ReadGroupWhisper = GroupWhisper & { covered: Uint8Array; signature: Uint8Array };
export type Distribution = { keyId: number; iteration: number; chainKey: Buffer; signingKey: Buffer };

const versioned = (body: Uint8Array) => Buffer.concat([Uint8Array.of(version), body]);

/** Without its MAC, which goes at the end. */
export function writeWhisper({ ratchetKey, number, previous, ciphertext }: Whisper): Buffer {
  return versioned(
    writeFields([
      [1, withType(ratchetKey)],
      [2, number],
      [3, previous],
      [4, ciphertext],
    ]),
  );
}

export function readWhisper(bytes: Uint8Array): ReadWhisper {
  const covered = bytes.subarray(0, -macLength);
  const fields = open(covered);
  return {
    ratchetKey: keyIn(fields, 1),
    number: numberIn(fields, 2) ?? 0,
    previous: numberIn(fields, 3) ?? 0,
    ciphertext: wanted(bytesIn(fields, 4)),
    covered,
    mac: bytes.subarray(-macLength),
  };
}

export function writeIntroduction(one: Introduction): Buffer {
  return versioned(
    writeFields([
      [5, one.registrationId],
      [1, one.preKeyId],
      [6, one.signedPreKeyId],
      [2, withType(one.baseKey)],
      [3, withType(one.identity)],
      [4, one.inner],
    ]),
  );
}

export function readIntroduction(bytes: Uint8Array): Introduction {
  const fields = open(bytes);
  return {
    preKeyId: numberIn(fields, 1),
    signedPreKeyId: numberIn(fields, 6) ?? 0,
    baseKey: keyIn(fields, 2),
    identity: keyIn(fields, 3),
    registrationId: numberIn(fields, 5) ?? 0,
    inner: wanted(bytesIn(fields, 4)),
  };
}

/** Without its signature, which goes at the end. */
export function writeGroupWhisper({ keyId, iteration, ciphertext }: GroupWhisper): Buffer {
  return versioned(
    writeFields([
      [1, keyId],
      [2, iteration],
      [3, ciphertext],
    ]),
  );
}

export function readGroupWhisper(bytes: Uint8Array): ReadGroupWhisper {
  const covered = bytes.subarray(0, -signatureLength);
  const fields = open(covered);
  return {
    keyId: numberIn(fields, 1) ?? 0,
    iteration: numberIn(fields, 2) ?? 0,
    ciphertext: wanted(bytesIn(fields, 3)),
    covered,
    signature: bytes.subarray(-signatureLength),
  };
}

export function writeDistribution({ keyId, iteration, chainKey, signingKey }: Distribution): Buffer {
  return versioned(
    writeFields([
      [1, keyId],
      [2, iteration],
      [3, chainKey],
      [4, withType(signingKey)],
    ]),
  );
}

export function readDistribution(bytes: Uint8Array): Distribution {
  const fields = open(bytes);
  return {
    keyId: numberIn(fields, 1) ?? 0,
    iteration: numberIn(fields, 2) ?? 0,
    chainKey: Buffer.from(wanted(bytesIn(fields, 3))),
    signingKey: keyIn(fields, 4),
  };
}

function open(bytes: Uint8Array): Fields {
  const [first = 0] = bytes;
  if (first >> 4 < 3 || (first & 0xf) > 3) throw new SignalError("malformed", `version byte ${first}`);
  try {
    return readFields(bytes.subarray(1));
  } catch (cause) {
    throw new SignalError("malformed", String(cause));
  }
}

function wanted<T>(value: T | null): T {
  if (value === null) throw new SignalError("malformed", "a field is missing");
  return value;
}

function keyIn(fields: Fields, number: number): Buffer {
  const key = bytesIn(fields, number);
  return wanted(key === null ? null : withoutType(key));
}
