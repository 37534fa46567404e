// Waiting that is too long for a test made short: timers of these lengths, and no others, go off so many times sooner.

export function hurry(whichMs: readonly number[] | { from: number }, times: number): Disposable {
  const usual = globalThis.setTimeout;
  const isMeant = (ms: number) => ("from" in whichMs ? ms >= whichMs.from : whichMs.includes(ms));
  const quick = (work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
    usual(work, isMeant(ms) ? ms / times : ms, ...args);
  globalThis.setTimeout = Object.assign(quick, usual) as typeof setTimeout;
  return {
    [Symbol.dispose]() {
      globalThis.setTimeout = usual;
    },
  };
}
