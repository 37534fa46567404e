// How much of something there has been, in a stretch of time that begins with the first of it and is exact until it ends:
// the rule of every limit there is. Not a sliding one, because this one can be told in a header, outlasts a restart in two
// numbers, and keeps its word: whoever waits until it ends is let in. Around an end there may be twice as much at once.
import type { Clock } from "./clock.ts";

export type Window = { readonly name: string; count: number; readonly until: number };
export type Taken = {
  isRefused: boolean;
  /** The first to be refused in this window. */
  isFirstRefused: boolean;
  /** Of those that were let in. */
  used: number;
  until: number;
};
export type Windows = {
  /** One more, unless there have been `most`. */
  take(name: string, most: number): Taken;
  /** The one that goes on; null where none does. */
  find(name: string): Window | null;
};

type Options = {
  clock: Clock;
  lengthMs: number;
  /** From before, those that end first before the others. */
  from?: readonly Window[];
  /** It counts something else than before. */
  changed?(window: Window): void;
};

/** The oldest are dropped beyond this; whoever makes that many addresses gains one window's worth each. */
export const mostWindows = 50_000;
/** Many at a time: each look for the oldest passes over the places of those that went before. */
const droppedAtOnce = 5_000;

export function createWindows({ clock, lengthMs, from = [], changed = () => {} }: Options): Windows {
  const windows = new Map(from.slice(-mostWindows).map((window) => [window.name, window]));

  function find(name: string): Window | null {
    const window = windows.get(name);
    const now = clock.now();
    // One that ends later than any could was begun by a clock that has been set back since.
    return window !== undefined && window.until > now && window.until <= now + lengthMs ? window : null;
  }

  function open(name: string): Window {
    windows.delete(name);
    if (windows.size >= mostWindows) dropOldest();
    const fresh = { name, count: 0, until: clock.now() + lengthMs };
    windows.set(name, fresh);
    return fresh;
  }

  function dropOldest(): void {
    let left = droppedAtOnce;
    for (const name of windows.keys()) {
      if (left === 0) break;
      windows.delete(name);
      left -= 1;
    }
  }

  return {
    find,
    take(name, most) {
      const window = find(name) ?? open(name);
      const isRefused = window.count >= most;
      const isFirstRefused = window.count === most;
      if (!isRefused || isFirstRefused) {
        // One more than there may be: somebody has been refused.
        window.count += 1;
        changed(window);
      }
      return { isRefused, isFirstRefused, used: Math.min(window.count, most), until: window.until };
    },
  };
}
