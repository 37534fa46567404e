// A clock that stands still until it is moved.
import type { Clock } from "../../src/core/clock.ts";

export type TestClock = Clock & { advance(ms: number): void };

export function createTestClock(start = Date.parse("2026-11-20T09:00:00Z")): TestClock {
  let now = start;
  return {
    now: () => now,
    advance(ms) {
      now += ms;
    },
  };
}
