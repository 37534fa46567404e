// Secrets at rest: AES-256-GCM under a master key. An envelope carries the id of its key, so that keys can be rotated,
// and is bound to its cell, so that nobody who can write the file can swap two secrets.
// Envelope: version (1 byte) · key id (4) · nonce (12) · ciphertext · tag (16).
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { WaygateError } from "./errors.ts";

export type Cell = { table: string; column: string; row: string | number };

export type Sealer = {
  seal(plain: Uint8Array, cell: Cell): Uint8Array;
  open(envelope: Uint8Array, cell: Cell): Uint8Array;
  /** False for what a former key sealed, and should be sealed anew. */
  isCurrent(envelope: Uint8Array): boolean;
  /** What every envelope of the current key begins with. */
  head: Uint8Array;
};

const version = 1;
const keyIdLength = 4;
const nonceLength = 12;
const tagLength = 16;
const headLength = 1 + keyIdLength;
export const masterKeyLength = 32;

/** Seals with the first key; opens with any of them. */
export function createSealer(masterKeys: readonly Uint8Array[]): Sealer {
  const keys = masterKeys.map((bytes) => ({ bytes, id: keyId(bytes) }));
  const [current] = keys;
  if (current === undefined) throw new WaygateError("internal", "A sealer needs a master key.");

  const keyIdOf = (envelope: Uint8Array) => Buffer.from(envelope.subarray(1, headLength));

  return {
    head: Buffer.concat([Uint8Array.of(version), current.id]),
    isCurrent: (envelope) => envelope[0] === version && keyIdOf(envelope).equals(current.id),
    seal(plain, cell) {
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv("aes-256-gcm", current.bytes, nonce).setAAD(nameOf(cell));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Uint8Array.of(version), current.id, nonce, body, cipher.getAuthTag()]);
    },
    open(envelope, cell) {
      const id = keyIdOf(envelope);
      const key = keys.find((candidate) => id.equals(candidate.id));
      if (envelope[0] !== version || key === undefined) throw unreadable(cell);
      const nonce = envelope.subarray(headLength, headLength + nonceLength);
      const body = envelope.subarray(headLength + nonceLength, -tagLength);
      const decipher = createDecipheriv("aes-256-gcm", key.bytes, nonce).setAAD(nameOf(cell));
      try {
        decipher.setAuthTag(envelope.subarray(-tagLength));
        return Buffer.concat([decipher.update(body), decipher.final()]);
      } catch (cause) {
        throw unreadable(cell, cause);
      }
    },
  };
}

/** 32 bytes from what an operator may give: 64 hex digits or base64; null when it is neither. */
export function parseMasterKey(text: string): Uint8Array | null {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, "hex");
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return null;
  const bytes = Buffer.from(trimmed, "base64");
  return bytes.length === masterKeyLength ? bytes : null;
}

function keyId(key: Uint8Array): Buffer {
  return createHash("sha256").update("waygate master key id").update(key).digest().subarray(0, keyIdLength);
}

function nameOf(cell: Cell): Buffer {
  return Buffer.from(`${cell.table}.${cell.column}.${cell.row}`);
}

function unreadable(cell: Cell, cause?: unknown): WaygateError {
  return new WaygateError(
    "internal",
    `A secret in ${cell.table} cannot be opened: it was sealed with another master key, or it was changed.`,
    {},
    cause,
  );
}
