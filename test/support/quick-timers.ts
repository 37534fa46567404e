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

/** What is done every so often, by the name of the function, done so many times as often. */
export function hurryEvery(named: string, times: number): Disposable {
  const usual = globalThis.setInterval;
  const quick = (work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
    usual(work, work.name === named ? ms / times : ms, ...args);
  globalThis.setInterval = Object.assign(quick, usual) as typeof setInterval;
  return {
    [Symbol.dispose]() {
      globalThis.setInterval = usual;
    },
  };
}
