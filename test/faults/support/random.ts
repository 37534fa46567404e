// Chance that can be repeated: everything a suite leaves to it follows from one seed, which the suite prints.

export type Random = {
  /** A whole number from 0 up to, not including, the limit. */
  below(limit: number): number;
  between(least: number, most: number): number;
  pick<T>(items: readonly T[]): T;
  chance(share: number): boolean;
  word(length: number): string;
  bytes(length: number): Uint8Array;
  shuffled<T>(items: readonly T[]): T[];
  /** One after the other in an order of its own for each name, so that none comes twice before all came once. */
  deal<T>(name: string, items: readonly T[]): T;
};

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  const below = (limit: number) => Math.floor(next() * limit);

  function pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error("there is nothing to pick from");
    return items[below(items.length)] as T;
  }

  function shuffled<T>(items: readonly T[]): T[] {
    const mixed = [...items];
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
    }
    return mixed;
  }

  const decks = new Map<string, number[]>();

  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    pick,
    chance: (share) => next() < share,
    word: (length) => Array.from({ length }, () => letters.charAt(below(letters.length))).join(""),
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
    shuffled,
    deal<T>(name: string, items: readonly T[]): T {
      const left = decks.get(name) ?? [];
      const deck = left.length > 0 ? left : shuffled([...items.keys()]);
      const place = deck.pop() ?? 0;
      decks.set(name, deck);
      return items[place] as T;
    },
  };
}

export function freshSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
}
