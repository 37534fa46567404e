// What is to be done with a schedule whose time has come, or has passed.
import { expect, test } from "bun:test";
import { day, hour, minute, second } from "../../src/core/clock.ts";
import type { Timing } from "../../src/core/schedule.ts";
import { dueOf, readTiming } from "../../src/core/schedule-times.ts";

const now = Date.parse("2026-11-20T09:00:00Z");
const at = (time: string) => Date.parse(`2026-11-20T${time}Z`);
const timing = (more: object): Timing => readTiming({ timeZone: undefined, ...more }, now).timing;
const hourly = (more: object = {}) => timing({ cron: "0 * * * *", timeZone: "UTC", ...more });
const due = (one: Timing, nextAt: number, when: number, runs = 0) => dueOf(one, { nextAt, runs }, when);

test("one for a single time runs for that time, up to its lateness", () => {
  const once = timing({ sendAt: at("10:00") });
  const skips = timing({ sendAt: at("10:00"), lateMs: null });
  const missed = { runAt: null, missed: { from: at("10:00"), upTo: at("10:00") }, nextAt: null };
  const runs = { runAt: at("10:00"), missed: null, nextAt: null };
  expect(due(once, at("10:00"), at("10:00"))).toEqual(runs);
  expect(due(once, at("10:00"), at("10:00") + day)).toEqual(runs);
  expect(due(once, at("10:00"), at("10:00") + day + 1)).toEqual(missed);
  expect(due(skips, at("10:00"), at("10:01"))).toEqual(runs);
  expect(due(skips, at("10:00"), at("10:01") + 1)).toEqual(missed);
});

test("of what recurs the last time that was missed runs, and what comes next is after that, not after now", () => {
  const runs = (runAt: number, nextAt: number | null) => ({ runAt, missed: null, nextAt });
  expect(due(hourly(), at("10:00"), at("10:00") + 30 * second)).toEqual(runs(at("10:00"), at("11:00")));
  expect(due(hourly(), at("10:00"), at("10:40"))).toEqual(runs(at("10:00"), at("11:00")));
  expect(due(hourly(), at("10:00"), at("13:40"))).toEqual({
    ...runs(at("13:00"), at("14:00")),
    missed: { from: at("10:00"), upTo: at("12:00") },
  });
  expect(due(hourly({ lateMs: 30 * minute }), at("10:00"), at("13:40"))).toEqual({
    ...{ runAt: null, nextAt: at("14:00") },
    missed: { from: at("10:00"), upTo: at("13:00") },
  });
  expect(due(hourly({ lateMs: null }), at("10:00"), at("11:00") + second)).toEqual({
    ...runs(at("11:00"), at("12:00")),
    missed: { from: at("10:00"), upTo: at("10:00") },
  });
});

test("what comes every few seconds runs time by time while it is hardly late", () => {
  const often = timing({ cron: "*/5 * * * * *", timeZone: "UTC" });
  expect(due(often, at("10:00:00"), at("10:00:58"))).toEqual({
    ...{ runAt: at("10:00:00"), missed: null },
    nextAt: at("10:00:05"),
  });
});

test("it ends with its end, and after so many runs; what was missed is none", () => {
  const ends = hourly({ endsAt: at("11:30") });
  expect(due(ends, at("10:00"), at("10:00")).nextAt).toBe(at("11:00"));
  expect(due(ends, at("11:00"), at("11:00"))).toEqual({ runAt: at("11:00"), missed: null, nextAt: null });
  expect(due(ends, at("10:00"), at("20:00"))).toEqual({
    ...{ runAt: null, nextAt: null },
    missed: { from: at("10:00"), upTo: at("11:00") },
  });
  const twice = hourly({ maxRuns: 2 });
  expect(due(twice, at("10:00"), at("10:00"), 0).nextAt).toBe(at("11:00"));
  expect(due(twice, at("11:00"), at("11:00"), 1).nextAt).toBeNull();
  expect(due(hourly({ maxRuns: 1, lateMs: null }), at("10:00"), at("10:30"), 0)).toMatchObject({
    ...{ runAt: null, nextAt: at("11:00") },
  });
});

test("what is usual: a day for a single time, an hour for what recurs", () => {
  expect([timing({ sendAt: at("10:00") }).lateMs, hourly().lateMs]).toEqual([day, hour]);
});
