// Who waits for what becomes of something, by its id: until it is told, for so long, or until nobody listens any more.

export type Waiters = {
  /** Settles when it is told of, or after `ms`, or with `until`. */
  wait(id: number, ms: number, until?: AbortSignal): Promise<void>;
  tell(id: number): void;
  tellAll(): void;
};

export function createWaiters(): Waiters {
  const waiting = new Map<number, Set<() => void>>();

  function tell(id: number): void {
    for (const done of [...(waiting.get(id) ?? [])]) done();
  }

  return {
    wait: (id, ms, until) =>
      new Promise((resolve) => {
        const timer = setTimeout(done, ms);
        const others = waiting.get(id) ?? new Set();
        waiting.set(id, others.add(done));
        until?.addEventListener("abort", done, { once: true });
        if (until?.aborted === true) done();
        function done() {
          clearTimeout(timer);
          until?.removeEventListener("abort", done);
          others.delete(done);
          if (others.size === 0 && waiting.get(id) === others) waiting.delete(id);
          resolve();
        }
      }),
    tell,
    tellAll() {
      for (const id of [...waiting.keys()]) tell(id);
    },
  };
}
