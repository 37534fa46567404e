import { expect, test } from "bun:test";
import { day, hour, minute } from "../../src/core/clock.ts";
import { allowedAt, nextSlot } from "../../src/core/cold-quota.ts";

const start = Date.parse("2026-11-20T09:00:00Z");
const fixed = (perDay: number) => ({ perDay, isWarmingUp: false, linkedAt: start });
const young = (perDay: number | null) => ({ perDay, isWarmingUp: true, linkedAt: start });

test("within the quota it is now; beyond it, when the oldest of the last 24 hours no longer counts", () => {
  const quota = fixed(3);
  const reached = [start - 20 * hour, start - 2 * hour];
  expect(nextSlot({ quota, reached: [], from: start })).toBe(start);
  expect(nextSlot({ quota, reached, from: start })).toBe(start);
  expect(nextSlot({ quota, reached: [...reached, start - hour], from: start })).toBe(start + 4 * hour);
  expect(nextSlot({ quota, reached: [...reached, start - hour], from: start + 4 * hour })).toBe(start + 4 * hour);
});

test("each in the line gets the slot after that of the one before it, day after day", () => {
  const line = { quota: fixed(2), reached: [start - hour, start - minute], from: start };
  const times = [1, 2, 3, 4, 5].map((place) => nextSlot(line, place));
  expect(times.map((at) => at - start)).toEqual([
    day - hour,
    day - minute,
    2 * day - hour,
    2 * day - minute,
    3 * day - hour,
  ]);
});

test("a quota that was made smaller waits until enough of those before no longer count", () => {
  const reached = [5, 4, 3, 2].map((hours) => start - hours * hour);
  expect(nextSlot({ quota: fixed(2), reached, from: start })).toBe(start - 3 * hour + day);
});

test("warming up begins with ten and grows by half each day for two weeks, never beyond the quota", () => {
  const days = Array.from({ length: 16 }, (_, place) => allowedAt(young(100), start + place * day));
  expect(days).toEqual([10, 15, 22, 33, 50, 75, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100]);
  expect(allowedAt(young(null), start + 13 * day + 23 * hour)).toBe(1_946);
  expect(allowedAt(young(null), start + 14 * day)).toBeNull();
  expect(allowedAt(young(5), start)).toBe(5);
});

test("while it grows, the next slot is the one that the growth brings, if that is sooner", () => {
  const reached = Array.from({ length: 10 }, (_, place) => start + 20 * hour + place);
  const line = { quota: young(null), reached, from: start + 21 * hour };
  const times = [1, 5, 6].map((place) => nextSlot(line, place));
  expect(times).toEqual([start + day, start + day, start + 20 * hour + day]);
  expect(nextSlot({ ...line, reached: [], from: start + 14 * day }, 5_000)).toBe(start + 14 * day);
});

test("when nothing may go anyhow, nobody's turn is then", () => {
  const open = (at: number) => Math.max(at, start + 8 * hour);
  expect(nextSlot({ quota: fixed(1), reached: [], from: start, open })).toBe(start + 8 * hour);
  expect(nextSlot({ quota: fixed(1), reached: [start - 20 * hour], from: start, open })).toBe(start + 8 * hour);
});
