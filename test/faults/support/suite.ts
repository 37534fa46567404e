// What a suite of faults is: it is given its size and a seed, and tells one figure and whatever did not hold.

export type SuiteRun = {
  /** What it counts is the suite's own affair: kills, requests per route, rounds. */
  size: number;
  seed: number;
};

export type Outcome = {
  /** One line with the numbers, without the suite's name. */
  figure: string;
  faults: readonly string[];
};

export type Suite = {
  name: string;
  about: string;
  long: number;
  short: number;
  run(run: SuiteRun): Promise<Outcome>;
};

export type Faults = {
  /** Of each sort, by default what the sentence begins with, some are kept. */
  add(sentence: string, sort?: string): void;
  /** Notes the sentence unless it holds; says whether it does. */
  check(holds: boolean, sentence: string): boolean;
  readonly count: number;
  list(): string[];
};

/** A broken rule breaks a thousand times: of each sort enough are kept to see what it is. */
const maxKept = 200;
const maxKeptOfSort = 3;
/** What a sentence speaks of: its beginning. */
const sortOf = (sentence: string) => /^[^,:]*/.exec(sentence)?.[0] ?? "";

export function createFaults(): Faults {
  const kept = new Map<string, number>();
  const sorts = new Map<string, number>();
  let count = 0;

  function add(sentence: string, sort = sortOf(sentence)): void {
    count += 1;
    const known = kept.get(sentence);
    const ofSort = sorts.get(sort) ?? 0;
    if (known === undefined && (kept.size >= maxKept || ofSort >= maxKeptOfSort)) return;
    if (known === undefined) sorts.set(sort, ofSort + 1);
    kept.set(sentence, (known ?? 0) + 1);
  }

  return {
    add,
    check(holds, sentence) {
      if (!holds) add(sentence);
      return holds;
    },
    get count() {
      return count;
    },
    list() {
      const told = [...kept].map(([sentence, times]) => (times === 1 ? sentence : `${sentence} (${times} times)`));
      const heard = [...kept.values()].reduce((sum, times) => sum + times, 0);
      return heard === count ? told : [...told, `… and ${count - heard} more`];
    },
  };
}

export const told = (count: number) => count.toLocaleString("en-US");
