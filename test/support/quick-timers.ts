// Waiting that is too long for a test made short: timers of these lengths, and no others, go off so many times sooner.

export function hurry(lengthsMs: readonly number[], times: number): Disposable {
  const usual = globalThis.setTimeout;
  const quick = (work: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
    usual(work, ms !== undefined && lengthsMs.includes(ms) ? ms / times : ms, ...args);
  globalThis.setTimeout = Object.assign(quick, usual) as typeof setTimeout;
  return {
    [Symbol.dispose]() {
      globalThis.setTimeout = usual;
    },
  };
}
