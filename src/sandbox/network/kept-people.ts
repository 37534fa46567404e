// One person as they are kept on the disk: who they are, their sessions, and the latest of their messages.
import { type Behaviour, stillness } from "../people/behaviour.ts";
import { type InboxItem, type ItemFacts, pack, packedAs, packedItem } from "../people/inbox.ts";
import { type Companion, newCompanion, newPerson, type Person } from "../people/person.ts";
import type { PhoneState } from "../people/phones.ts";
import { type KeptWritten, unpackedWhenAsked } from "../people/writing.ts";
import { createSignalDevice, skipAhead } from "../signal/device.ts";
import type { Node } from "../wire/node.ts";
import { proto } from "../wire/proto.ts";
import type { KeptChains } from "./counters.ts";
import type { World } from "./world.ts";

type KeptItem = ItemFacts & { packed: string };
type KeptPhone = {
  isOnline: boolean;
  behaviour: Behaviour;
  inbox: KeptItem[];
  written: KeptWritten[];
  missed: Node[];
  receipts: PhoneState["receipts"];
};
export type KeptPerson = { person: Omit<Person, "device">; state: KeptPhone; counters: KeptChains };

/** As the first version had it: everybody in one file. */
export type OldPeople = {
  people: Omit<Person, "device">[];
  phones: (Omit<KeptPhone, "inbox" | "written"> & {
    phone: string;
    inbox: (Omit<ItemFacts, "copies"> & { message: object })[];
    written: (Omit<KeptWritten, "packed" | "category"> & { plain: Buffer })[];
  })[];
};

const keptItems = 500;

export function keptPerson(world: World, whole: Person): KeptPerson {
  const { device: _device, ...person } = whole;
  const companions = [...person.companions].map(([device, companion]): [number, Companion] => [
    device,
    { ...companion, queue: world.links.waitingFor({ person: whole, device }) },
  ]);
  return {
    person: { ...person, companions: new Map(companions) },
    state: keptPhone(world.phones.stateOf(whole)),
    counters: world.counters.keptOf(person.phone),
  };
}

/** `isBehind`: the phone has sent more than is known here, and goes on well beyond that. */
export function recallPerson(world: World, { person, state, counters }: KeptPerson, isBehind: boolean): void {
  if (isBehind) skipAhead(person.keys);
  // What an older network did not know of a person is as it is for a new one.
  const companions = [...person.companions].map(([device, one]) => [device, { ...newCompanion(), ...one }] as const);
  const whole = { ...newPerson(), ...person, companions: new Map(companions) };
  const again = world.registry.add({ ...whole, device: createSignalDevice(person.keys) });
  const { inbox, written, ...kept } = state;
  world.phones.recall(again, {
    ...kept,
    inbox: inbox.map(({ packed, ...facts }) => packedItem(facts, packed)),
    written: new Map(written.map((one) => [one.id, unpackedWhenAsked(one)])),
  });
  world.counters.recall(person.phone, counters);
}

function keptPhone({ isOnline, behaviour, inbox, written, missed, receipts }: PhoneState): KeptPhone {
  return {
    isOnline,
    behaviour,
    inbox: inbox.slice(-keptItems).map(keptItem),
    written: [...written.values()].slice(-keptItems).map(({ message: _message, ...one }) => one),
    missed,
    receipts: new Map([...receipts].slice(-keptItems)),
  };
}

function keptItem({ id, chat, from, from_me, at, kind, text, media, edited, copies, [packedAs]: packed }: InboxItem) {
  return { id, chat, from, from_me, at, kind, text, media, edited, copies, packed };
}

export function oldPeople({ people = [], phones = [] }: Partial<OldPeople>): KeptPerson[] {
  return people.map((person) => {
    const phone = phones.find((one) => one.phone === person.phone);
    const { isOnline = true, behaviour = stillness, missed = [], receipts = new Map() } = phone ?? {};
    const inbox = (phone?.inbox ?? []).map(({ message, ...facts }) => {
      return { ...facts, copies: 1, packed: pack(proto.Message.fromObject(message)) };
    });
    const written = (phone?.written ?? []).map(({ plain, ...one }) => {
      return { ...one, packed: plain.toString("latin1"), category: undefined };
    });
    return { person, counters: [], state: { isOnline, behaviour, inbox, written, missed, receipts } };
  });
}
