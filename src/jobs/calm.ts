// What changes to and fro faster than anybody wants to hear it: told at once, and then no more than once in a while, always
// with what holds at the end. What is the same as before is not told.

export type Calm<T> = Disposable & {
  /** `key` is whatever has one state at a time. */
  hear(key: string, state: string, value: T): void;
};

type Known<T> = {
  told: string;
  toldAt: number;
  /** The same again a while later is news: what was told then is over, without a word. */
  heardAt: number;
  next: { state: string; value: T } | null;
  timer?: ReturnType<typeof setTimeout>;
};
type Options<T> = {
  tell(value: T): void;
  /** Between two of the same key. */
  pauseMs: number;
  /** For so long it holds if nothing more is heard; null for ever. */
  lastsMs(state: string): number | null;
  /** What is known of more than that is forgotten: told once more, it does no harm. */
  most: number;
};

export function createCalm<T>({ tell, pauseMs, lastsMs, most }: Options<T>): Calm<T> {
  const all = new Map<string, Known<T>>();

  function keep(key: string, known: Known<T>): void {
    all.delete(key);
    all.set(key, known);
    for (const [oldest, { next }] of all) {
      if (all.size <= most) return;
      if (next === null) all.delete(oldest);
    }
  }

  function tellNow(key: string, state: string, value: T): void {
    const now = performance.now();
    keep(key, { told: state, toldAt: now, heardAt: now, next: null });
    tell(value);
  }

  function isOver({ told, heardAt }: Known<T>, now: number): boolean {
    const ms = lastsMs(told);
    return ms !== null && now - heardAt >= ms;
  }

  function later(key: string, known: Known<T>, ms: number): void {
    known.timer ??= setTimeout(() => {
      const { next } = known;
      delete known.timer;
      if (next !== null) tellNow(key, next.state, next.value);
    }, ms);
    known.timer.unref?.();
  }

  return {
    hear(key, state, value) {
      const now = performance.now();
      const known = all.get(key);
      if (known === undefined || isOver(known, now)) {
        clearTimeout(known?.timer);
        return tellNow(key, state, value);
      }
      known.heardAt = now;
      if (state === known.told) {
        known.next = null;
        return;
      }
      const waitMs = known.toldAt + pauseMs - now;
      if (waitMs <= 0) return tellNow(key, state, value);
      known.next = { state, value };
      later(key, known, waitMs);
    },
    [Symbol.dispose]() {
      for (const { timer } of all.values()) clearTimeout(timer);
      all.clear();
    },
  };
}
