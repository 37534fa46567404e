// Who a session is on WhatsApp: its keys, as Baileys knows them, kept in two generations.
import { type AuthenticationCreds, BufferJSON, initAuthCreds, jidDecode } from "@whiskeysockets/baileys";
import type { Identity } from "../../core/session.ts";
import type { SignalMemory } from "../../core/signal-memory.ts";
import type { OurKeys } from "./opener.ts";

export type Credentials = AuthenticationCreds;
export type Loaded =
  | { creds: Credentials; from: "newest" | "older" | "new" }
  /** There are some, and none of them can be read. */
  | { creds: null };

export function loadCredentials(memory: SignalMemory): Loaded {
  const { readable, isThere } = memory.credentials();
  for (const { value, isNewest } of readable) {
    const creds = parse(value);
    if (creds !== null) return { creds, from: isNewest ? "newest" : "older" };
  }
  return isThere ? { creds: null } : { creds: initAuthCreds(), from: "new" };
}

export function encodeCredentials(creds: Credentials): Buffer {
  return Buffer.from(JSON.stringify(creds, BufferJSON.replacer));
}

function parse(value: Uint8Array): Credentials | null {
  try {
    const creds: Credentials = JSON.parse(Buffer.from(value).toString(), BufferJSON.reviver);
    return creds.noiseKey?.private instanceof Uint8Array && creds.signedIdentityKey?.private instanceof Uint8Array
      ? creds
      : null;
  } catch {
    return null;
  }
}

/** Asking for a pairing code already writes a number into the credentials; only the phone's signature means linked. */
export function isLinked(creds: Credentials): boolean {
  return creds.me !== undefined && creds.account !== undefined;
}

export function identityOf(creds: Credentials): Identity | null {
  const me = isLinked(creds) ? jidDecode(creds.me?.id) : undefined;
  if (me === undefined) return null;
  return {
    phone: me.user,
    lid: jidDecode(creds.me?.lid)?.user ?? null,
    device: me.device ?? 0,
    displayName: creds.me?.name ?? null,
    platform: creds.platform ?? null,
  };
}

/** Read anew at each use: Baileys changes them in place. */
export function ourKeys({ signedIdentityKey, registrationId, signedPreKey }: Credentials): OurKeys {
  const pairOf = (pair: { public: Uint8Array; private: Uint8Array }) => ({
    pub: Buffer.from(pair.public),
    priv: Buffer.from(pair.private),
  });
  return {
    us: { pair: pairOf(signedIdentityKey), registrationId },
    signedPreKey: { id: signedPreKey.keyId, pair: pairOf(signedPreKey.keyPair) },
  };
}
