// The Signal protocol's hashing and ciphers, on this machine's own cryptography.
import { createCipheriv, createDecipheriv } from "node:crypto";

const noSalt = Buffer.alloc(32);

export function hmac(key: Uint8Array, ...parts: Uint8Array[]): Buffer {
  const hasher = new Bun.CryptoHasher("sha256", key);
  for (const part of parts) hasher.update(part);
  return hasher.digest();
}

export function sha256(...parts: Uint8Array[]): Buffer {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const part of parts) hasher.update(part);
  return hasher.digest();
}

/** HKDF-SHA256 (RFC 5869); 32 zero bytes where there is no salt. */
export function hkdf(secret: Uint8Array, info: string, length: number, salt: Uint8Array = noSalt): Buffer {
  const key = hmac(salt, secret);
  const label = Buffer.from(info);
  const made = Buffer.allocUnsafe(Math.ceil(length / 32) * 32);
  let last: Uint8Array = Buffer.alloc(0);
  for (let block = 1; (block - 1) * 32 < length; block++) {
    last = hmac(key, last, label, Uint8Array.of(block));
    made.set(last, (block - 1) * 32);
  }
  return made.subarray(0, length);
}

export function encryptCbc(plain: Uint8Array, key: Uint8Array, iv: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-cbc", key, iv);
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}

export function decryptCbc(ciphertext: Uint8Array, key: Uint8Array, iv: Uint8Array): Buffer {
  const decipher = createDecipheriv("aes-256-cbc", key, iv);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}
