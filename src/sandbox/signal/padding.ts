// WhatsApp's padding of a plaintext: n bytes of value n, one to sixteen of them.
import { randomInt } from "node:crypto";

const most = 16;

export function pad(plain: Uint8Array): Buffer {
  const length = randomInt(1, most + 1);
  return Buffer.concat([plain, Buffer.alloc(length, length)]);
}

/** Null when the end is no padding. */
export function unpad(padded: Buffer): Buffer | null {
  const length = padded.at(-1) ?? 0;
  if (length < 1 || length > most || length > padded.length) return null;
  const end = padded.length - length;
  return padded.subarray(end).every((byte) => byte === length) ? padded.subarray(0, end) : null;
}
