// Hashes, key derivation and ciphers, in the few forms that the protocol uses.
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from "node:crypto";

const tagLength = 16;

export function sha256(...parts: Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export function hmac(key: Uint8Array, ...parts: Uint8Array[]): Buffer {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

export function hmac512(key: Uint8Array, ...parts: Uint8Array[]): Buffer {
  const digest = createHmac("sha512", key);
  for (const part of parts) digest.update(part);
  return digest.digest();
}

export function hkdf(secret: Uint8Array, salt: Uint8Array | null, info: string, length: number): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, salt ?? Buffer.alloc(32), info, length));
}

/** Ciphertext with the tag at its end. */
export function gcmSeal(key: Uint8Array, iv: Uint8Array, plain: Uint8Array, extra: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(extra);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Null when the tag does not fit. */
export function gcmOpen(key: Uint8Array, iv: Uint8Array, sealed: Uint8Array, extra: Uint8Array): Buffer | null {
  if (sealed.length < tagLength) return null;
  const decipher = createDecipheriv("aes-256-gcm", key, iv).setAAD(extra);
  try {
    decipher.setAuthTag(sealed.subarray(-tagLength));
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagLength)), decipher.final()]);
  } catch {
    return null;
  }
}

export function cbcEncrypt(key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-cbc", key, iv);
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}

/** Null when the padding does not fit. */
export function cbcDecrypt(key: Uint8Array, iv: Uint8Array, sealed: Uint8Array): Buffer | null {
  const decipher = createDecipheriv("aes-256-cbc", key, iv);
  try {
    return Buffer.concat([decipher.update(sealed), decipher.final()]);
  } catch {
    return null;
  }
}

/** The same both ways. */
export function ctr(key: Uint8Array, iv: Uint8Array, input: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-ctr", key, iv);
  return Buffer.concat([cipher.update(input), cipher.final()]);
}
