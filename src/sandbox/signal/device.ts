// One device's Signal identity: its keys, its sessions with other devices, its sender keys. It really encrypts and
// really decrypts; what does not check is told as a fault and changes nothing.
import { randomInt } from "node:crypto";
import { type KeyPair, makeKeyPair, xeddsaSign, xeddsaVerify } from "../crypto/keys.ts";
import { type Chain, stepTo } from "./chain.ts";
import { pad, unpad } from "./padding.ts";
import {
  decryptFromGroup,
  encryptForGroup,
  makeSenderKey,
  type OwnSenderKey,
  readDistribution,
  type TheirSenderKey,
  writeDistribution,
} from "./sender-key.ts";
import {
  acceptSession,
  type Bundle,
  beginSession,
  decrypt,
  encrypt,
  readPreKeyMessage,
  readWhisperMessage,
  type Session,
  withType,
} from "./session.ts";

/** Another device, by whatever name the network files it under: `15551000001:3`. */
export type Peer = string;
export type Sealed = { type: "msg" | "pkmsg"; body: Buffer };
export type Opened = { plain: Buffer } | { fault: string };

export type DeviceKeys = {
  identity: KeyPair;
  registrationId: number;
  signedPreKey: { id: number; pair: KeyPair };
  preKeys: Map<number, KeyPair>;
  /** One-time keys that were given out and not come back yet. */
  offered: Set<number>;
  nextPreKeyId: number;
  sessions: Map<Peer, Session[]>;
  ownSenderKeys: Map<string, { key: OwnSenderKey; toldTo: Set<Peer> }>;
  theirSenderKeys: Map<string, TheirSenderKey[]>;
};

export type SignalDevice = ReturnType<typeof createSignalDevice>;

const maxSessions = 10;
const maxTheirSenderKeys = 5;
const preKeyBatch = 50;

export function makeDeviceKeys(): DeviceKeys {
  return {
    identity: makeKeyPair(),
    registrationId: randomInt(1, 16_380),
    signedPreKey: { id: 1, pair: makeKeyPair() },
    preKeys: new Map(),
    offered: new Set(),
    nextPreKeyId: 1,
    sessions: new Map(),
    ownSenderKeys: new Map(),
    theirSenderKeys: new Map(),
  };
}

