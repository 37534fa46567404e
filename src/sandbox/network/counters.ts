// Which counter of which chain was used for which ciphertext: noticed where a message comes in, for every device it is
// for, whether that is there or not. A second ciphertext in the same place is a key used twice.
import { type Address, peerName } from "../people/person.ts";
import { latest, type Marks, makeMarks, markOf, occupy, type Place } from "../signal/places.ts";
import { placeInGroup } from "../signal/sender-key.ts";
import { placeOf } from "../signal/session.ts";
import { isGroup, isStatus } from "../wire/jid.ts";
import { bytesOf, type Node } from "../wire/node.ts";
import type { Limits } from "./limits.ts";
import type { Observer } from "./observer.ts";

/** Of one person's devices, by device, receiver and chain. The one that was used last comes last. */
type Chains = Map<string, Marks>;
export type KeptChains = { name: string; floor: number; marks: Buffer }[];
export type Counters = ReturnType<typeof createCounters>;

const maxChains = 2_000;
/** What a chain takes besides its marks, in marks. */
const chainCost = 50;
/** Written to the disk: enough for the chains that somebody still writes on, and further back than a crash reaches. */
const keptChains = 100;
const keptMarks = 256;

export function createCounters(observer: Observer, limits: Limits) {
  const people = new Map<string, Chains>();
  let taken = 0;

  /** `receiver`: a device by name, or a group. */
  function notice(from: Address, receiver: string, enc: Node, id: string): void {
    const body = bytesOf(enc);
    const type = enc.attrs.type ?? "";
    const place = body === null ? null : type === "skmsg" ? placeInGroup(body) : placeOf(type, body);
    if (place === null || use(from, receiver, place)) return;
    const where = isGroup(receiver) || isStatus(receiver) ? `sender key ${place.chain}` : `chain ${place.chain}`;
    const detail = `${receiver} is sent a second ciphertext with counter ${place.counter} of ${where}`;
    observer.violation(peerName(from), "counter reuse", detail, id);
  }

  function use({ person, device }: Address, receiver: string, place: Place): boolean {
    const chains = people.get(person.phone) ?? new Map<string, Marks>();
    const name = `${device} ${receiver} ${place.chain}`;
    const marks = chains.get(name) ?? makeMarks();
    const before = chains.has(name) ? costOf(marks) : 0;
    const isFirst = occupy(marks, place.counter, markOf(place.ciphertext));
    taken += costOf(marks) - before;
    chains.delete(name);
    chains.set(name, marks);
    people.delete(person.phone);
    people.set(person.phone, chains);
    if (chains.size > maxChains) forgetFirst(chains);
    while (taken > limits.counters && people.size > 0) forgetLongestUnused();
    return isFirst;
  }

  function forgetLongestUnused(): void {
    for (const [phone, chains] of people) {
      forgetFirst(chains);
      if (chains.size === 0) people.delete(phone);
      return;
    }
  }

  function forgetFirst(chains: Chains): void {
    for (const [name, marks] of chains) {
      chains.delete(name);
      taken -= costOf(marks);
      return;
    }
  }

  return {
    notice,
    /** What of one person's is worth keeping over a restart. */
    keptOf(phone: string): KeptChains {
      const chains = [...(people.get(phone) ?? [])].slice(-keptChains);
      return chains.map(([name, all]) => {
        const { floor, marks } = latest(all, keptMarks);
        return { name, floor, marks: Buffer.from(marks.buffer, marks.byteOffset, marks.byteLength) };
      });
    },
    recall(phone: string, kept: KeptChains): void {
      const chains = kept.map(({ name, floor, marks }): [string, Marks] => {
        const copy = new Uint8Array(marks);
        return [name, { floor, marks: new Uint32Array(copy.buffer) }];
      });
      people.set(phone, new Map(chains));
      for (const [, marks] of chains) taken += costOf(marks);
    },
    taken: () => taken,
    clear(): void {
      people.clear();
      taken = 0;
    },
  };
}

const costOf = ({ marks }: Marks): number => marks.length + chainCost;
