// The days by which messages are counted, over changes of the clock and of the place.
import { expect, test } from "bun:test";
import { day, hour, isoTime, minute } from "../../src/core/clock.ts";
import { allowanceOf, type SendDay, sendDay } from "../../src/core/send-day.ts";
import { dateText, localDay, readTimeZone } from "../../src/core/wall-clock.ts";

const at = (text: string) => Date.parse(text);
const shown = ({ date, begins, ends }: { date: number; begins: number; ends: number }) => [
  dateText(date),
  isoTime(begins),
  isoTime(ends),
  (ends - begins) / hour,
];

test("a day is as long as it is where it is: 23 hours in spring, 25 in autumn, and 24.5 on Lord Howe", () => {
  expect(shown(localDay("UTC", at("2026-11-20T23:59:59.999Z")))).toEqual([
    ...["2026-11-20", "2026-11-20T00:00:00.000Z", "2026-11-21T00:00:00.000Z", 24],
  ]);
  expect(shown(localDay("Europe/Berlin", at("2026-03-29T12:00:00Z")))).toEqual([
    ...["2026-03-29", "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z", 23],
  ]);
  expect(shown(localDay("America/New_York", at("2026-11-01T12:00:00Z")))).toEqual([
    ...["2026-11-01", "2026-11-01T04:00:00.000Z", "2026-11-02T05:00:00.000Z", 25],
  ]);
  expect(shown(localDay("Australia/Lord_Howe", at("2026-04-05T00:00:00Z")))[3]).toBe(24.5);
});

test("where midnight is left out the day begins an hour later, and where it comes twice, the first time", () => {
  // Cairo puts the clock from 24:00 to 1:00, and from 24:00 back to 23:00.
  expect(shown(localDay("Africa/Cairo", at("2026-04-24T12:00:00Z")))).toEqual([
    ...["2026-04-24", "2026-04-23T22:00:00.000Z", "2026-04-24T21:00:00.000Z", 23],
  ]);
  expect(shown(localDay("Africa/Cairo", at("2026-10-29T20:30:00Z")))).toEqual([
    ...["2026-10-29", "2026-10-28T21:00:00.000Z", "2026-10-29T22:00:00.000Z", 25],
  ]);
  // Havana from 1:00 back to 0:00.
  expect(shown(localDay("America/Havana", at("2026-11-01T12:00:00Z")))).toEqual([
    ...["2026-11-01", "2026-11-01T04:00:00.000Z", "2026-11-02T05:00:00.000Z", 25],
  ]);
  // St. John's once put it back a minute after midnight, into the day before.
  const again = localDay("America/St_Johns", at("2010-11-07T03:00:00Z"));
  expect(again.ends).toBeGreaterThan(at("2010-11-07T03:00:00Z"));
});

test("days follow each other without a gap, for two years in every kind of zone", () => {
  const zones = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Africa/Cairo",
    "America/Havana",
    "Asia/Kathmandu",
  ];
  for (const zone of [...zones, "Pacific/Apia", "Pacific/Chatham", "America/Santiago", "Asia/Gaza"]) {
    let now = localDay(zone, at("2026-01-01T12:00:00Z"));
    for (let n = 0; n < 730; n++) {
      const next = localDay(zone, now.ends);
      expect([next.date, next.begins]).toEqual([now.date + 1, now.ends]);
      expect(localDay(zone, now.ends - 1)).toEqual(now);
      now = next;
    }
  }
});

test("zones are known by their names, spelt as they are, and not by offsets", () => {
  expect(["europe/berlin", "UTC", "Asia/Kolkata"].map(readTimeZone)).toEqual(["Europe/Berlin", "UTC", "Asia/Kolkata"]);
  expect(["+02:00", "-03:30", "Mars/Base", "", "Berlin", "UTC+2"].map(readTimeZone)).toEqual(Array(6).fill(null));
});

test("who moves neither begins a day anew, nor waits for more than one", () => {
  const noon = at("2026-11-20T12:00:00Z");
  const first = sendDay("UTC", noon, null);
  // It is tomorrow in Auckland already, and still the day before in Honolulu.
  for (const zone of ["Pacific/Auckland", "Pacific/Honolulu"]) expect(sendDay(zone, noon, first)).toEqual(first);
  const part = sendDay("Europe/Berlin", first.ends, first);
  expect([part.isPart, part.begins, (part.ends - part.begins) / hour]).toEqual([true, first.ends, 23]);
  expect([100, 5, 1, 0].map((limit) => allowanceOf(limit, part))).toEqual([96, 5, 1, 0]);
  const whole = sendDay("America/New_York", part.ends, part);
  expect([whole.isPart, whole.timeZone, whole.begins]).toEqual([false, "Europe/Berlin", part.ends]);
  expect(allowanceOf(100, whole)).toBe(100);
});

test("a clock that was set back begins no day twice, unless it was far ahead", () => {
  const first = sendDay("UTC", at("2026-11-20T00:00:01Z"), null);
  expect(sendDay("UTC", at("2026-11-19T23:59:59Z"), first)).toEqual(first);
  expect(sendDay("UTC", at("2026-10-01T12:00:00Z"), first).begins).toBe(at("2026-10-01T00:00:00Z"));
});

test("whatever way somebody moves, there are no more messages than days", () => {
  const zones = ["Pacific/Kiritimati", "Asia/Kathmandu", "Europe/Berlin", "UTC", "America/Noronha", "Etc/GMT+12"];
  const limit = 24;
  let random = 7;
  const next = () => {
    random = (random * 48_271) % 2_147_483_647;
    return random / 2_147_483_647;
  };
  for (let round = 0; round < 20; round++) {
    let now = at("2026-03-20T00:00:00Z") + Math.floor(next() * day);
    const began = now;
    let last: SendDay | null = null;
    let [used, sent, refusedSince] = [0, 0, 0];
    while (now < began + 30 * day) {
      now += Math.floor(next() * 20 * minute);
      const today = sendDay(zones[Math.floor(next() * zones.length)] ?? "UTC", now, last);
      if (today !== last) used = 0;
      if (used < allowanceOf(limit, today)) {
        last = today;
        used += 1;
        sent += 1;
        refusedSince = 0;
      } else if (refusedSince === 0) refusedSince = now;
      else expect(now - refusedSince).toBeLessThanOrEqual(25 * hour);
    }
    const days = (now - began) / day;
    expect(sent).toBeLessThanOrEqual(limit * (days + 1) + days / 2 + 1);
    expect(sent).toBeGreaterThan(limit * (days - 2));
  }
});
