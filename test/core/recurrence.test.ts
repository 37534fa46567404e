// Times that recur, over both changes of the clock in four zones: one by an hour, one by half of it, north and south.
import { expect, test } from "bun:test";
import { day, hour, minute, second } from "../../src/core/clock.ts";
import { checkPattern, createRecurrence } from "../../src/core/recurrence.ts";

const at = (text: string) => Date.parse(text);

function timesOf(cron: string, timeZone: string, from: string, many: number): string[] {
  const { next } = createRecurrence({ cron, timeZone });
  const found: string[] = [];
  for (let last = next(at(from)); last !== null && found.length < many; last = next(last))
    found.push(new Date(last).toISOString().slice(0, 16));
  return found;
}

/** A time that one night skips and one that another has twice: on the day before, in that night, on the day after. */
const zones = [
  {
    zone: "Europe/Berlin",
    skipped: { cron: "30 2 * * *", from: "2026-03-28T00:00Z", times: ["03-28T01:30", "03-29T01:00", "03-30T00:30"] },
    doubled: { cron: "30 2 * * *", from: "2026-10-24T00:00Z", times: ["10-24T00:30", "10-25T00:30", "10-26T01:30"] },
  },
  {
    zone: "America/New_York",
    skipped: { cron: "30 2 * * *", from: "2026-03-07T00:00Z", times: ["03-07T07:30", "03-08T07:00", "03-09T06:30"] },
    doubled: { cron: "30 1 * * *", from: "2026-10-31T00:00Z", times: ["10-31T05:30", "11-01T05:30", "11-02T06:30"] },
  },
  {
    zone: "Australia/Lord_Howe",
    skipped: { cron: "15 2 * * *", from: "2026-10-02T00:00Z", times: ["10-02T15:45", "10-03T15:30", "10-04T15:15"] },
    doubled: { cron: "45 1 * * *", from: "2026-04-03T00:00Z", times: ["04-03T14:45", "04-04T14:45", "04-05T15:15"] },
  },
  {
    zone: "Asia/Jerusalem",
    skipped: { cron: "30 2 * * *", from: "2026-03-26T00:00Z", times: ["03-26T00:30", "03-27T00:00", "03-27T23:30"] },
    doubled: { cron: "30 1 * * *", from: "2026-10-23T12:00Z", times: ["10-23T22:30", "10-24T22:30", "10-25T23:30"] },
  },
];

test.each(zones)("in $zone what is skipped runs once, at the jump, and what comes twice runs once", (one) => {
  for (const { cron, from, times } of [one.skipped, one.doubled]) {
    expect(timesOf(cron, one.zone, from, 3)).toEqual(times.map((time) => `2026-${time}`));
  }
});

test("a skipped hour with several times in it runs once, however they are written", () => {
  for (const minutes of ["0,15,30", "*/10", "0-59", "*", "5-50/15"]) {
    const night = timesOf(`${minutes} 2 * * *`, "Europe/Berlin", "2026-03-28T12:00Z", 2);
    expect([minutes, night[0], night[1]?.slice(0, 10)]).toEqual([minutes, "2026-03-29T01:00", "2026-03-30"]);
  }
  expect(timesOf("0 */2 * * *", "Europe/Berlin", "2026-03-28T22:30Z", 3)).toEqual([
    "2026-03-28T23:00",
    "2026-03-29T01:00",
    "2026-03-29T02:00",
  ]);
});

test("a doubled hour with several times in it runs each of them once", () => {
  expect(timesOf("*/30 1-3 * * *", "Europe/Berlin", "2026-10-24T12:00Z", 7)).toEqual([
    ...["2026-10-24T23:00", "2026-10-24T23:30", "2026-10-25T00:00", "2026-10-25T00:30"],
    ...["2026-10-25T02:00", "2026-10-25T02:30", "2026-10-26T00:00"],
  ]);
});

