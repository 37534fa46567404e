import { expect, test } from "bun:test";
import { day, hour, minute, second } from "../../src/core/clock.ts";
import { type RetryPlan, retryAfter, retryDelay } from "../../src/core/retry.ts";

const now = Date.parse("2026-11-20T09:00:00Z");
const delays = (plan: RetryPlan, random: number) => {
  const all: number[] = [];
  for (let tries = 1; ; tries++) {
    const delay = retryDelay(plan, tries, random);
    if (delay === null) return all;
    all.push(delay);
  }
};

test("by default there are five more attempts, after 10 s, 30 s, 2, 10 and 30 minutes", () => {
  const usual = [10 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute];
  expect(delays("default", 0.5)).toEqual(usual);
  expect(delays("default", 0)).toEqual(usual.map((ms) => 0.9 * ms));
  expect(delays("default", 1)).toEqual(usual.map((ms) => Math.round(1.1 * ms)));
});

test("the patient try for three days, and most of the time not further apart than six hours", () => {
  const all = delays("patient", 0.5);
  expect(all.slice(0, 5)).toEqual(delays("default", 0.5));
  const sum = all.reduce((total, ms) => total + ms, 0);
  expect(sum).toBeGreaterThan(2.9 * day);
  expect(sum).toBeLessThan(3.1 * day);
  expect(Math.max(...all)).toBe(6 * hour);
});

test("a list is seconds, one after the other, and none is none", () => {
  expect(delays([1, 60], 0.5)).toEqual([second, minute]);
  expect(delays([100], 1)).toEqual([110 * second]);
  expect(delays([], 0.5)).toEqual([]);
});

test("a receiver's own word is understood in all its forms", () => {
  expect(retryAfter("120", now)).toBe(2 * minute);
  expect(retryAfter(" 0 ", now)).toBe(0);
  expect(retryAfter("Fri, 20 Nov 2026 09:00:30 GMT", now)).toBe(30 * second);
  expect(retryAfter("Friday, 20-Nov-26 09:00:30 GMT", now)).toBe(30 * second);
  expect(retryAfter("Fri Nov 20 09:00:30 2026", now)).toBe(30 * second);
  expect(retryAfter("Mon Nov  2 09:00:30 2026", now)).toBe(0);
});

test("it is never waited longer than an hour, nor before now, and not at all for what cannot be read", () => {
  expect(retryAfter("86400", now)).toBe(hour);
  expect(retryAfter("999999999999", now)).toBe(hour);
  expect(retryAfter("Fri, 20 Nov 2099 09:00:30 GMT", now)).toBe(hour);
  expect(retryAfter("Sunday, 06-Nov-94 08:49:37 GMT", now)).toBe(0);
  for (const text of ["", "soon", "-5", "1.5", "Fri, 20 Foo 2026 09:00:30 GMT", "1e9", "9999999999999999"])
    expect([text, retryAfter(text, now)]).toEqual([text, null]);
  expect(retryAfter(undefined, now)).toBeNull();
});
