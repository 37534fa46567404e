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

/** Goes on as any clock does, from the same moment, and can be moved on as well. */
export function createRunningClock(start = Date.UTC(2026, 10, 20, 9)): TestClock {
  const began = performance.now();
  const moved = createTestClock(start);
  return { now: () => Math.floor(moved.now() + performance.now() - began), advance: moved.advance };
}
