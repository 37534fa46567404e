// Counting requests per minute: a window opens with the first request and is exact until it closes.
import { type Clock, minute } from "../core/clock.ts";

export type Window = { count: number; until: number };
export type Windows = { take(name: string | number): Window };

/** The oldest windows are dropped beyond this; whoever makes that many addresses gains one window's worth each. */
const maxWindows = 50_000;

export function createWindows(clock: Clock, lengthMs = minute): Windows {
  const windows = new Map<string | number, Window>();

  function sweep(now: number): void {
    for (const [name, window] of windows) {
      if (windows.size < maxWindows && window.until > now) break;
      windows.delete(name);
    }
  }

  return {
    take(name) {
      const now = clock.now();
      const open = windows.get(name);
      if (open !== undefined && open.until > now) {
        open.count += 1;
        return open;
      }
      windows.delete(name);
      sweep(now);
      const fresh = { count: 1, until: now + lengthMs };
      windows.set(name, fresh);
      return fresh;
    },
  };
}