test.each(zones)("in $zone what is for every hour goes by the hours that pass, the whole year round", ({ zone }) => {
  // Where the clock moves by half an hour, an hour on it may be half an hour away, or one and a half.
  const allowed = zone === "Australia/Lord_Howe" ? [hour / 2, hour, 1.5 * hour] : [hour];
  for (const hours of ["*", "*/1", "0-23"]) {
    const { next } = createRecurrence({ cron: `10 ${hours} * * *`, timeZone: zone });
    let last = next(at("2026-01-01T00:00Z")) ?? 0;
    const steps = new Set<number>();
    while (last < at("2027-01-01T00:00Z")) {
      const then = next(last) ?? 0;
      steps.add(then - last);
      last = then;
    }
    expect([...steps].filter((step) => !allowed.includes(step))).toEqual([]);
  }
});

test.each(zones)("in $zone a time of the day comes once on every day of the year", ({ zone }) => {
  for (const cron of ["30 1 * * *", "15 2 * * *", "0 0 * * *", "45 23 * * *"]) {
    const { next } = createRecurrence({ cron, timeZone: zone });
    const dates = new Set<string>();
    let times = 0;
    for (let last = next(at("2026-01-01T12:00Z")); last !== null && last < at("2027-01-01T12:00Z"); last = next(last)) {
      dates.add(new Date(last).toLocaleDateString("sv", { timeZone: zone }));
      times += 1;
    }
    expect([cron, dates.size, times]).toEqual([cron, 365, 365]);
  }
});

test("the last time before now is found at once, however often it came meanwhile", () => {
  const everySecond = createRecurrence({ cron: "* * * * * *", timeZone: "UTC" });
  const from = at("2026-01-01T00:00Z");
  const began = performance.now();
  expect(everySecond.latest(from, from + 30 * day + 700)).toBe(from + 30 * day);
  expect(performance.now() - began).toBeLessThan(1_000);
  const mornings = createRecurrence({ cron: "0 9 * * MON-FRI", timeZone: "Europe/Berlin" });
  expect(mornings.latest(from, at("2026-01-05T07:59:59.999Z"))).toBe(at("2026-01-02T08:00Z"));
  expect(mornings.latest(from, at("2026-01-05T08:00Z"))).toBe(at("2026-01-05T08:00Z"));
  expect(mornings.latest(at("2026-01-02T08:00Z"), at("2026-01-05T07:00Z"))).toBeNull();
  expect(mornings.latest(from, from - hour)).toBeNull();
});

test("what lies between two seconds belongs to the one that has begun", () => {
  const { next } = createRecurrence({ cron: "0 9 * * *", timeZone: "UTC" });
  const nine = at("2026-05-05T09:00Z");
  expect([next(nine - 1), next(nine), next(nine + 500)]).toEqual([nine, nine + day, nine + day]);
  const six = createRecurrence({ cron: "*/20 0 9 * * *", timeZone: "UTC" });
  expect(six.next(nine)).toBe(nine + 20 * second);
  expect(six.next(nine + minute)).toBe(nine + day);
});

test("what is no pattern or no zone is refused with a sentence, what never comes has no time", () => {
  const wrong = ["", "* * * *", "60 * * * *", "a b c d e", "* * * * * * 2027", "5/10 * * * *", "2026-05-05T00:00:00"];
  for (const cron of [...wrong, "@daily", "* * 0 * *", "30-10 * * * *"]) {
    expect(() => checkPattern({ cron, timeZone: "UTC" })).toThrow("no cron pattern of five or six fields");
  }
  expect(() => checkPattern({ cron: "0 9 * * *", timeZone: "Mars/Phobos" })).toThrow("no such time zone");
  for (const cron of ["0 9 * * MON#1", " 0  9 L * * ", "*/5 * * * * *", "? ? * * *"])
    checkPattern({ cron, timeZone: "UTC" });
  expect(createRecurrence({ cron: "0 0 30 2 *", timeZone: "UTC" }).next(0)).toBeNull();
});
