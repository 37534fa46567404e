// Waiting that is too long for a test made short: timers of some length, or of one function, go off so many times sooner.

export type Which = { from: number } | { named: string };

export function hurry(which: Which, times: number): Disposable {
  const usual = globalThis.setTimeout;
  const isMeant = (work: { name: string }, ms: number) =>
    "named" in which ? work.name === which.named : ms >= which.from;
  const quick = (work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
    usual(work, isMeant(work, ms) ? ms / times : ms, ...args);
  globalThis.setTimeout = Object.assign(quick, usual) as typeof setTimeout;
  return {
    [Symbol.dispose]() {
      globalThis.setTimeout = usual;
    },
  };
}