export function createSignalDevice(keys: DeviceKeys) {
  const sessionsOf = (peer: Peer) => keys.sessions.get(peer) ?? [];

  /** The one that was last used comes first: replies go out on it. */
  function keep(peer: Peer, session: Session, former: Session | null): void {
    const others = sessionsOf(peer).filter((one) => one !== former);
    keys.sessions.set(peer, [session, ...others].slice(0, maxSessions));
  }

  function openPreKeyMessage(peer: Peer, body: Buffer): Opened {
    const first = readPreKeyMessage(body);
    if (first === null) return { fault: "the pkmsg is no message of version 3" };
    const known = sessionsOf(peer).find((one) => one.baseKey.equals(first.baseKey));
    if (known !== undefined) return openOn(peer, [known], first.message);
    if (first.signedPreKeyId !== keys.signedPreKey.id)
      return { fault: `there is no signed pre-key ${first.signedPreKeyId}` };
    const preKey = first.preKeyId === null ? null : (keys.preKeys.get(first.preKeyId) ?? null);
    if (first.preKeyId !== null && preKey === null)
      return { fault: `the pre-key ${first.preKeyId} is not there or was used` };
    const accepted = acceptSession(keys.identity, keys.signedPreKey.pair, preKey, first);
    const opened = accepted === null ? null : decrypt(accepted, first.message);
    if (opened === null) return { fault: "the pkmsg does not decrypt" };
    const plain = unpad(opened.plain);
    if (plain === null) return { fault: "the padding is wrong" };
    if (first.preKeyId !== null) {
      keys.preKeys.delete(first.preKeyId);
      keys.offered.delete(first.preKeyId);
    }
    keep(peer, opened.session, null);
    return { plain };
  }

  function openOn(peer: Peer, sessions: readonly Session[], message: ReturnType<typeof readWhisperMessage>): Opened {
    if (message === null) return { fault: "the msg is no message of version 3" };
    for (const session of sessions) {
      const opened = decrypt(session, message);
      if (opened === null) continue;
      keep(peer, opened.session, session);
      const plain = unpad(opened.plain);
      return plain === null ? { fault: "the padding is wrong" } : { plain };
    }
    return { fault: sessions.length === 0 ? "there is no session" : "bad MAC, or the key was used already" };
  }

  return {
    keys,
    hasSession: (peer: Peer) => sessionsOf(peer).length > 0,
    forgetSessions: (peer: Peer) => void keys.sessions.delete(peer),

    /** False when the bundle's keys or its signature are wrong. */
    begin(peer: Peer, bundle: Bundle): boolean {
      const { identity, signedPreKey } = bundle;
      if (!xeddsaVerify(identity, withType(signedPreKey.pub), signedPreKey.signature)) return false;
      const session = beginSession(keys.identity, keys.registrationId, bundle);
      if (session === null) return false;
      keep(peer, session, null);
      return true;
    },

    seal(peer: Peer, plain: Uint8Array): Sealed {
      const [session] = sessionsOf(peer);
      if (session === undefined) throw new Error(`no session with ${peer}`);
      const sealed = encrypt(session, pad(plain));
      keep(peer, sealed.session, session);
      return { type: sealed.type, body: sealed.body };
    },

    open(peer: Peer, type: string, body: Buffer): Opened {
      if (type === "pkmsg") return openPreKeyMessage(peer, body);
      return openOn(peer, sessionsOf(peer), readWhisperMessage(body));
    },

    /** A bundle of this device's for somebody else; a one-time key is given out once. */
    takeBundle(): Bundle {
      if (keys.offered.size >= keys.preKeys.size) addPreKeys(keys);
      const given = [...keys.preKeys].find(([id]) => !keys.offered.has(id)) ?? null;
      if (given !== null) keys.offered.add(given[0]);
      const { id, pair } = keys.signedPreKey;
      const signature = xeddsaSign(keys.identity, withType(pair.pub));
      return {
        identity: keys.identity.pub,
        registrationId: keys.registrationId,
        signedPreKey: { id, pub: pair.pub, signature },
        preKey: given === null ? null : { id: given[0], pub: given[1].pub },
      };
    },

    /** For a group: the chain as it is before this message, for devices that do not have it yet, and the message. */
    sealForGroup(group: string, plain: Uint8Array, devices: readonly Peer[]) {
      const own = keys.ownSenderKeys.get(group) ?? { key: makeSenderKey(), toldTo: new Set<Peer>() };
      const distribution = writeDistribution(own.key);
      const untold = devices.filter((peer) => !own.toldTo.has(peer));
      for (const peer of untold) own.toldTo.add(peer);
      const sealed = encryptForGroup(own.key, pad(plain));
      keys.ownSenderKeys.set(group, { key: sealed.key, toldTo: own.toldTo });
      return { body: sealed.body, distribution, untold };
    },

    /** After somebody left, the next message to the group begins a new chain. */
    forgetOwnSenderKey: (group: string) => void keys.ownSenderKeys.delete(group),

    learnSenderKey(group: string, peer: Peer, distribution: Buffer): boolean {
      const key = readDistribution(distribution);
      if (key === null) return false;
      const name = `${group} ${peer}`;
      const known = (keys.theirSenderKeys.get(name) ?? []).filter((one) => one.id !== key.id);
      keys.theirSenderKeys.set(name, [key, ...known].slice(0, maxTheirSenderKeys));
      return true;
    },

    openFromGroup(group: string, peer: Peer, body: Buffer): Opened {
      const name = `${group} ${peer}`;
      const known = keys.theirSenderKeys.get(name) ?? [];
      if (known.length === 0) return { fault: "there is no sender key" };
      const opened = decryptFromGroup(known, body);
      if ("fault" in opened) return { fault: `group message: ${opened.fault}` };
      keys.theirSenderKeys.set(
        name,
        known.map((one) => (one.id === opened.key.id ? opened.key : one)),
      );
      const plain = unpad(opened.plain);
      return plain === null ? { fault: "the padding is wrong" } : { plain };
    },
  };
}

/** Receivers follow over 2,000 at most, so that several crashes without a word in between are no harm either. */
const skippedAhead = 200;

/** Further on in every chain that it sends on: for a device that may have used more counters than it remembers. */
export function skipAhead(keys: DeviceKeys): void {
  for (const [peer, sessions] of keys.sessions)
    keys.sessions.set(
      peer,
      sessions.map((session) => ({ ...session, sending: further(session.sending) })),
    );
  for (const own of keys.ownSenderKeys.values()) own.key = { ...own.key, chain: further(own.key.chain) };
}

function further(chain: Chain): Chain {
  return stepTo(chain, new Map(), chain.next + skippedAhead - 1)?.chain ?? chain;
}

function addPreKeys(keys: DeviceKeys): void {
  for (let made = 0; made < preKeyBatch; made++) keys.preKeys.set(keys.nextPreKeyId++, makeKeyPair());
}
