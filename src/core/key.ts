// API keys: how one is made, how one is recognised before the database is asked, and what one may do.
import { randomBytes, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";
import { OneOf } from "./one-of.ts";

/** In the order of their bits in the database; only ever added to. */
export const scopes = ["read", "send", "manage", "admin"] as const;
export type Scope = (typeof scopes)[number];

export const Scope = OneOf(scopes, {
  description:
    "`read` looks, `send` writes messages, `manage` changes sessions, keys and webhooks, `admin` runs the installation (keys of an admin account only).",
});

export type ApiKey = {
  id: number;
  accountId: number;
  name: string;
  prefix: string;
  scopes: Scope[];
  /** Names of the sessions it is good for; null is all of the account's. */
  sessions: string[] | null;
  /** Addresses and networks it may be used from; null is everywhere. */
  addresses: string[] | null;
  createdAt: number;
  lastUsedAt: number | null;
  expiresAt: number | null;
  revokedAt: number | null;
  uses: number;
  /** Of a client key: the session that it belongs to, is good for and goes with. */
  sessionId: number | null;
};

const keyHead = "wg_live_";
const bodyLength = 30;
const sumLength = 6;
const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const shownPrefixLength = keyHead.length + 4;

export function makeKey(): string {
  const body = randomBase62(bodyLength);
  return keyHead + body + checksum(body);
}

/** Everything but to make or end keys: whoever is handed a client key shall not gain another that outlives it. */
export const clientScopes: readonly Scope[] = ["read", "send", "manage"];

/** False for what cannot be a key of ours, a typo above all: the database need not be asked. */
export function couldBeKey(presented: string): boolean {
  if (presented.startsWith(keyHead)) return hasChecksum(presented);
  return isOperatorKey(presented);
}

/** A key that the operator chose: any 16 to 200 printable characters. */
export function isOperatorKey(presented: string): boolean {
  return /^[\x21-\x7e]{16,200}$/.test(presented) && (!presented.startsWith(keyHead) || hasChecksum(presented));
}

export function hashKey(presented: string): Uint8Array {
  return new Bun.CryptoHasher("sha256").update(presented).digest();
}

export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The start of a key, enough to tell one's keys apart and too little to guess the rest. */
export function shownPrefix(key: string): string {
  return key.slice(0, key.startsWith(keyHead) ? shownPrefixLength : 4);
}

function hasChecksum(key: string): boolean {
  const body = key.slice(keyHead.length, -sumLength);
  return key.length === keyHead.length + bodyLength + sumLength && checksum(body) === key.slice(-sumLength);
}

function checksum(body: string): string {
  let rest = crc32(body);
  let sum = "";
  while (sum.length < sumLength) {
    sum = base62.charAt(rest % 62) + sum;
    rest = Math.floor(rest / 62);
  }
  return sum;
}

/** Every byte of 248 and more is thrown away, so that each character is as likely as the next. */
export function randomBase62(length: number): string {
  let made = "";
  while (made.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && made.length < length) made += base62.charAt(byte % 62);
    }
  }
  return made;
}
