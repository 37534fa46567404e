// A person on the network: a number, perhaps a LID, a phone with a Signal identity, and the devices linked to it.
import { randomBytes, randomInt } from "node:crypto";
import { createSignalDevice, type DeviceKeys, makeDeviceKeys, type SignalDevice } from "../signal/device.ts";
import { lidServer, phoneServer, showJid } from "../wire/jid.ts";
import type { Node } from "../wire/node.ts";

export type Person = {
  phone: string;
  /** Null for somebody who has none (yet). */
  lid: string | null;
  name: string;
  about: { text: string; at: number };
  picture: { id: string; bytes: Buffer } | null;
  /** Names the account in its devices' certificates. */
  rawId: number;
  keys: DeviceKeys;
  device: SignalDevice;
  companions: Map<number, Companion>;
  nextDevice: number;
  blocked: Set<string>;
  /** Devices that were given the chain of its status: those that later ones go to. */
  statusAudience: Set<string>;
  privacy: Map<string, string>;
  appStateKey: { id: Buffer; data: Buffer };
  appState: Map<string, Collection>;
  /** How long what it writes in new chats is to stay. */
  disappearing: { seconds: number; at: number };
};

export type Collection = { version: number; patches: Buffer[] };

/** A device linked to a phone: what the network keeps of it. Its private keys are its own. */
export type Companion = {
  number: number;
  keyIndex: number;
  noiseKey: Buffer;
  identity: Buffer;
  registrationId: number;
  signedPreKey: PublicSignedKey | null;
  /** One-time keys that it uploaded, in order; each is given out once. */
  preKeys: Map<number, Buffer>;
  isToldOfFewKeys: boolean;
  /** ADVSignedDeviceIdentity with both signatures, as it proves itself to others. */
  certificate: Buffer;
  platform: string;
  /** A first login is followed by the app-state key and the history. */
  isSynced: boolean;
  queue: Node[];
  /** The numbers of those whose devices it has asked for: it is told when they change. */
  knows: Set<string>;
  /** What it was given to find its server by, if it was. */
  routing: Buffer | null;
};

export type PublicSignedKey = { id: number; pub: Buffer; signature: Buffer };

/** One device of one person, as every part of the network names it. */
export type Address = { person: Person; device: number };

export type NewPerson = { phone: string; name?: string; lid?: string | null };

const privacySettings = ["readreceipts", "profile", "status", "online", "last", "groupadd", "calladd", "messages"];

/** What a device has not done yet when it is linked. */
export const newCompanion = () => ({
  preKeys: new Map<number, Buffer>(),
  isToldOfFewKeys: false,
  isSynced: false,
  queue: [] as Node[],
  knows: new Set<string>(),
  routing: null as Buffer | null,
});

/** What everybody begins with. */
export const newPerson = () => ({
  picture: null as Person["picture"],
  companions: new Map<number, Companion>(),
  nextDevice: 1,
  blocked: new Set<string>(),
  statusAudience: new Set<string>(),
  privacy: new Map(privacySettings.map((setting) => [setting, "all"])),
  appState: new Map<string, Collection>(),
  disappearing: { seconds: 0, at: 0 },
});

export function makePerson({ phone, name = `+${phone}`, lid }: NewPerson, nowSeconds: number): Person {
  const keys = makeDeviceKeys();
  return {
    ...newPerson(),
    phone,
    lid: lid === undefined ? randomLid() : lid,
    name,
    about: { text: "Hey there! I am using WhatsApp.", at: nowSeconds },
    rawId: randomInt(1, 2 ** 31),
    keys,
    device: createSignalDevice(keys),
    appStateKey: { id: Buffer.concat([Buffer.of(0, 0), randomBytes(4)]), data: randomBytes(32) },
  };
}

export const phoneJid = ({ phone }: Person, device = 0) => showJid({ user: phone, server: phoneServer, device });

/** The number's own form for somebody without a LID. */
export function lidJid({ phone, lid }: Person, device = 0): string {
  return lid === null
    ? showJid({ user: phone, server: phoneServer, device })
    : showJid({ user: lid, server: lidServer, device });
}

export const jidIn = (person: Person, form: "pn" | "lid", device = 0) =>
  form === "lid" ? lidJid(person, device) : phoneJid(person, device);

/** How Signal sessions are filed here, whichever address was on the wire. */
export const peerName = ({ person, device }: Address) => `${person.phone}:${device}`;

export const sameDevice = (a: Address, b: Address) => a.person === b.person && a.device === b.device;

/** The phone first, then what is linked to it. */
export function devicesOf(person: Person): Address[] {
  return [0, ...person.companions.keys()].map((device) => ({ person, device }));
}

function randomLid(): string {
  return String(randomInt(100_000_000, 999_999_999)) + String(randomInt(100_000, 999_999));
}
