// What the network remembers over a restart: its keys, its people, their sessions, groups and messages. One file, always
// whole: written anew beside the old one and put in its place.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { KeyPair } from "../crypto/keys.ts";
import type { Authority } from "../crypto/x509.ts";
import type { Behaviour } from "../people/behaviour.ts";
import type { GroupFacts } from "../people/groups.ts";
import type { InboxItem } from "../people/inbox.ts";
import type { Person } from "../people/person.ts";
import type { PhoneState } from "../people/phones.ts";
import { createSignalDevice } from "../signal/device.ts";
import type { Node } from "../wire/node.ts";
import { proto } from "../wire/proto.ts";
import { freeze, thaw } from "./frozen.ts";
import type { World } from "./world.ts";

export type Identity = { root: KeyPair; serverKey: KeyPair; authority: Authority };
type KeptWritten = { id: string; chat: string; plain: Buffer; mediatype: string | undefined; edit: string | undefined };
type KeptPhone = {
  phone: string;
  isOnline: boolean;
  behaviour: Behaviour;
  inbox: InboxItem[];
  written: KeptWritten[];
  missed: Node[];
  receipts: PhoneState["receipts"];
};
type Kept = { identity: Identity; people: Omit<Person, "device">[]; phones: KeptPhone[]; groups: GroupFacts[] };

const keptItems = 500;
const writeAfterMs = 150;

export function readMemory(file: string): Kept | null {
  return existsSync(file) ? (thaw(JSON.parse(readFileSync(file, "utf8"))) as Kept) : null;
}

export function recall(world: World, { people, phones, groups }: Kept): void {
  for (const person of people) world.registry.add({ ...person, device: createSignalDevice(person.keys) });
  for (const group of groups) world.groups.add(group);
  for (const { phone, written, ...kept } of phones) {
    const person = world.registry.find(phone);
    if (person === null) continue;
    const again = written.map(
      ({ plain, ...one }) => [one.id, { ...one, message: proto.Message.decode(plain) }] as const,
    );
    Object.assign(world.phones.stateOf(person), { ...kept, written: new Map(again) });
  }
}

export function createMemory(file: string | null, identity: Identity, world: () => World) {
  let timer: ReturnType<typeof setTimeout> | null = null;

  function write(): void {
    timer = null;
    if (file === null) return;
    const kept: Kept = {
      identity,
      people: world()
        .registry.all()
        .map(({ device: _device, ...person }) => person),
      phones: [...world().phones.states].map(([phone, state]) => keptPhone(phone, state)),
      groups: world()
        .groups.all()
        .map((group) => group.facts),
    };
    writeFileSync(`${file}.new`, JSON.stringify(freeze(kept)), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  return {
    changed(): void {
      if (file !== null && timer === null) timer = setTimeout(write, writeAfterMs);
    },
    close(): void {
      if (timer !== null) clearTimeout(timer);
      write();
    },
  };
}

function keptPhone(phone: string, { isOnline, behaviour, inbox, written, missed, receipts }: PhoneState): KeptPhone {
  const lately = [...written.values()].slice(-keptItems);
  return {
    phone,
    isOnline,
    behaviour,
    inbox: inbox.slice(-keptItems),
    written: lately.map(({ message, ...one }) => ({
      ...one,
      plain: Buffer.from(proto.Message.encode(message).finish()),
    })),
    missed,
    receipts: new Map([...receipts].slice(-keptItems)),
  };
}
