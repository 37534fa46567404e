import { expect, test } from "bun:test";
import { hour, minute, second } from "../../src/core/clock.ts";
import { createPace, type Pace } from "../../src/jobs/pace.ts";
import { createTestClock, type TestClock } from "../support/clock.ts";

/** Sends as soon as it may, for so long; the times at which it did. */
function sendFor(pace: Pace, clock: TestClock, ms: number): number[] {
  const began = clock.now();
  const times: number[] = [];
  while (clock.now() - began < ms) {
    const next = pace.nextAt(true);
    if (next > clock.now()) clock.advance(Math.ceil(next - clock.now()));
    times.push(clock.now() - began);
    pace.took();
  }
  return times;
}

test("a burst goes out at once, what follows at five a second with uneven gaps", () => {
  const clock = createTestClock();
  const times = sendFor(createPace(clock), clock, minute);
  expect(times.filter((at) => at === 0)).toHaveLength(30);
  const later = times.slice(30);
  expect(later.length).toBeGreaterThan(250);
  expect(later.length).toBeLessThan(350);
  const gaps = later.slice(1).map((at, place) => at - (later[place] ?? 0));
  expect(new Set(gaps).size).toBeGreaterThan(50);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(99);
});

test("whoever writes now and then never waits, and the reserve fills again", () => {
  const clock = createTestClock();
  const pace = createPace(clock);
  for (let round = 0; round < 100; round++) {
    expect(pace.nextAt(true)).toBe(clock.now());
    pace.took();
    clock.advance(second);
  }
  clock.advance(minute);
  expect(sendFor(pace, clock, 1).filter((at) => at === 0)).toHaveLength(30);
});

test("without pacing nothing waits", () => {
  const clock = createTestClock();
  const pace = createPace(clock);
  for (let n = 0; n < 1_000; n++) {
    expect(pace.nextAt(false)).toBe(clock.now());
    pace.took();
  }
});

test("463 holds those nobody has talked with for an hour, 429 everybody, longer each time", () => {
  const clock = createTestClock();
  const pace = createPace(clock);
  pace.answered("463");
  expect(pace.brakes()).toEqual({ coldUntil: clock.now() + hour, allUntil: null, pauses: 0 });
  clock.advance(hour);
  expect(pace.brakes().coldUntil).toBeNull();
  const pauses = [1, 2, 3].map(() => {
    pace.answered("429");
    const pause = (pace.brakes().allUntil ?? 0) - clock.now();
    clock.advance(pause);
    return pause;
  });
  expect(pauses).toEqual([30 * second, minute, 2 * minute]);
  expect(pace.brakes().allUntil).toBeNull();
  pace.answered(null);
  pace.answered("429");
  expect((pace.brakes().allUntil ?? 0) - clock.now()).toBe(30 * second);
});
