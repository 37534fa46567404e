// Live things by name, in front of the disk: loaded when they are asked for, written when they have changed, put away
// when there are too many. What is not on disk yet is never put away.
import type { WritingChain } from "./chain.ts";
import { createDrafts } from "./drafts.ts";

export type ShelfOptions<T> = {
  load(name: string): Uint8Array | null;
  decode(bytes: Uint8Array): T;
  encode(thing: T, reservation: "ahead" | "exact"): Uint8Array;
  /** The chain whose numbers are reserved, if it has one. */
  writingOf(thing: T): WritingChain | null;
  most: number;
  touched(): void;
};

export type Shelf<T> = {
  get(name: string): T | null;
  put(name: string, thing: T): void;
  changed(name: string): void;
  drop(name: string): void;
  /** Of those that are live. */
  names(): Iterable<string>;
  /** Before everything is put away: what was reserved and not used goes back. */
  retire(): void;
  take(reservation: "ahead" | "exact"): [name: string, value: Uint8Array | null][];
  arrived(): void;
};

export function createShelf<T>({ load, decode, encode, writingOf, most, touched }: ShelfOptions<T>): Shelf<T> {
  /** In the order of their last use. */
  const live = new Map<string, T>();
  const dirty = new Set<string>();
  /** Dropped, or put away with numbers to give back: bytes that are not on disk yet. */
  const parted = createDrafts<Uint8Array | null>(touched);
  let reservations: [chain: WritingChain, upTo: number][] = [];

  function fetch(name: string): T | null {
    const drafted = parted.get(name);
    const bytes = drafted === undefined ? load(name) : drafted;
    return bytes === null ? null : decode(bytes);
  }

  /** Never for the one that was just asked for: whoever asked may be about to change it. */
  function makeRoom(asked: string | null): void {
    for (const [name, thing] of live) {
      if (live.size <= most) return;
      if (dirty.has(name) || name === asked) continue;
      live.delete(name);
      const chain = writingOf(thing);
      if (chain !== null && chain.next < chain.reserved) parted.set(name, encode(thing, "exact"));
    }
  }

  return {
    get(name) {
      const known = live.get(name);
      const thing = known ?? fetch(name);
      if (thing === null) return null;
      live.delete(name);
      live.set(name, thing);
      if (known === undefined) makeRoom(name);
      return thing;
    },
    put(name, thing) {
      live.set(name, thing);
      dirty.add(name);
      touched();
    },
    changed(name) {
      dirty.add(name);
      touched();
    },
    drop(name) {
      live.delete(name);
      dirty.delete(name);
      parted.set(name, null);
    },
    names: () => live.keys(),
    retire() {
      for (const [name, thing] of live) {
        const chain = writingOf(thing);
        if (chain === null || chain.next === chain.reserved) continue;
        dirty.add(name);
        touched();
      }
    },
    take(reservation) {
      const changes = new Map<string, Uint8Array | null>(parted.take());
      for (const name of dirty) {
        const thing = live.get(name);
        if (thing === undefined) continue;
        changes.set(name, encode(thing, reservation));
        const chain = writingOf(thing);
        if (chain !== null) reservations.push([chain, chain.reserved]);
      }
      dirty.clear();
      return [...changes];
    },
    arrived() {
      parted.arrived();
      for (const [chain, upTo] of reservations) chain.granted = upTo;
      reservations = [];
      makeRoom(null);
    },
  };
}
