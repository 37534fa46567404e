import { expect, test } from "bun:test";
import { hour, minute } from "../../src/core/clock.ts";
import { quietSpan, quietUntil } from "../../src/core/quiet-hours.ts";
import { isTimeZone } from "../../src/core/wall-clock.ts";

const night = (timeZone: string, from = "22:00", to = "07:00") => ({ from, to, timeZone });
const at = (text: string) => Date.parse(text);
/** What they are in at that time, or comes next. */
const spanAt = (hours: ReturnType<typeof night>, text: string) => {
  const { from, until } = quietSpan(hours, at(text));
  return [from, until].map((ms) => new Date(ms).toISOString().replace(":00.000Z", "Z"));
};

test("nothing is quiet in the day, and the night ends in the morning, on whichever side of midnight one looks", () => {
  const vienna = night("Europe/Vienna");
  expect(quietUntil(vienna, at("2026-01-10T12:00:00Z"))).toBeNull();
  expect(quietUntil(vienna, at("2026-01-10T20:59:59.999Z"))).toBeNull();
  for (const dark of ["2026-01-10T21:00:00Z", "2026-01-10T23:30:00Z", "2026-01-11T05:59:59.999Z"]) {
    expect(quietUntil(vienna, at(dark))).toBe(at("2026-01-11T06:00:00Z"));
  }
  expect(quietUntil(vienna, at("2026-01-11T06:00:00Z"))).toBeNull();
  expect(quietUntil(null, at("2026-01-10T23:30:00Z"))).toBeNull();
});

test("they may be within one day, and the next are known while none are", () => {
  const siesta = night("Asia/Kolkata", "13:00", "15:30");
  expect(spanAt(siesta, "2026-06-01T08:00:00Z")).toEqual(["2026-06-01T07:30Z", "2026-06-01T10:00Z"]);
  expect(spanAt(siesta, "2026-06-01T10:00:00Z")).toEqual(["2026-06-02T07:30Z", "2026-06-02T10:00Z"]);
});

test.each([
  // Clocks go forward: the night is an hour shorter.
  ["Europe/Vienna", "2026-03-28T23:00:00Z", "2026-03-28T21:00Z", "2026-03-29T05:00Z"],
  ["America/New_York", "2026-03-08T06:00:00Z", "2026-03-08T03:00Z", "2026-03-08T11:00Z"],
  ["Australia/Lord_Howe", "2026-10-03T13:00:00Z", "2026-10-03T11:30Z", "2026-10-03T20:00Z"],
  // At midnight itself, where there is no 00:00 that day.
  ["America/Santiago", "2026-09-06T03:30:00Z", "2026-09-06T02:00Z", "2026-09-06T10:00Z"],
  // Clocks go back: it is an hour longer, or half of one.
  ["Europe/Vienna", "2026-10-25T00:30:00Z", "2026-10-24T20:00Z", "2026-10-25T06:00Z"],
  ["America/New_York", "2026-11-01T05:30:00Z", "2026-11-01T02:00Z", "2026-11-01T12:00Z"],
  ["Australia/Lord_Howe", "2026-04-04T13:00:00Z", "2026-04-04T11:00Z", "2026-04-04T20:30Z"],
])("in %p the night around %p is from %p to %p", (timeZone, when, from, until) => {
  expect(spanAt(night(timeZone), when)).toEqual([from, until]);
});

test("an end that the clock jumps over is the moment it jumps; one that it shows twice is the second", () => {
  const early = night("Europe/Vienna", "22:00", "02:30");
  expect(spanAt(early, "2026-03-28T22:00:00Z")).toEqual(["2026-03-28T21:00Z", "2026-03-29T01:00Z"]);
  expect(spanAt(early, "2026-10-24T22:00:00Z")).toEqual(["2026-10-24T20:00Z", "2026-10-25T01:30Z"]);
  const late = night("Europe/Vienna", "02:30", "07:00");
  expect(spanAt(late, "2026-03-29T00:00:00Z")).toEqual(["2026-03-29T01:00Z", "2026-03-29T05:00Z"]);
  expect(spanAt(late, "2026-10-25T00:00:00Z")).toEqual(["2026-10-25T00:30Z", "2026-10-25T06:00Z"]);
  // Altogether within the hour that is not there: none that night.
  const gone = night("Europe/Vienna", "02:10", "02:50");
  expect(spanAt(gone, "2026-03-29T00:00:00Z")).toEqual(["2026-03-30T00:10Z", "2026-03-30T00:50Z"]);
});

test.each(["Europe/Vienna", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"])(
  "over two years in %p every night follows the one before it, and is as long as it should be",
  (timeZone) => {
    let { from, until } = quietSpan(night(timeZone), at("2026-01-01T00:00:00Z"));
    for (let nights = 0; nights < 730; nights++) {
      expect(Math.abs(until - from - 9 * hour)).toBeLessThanOrEqual(hour);
      const next = quietSpan(night(timeZone), until);
      expect(Math.abs(next.from - until - 15 * hour)).toBeLessThanOrEqual(hour);
      expect(quietSpan(night(timeZone), next.from + minute)).toEqual(next);
      ({ from, until } = next);
    }
  },
);

test("a time zone is one that is known", () => {
  expect(["Europe/Vienna", "UTC", "Vienna", "Mars/Base"].map(isTimeZone)).toEqual([true, true, false, false]);
});
