// One at a time by name, and whoever has the turn may take it again: what Baileys means by a transaction, without the
// buffering that would keep our writes back until its end.
import { AsyncLocalStorage } from "node:async_hooks";

export type Turns = {
  take<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Within this, no turns are taken: for sends, which are put in order elsewhere. */
  without<T>(work: () => Promise<T>): Promise<T>;
  holds(): boolean;
};

const everything = Symbol("without turns");

export function createTurns(): Turns {
  const held = new AsyncLocalStorage<ReadonlySet<string> | typeof everything>();
  const last = new Map<string, Promise<unknown>>();

  async function inTurn<T>(name: string, names: ReadonlySet<string>, work: () => Promise<T>): Promise<T> {
    const before = last.get(name);
    const done = Promise.withResolvers<void>();
    last.set(name, done.promise);
    try {
      await before;
      return await held.run(new Set([...names, name]), work);
    } finally {
      if (last.get(name) === done.promise) last.delete(name);
      done.resolve();
    }
  }

  return {
    take(name, work) {
      const names = held.getStore() ?? new Set<string>();
      return names === everything || names.has(name) ? work() : inTurn(name, names, work);
    },
    without: (work) => held.run(everything, work),
    holds: () => held.getStore() !== undefined,
  };
}
