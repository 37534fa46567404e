// The one rule by which everything is counted against limits.
import { expect, test } from "bun:test";
import { hour, minute, second } from "../../src/core/clock.ts";
import { createWindows, mostWindows, type Window } from "../../src/core/windows.ts";
import { createTestClock } from "../support/clock.ts";

test("so many are let in, exactly, and the first one more is known for it", () => {
  const clock = createTestClock();
  const windows = createWindows({ clock, lengthMs: minute });
  const taken = Array.from({ length: 200 }, () => windows.take("ada", 60));
  expect(taken.filter(({ isRefused }) => !isRefused)).toHaveLength(60);
  expect(taken.flatMap(({ isFirstRefused }, place) => (isFirstRefused ? [place] : []))).toEqual([60]);
  expect(taken.at(-1)).toMatchObject({ used: 60, until: clock.now() + minute });
  expect(windows.take("bob", 60)).toMatchObject({ isRefused: false, used: 1 });
  expect(windows.take("nobody at all", 0)).toMatchObject({ isRefused: true, used: 0 });
});

test("whoever waits as long as they are told is let in, whenever they come", () => {
  const clock = createTestClock();
  const windows = createWindows({ clock, lengthMs: minute });
  let random = 11;
  for (let n = 0; n < 20_000; n++) {
    random = (random * 48_271) % 2_147_483_647;
    clock.advance(random % (2 * second));
    const { isRefused, until } = windows.take("ada", 7);
    if (!isRefused) continue;
    clock.advance(Math.ceil((until - clock.now()) / second) * second);
    expect(windows.take("ada", 7).isRefused).toBe(false);
  }
});

test("what is kept goes on where it was; what is over, or from a clock that was ahead, does not", () => {
  const clock = createTestClock();
  const window = (name: string, until: number): Window => ({ name, count: 59, until });
  const from = [window("over", clock.now()), window("ada", clock.now() + 1), window("ahead", clock.now() + hour)];
  const windows = createWindows({ clock, lengthMs: minute, from });
  expect(["over", "ada", "ahead"].map((name) => windows.take(name, 60).used)).toEqual([1, 60, 1]);
  expect(windows.take("ada", 60).isRefused).toBe(true);
  clock.advance(-hour);
  expect(windows.find("ada")).toBeNull();
});

test("a million addresses take no more room than fifty thousand, and the last to come are known", () => {
  const clock = createTestClock();
  const windows = createWindows({ clock, lengthMs: hour });
  Bun.gc(true);
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < 1_000_000; n++) windows.take(`address ${n}`, 5);
  Bun.gc(true);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(30 * 1_024 ** 2);
  expect(windows.find(`address ${1_000_000 - mostWindows - 1}`)).toBeNull();
  expect(windows.find(`address ${1_000_000 - 0.9 * mostWindows}`)).toMatchObject({ count: 1 });
  clock.advance(hour);
  expect(windows.find("address 999999")).toBeNull();
});
