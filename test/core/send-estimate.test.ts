import { expect, test } from "bun:test";
import { day, hour, minute, second } from "../../src/core/clock.ts";
import { noBrakes, rulesOf, type Standing } from "../../src/core/pacing.ts";
import { estimateSends } from "../../src/core/send-estimate.ts";
import { type SessionSettings, usualSettings } from "../../src/core/session.ts";

/** Noon in Vienna. */
const now = Date.parse("2026-01-10T11:00:00Z");
const quietHours = { from: "22:00", to: "07:00", timeZone: "Europe/Vienna" };
const standing = (settings: Partial<SessionSettings>, more: Partial<Standing> = {}): Standing => ({
  rules: rulesOf({ settings: { ...usualSettings, ...settings }, linkedAt: now }),
  brakes: noBrakes,
  reached: [],
  now,
  ...more,
});
const lasts = (cold: number, warm: number, where: Standing, textLength = 0) =>
  estimateSends({ cold, warm, textLength }, where).lastsMs;

test("a burst takes no time, what follows a fifth of a second each, and without pacing nothing does", () => {
  expect(lasts(0, 0, standing({}))).toBe(0);
  expect(lasts(0, 30, standing({}))).toBe(0);
  expect(lasts(500, 530, standing({}))).toBe(200 * second);
  expect(lasts(500, 530, standing({ pacing: "off" }))).toBe(0);
});

test("typing takes its time in twenty chats at once", () => {
  expect(lasts(0, 1_030, standing({ typing: "on" }), 125)).toBe(400 * second);
  expect(lasts(0, 1_030, standing({ typing: "on" }), 10)).toBe(200 * second);
  expect(lasts(0, 1_000, standing({ typing: "on", pacing: "off" }), 125)).toBe(400 * second);
});

test("strangers take as many days as the quota wants, those known no longer than before", () => {
  const where = standing({ coldContactsPerDay: 50 });
  expect(lasts(50, 0, where)).toBe(4 * second);
  expect(lasts(51, 0, where)).toBe(day);
  expect(lasts(500, 0, where)).toBe(9 * day);
  expect(lasts(0, 500, where)).toBe(94 * second);
  const reached = Array.from({ length: 50 }, () => now - 4 * hour);
  const later = estimateSends({ cold: 50, warm: 0 }, { ...where, reached });
  expect(later).toEqual({
    startsAt: now + 20 * hour,
    endsAt: now + 20 * hour + 4 * second,
    lastsMs: 20 * hour + 4 * second,
  });
});

test("a number that warms up takes them as the curve grows: 10, 15, 22, 33", () => {
  const where = standing({ warmUp: "on", coldContactsPerDay: 1_000 });
  const days = [10, 25, 26, 47, 48, 80].map((people) => Math.floor(lasts(people, 0, where) / day));
  expect(days).toEqual([0, 1, 2, 2, 3, 3]);
});

test("nights are left out, and the brakes are waited for", () => {
  const where = standing({ quietHours });
  // Ten hours until 22:00, and one more hour after 07:00.
  expect(lasts(0, 30 + (11 * hour) / 200, where)).toBe(20 * hour);
  const night = estimateSends({ cold: 0, warm: 10 }, { ...where, now: now + 12 * hour });
  expect([night.startsAt, night.endsAt]).toEqual([now + 19 * hour, now + 19 * hour]);
  const braked = standing({}, { brakes: { coldUntil: now + hour, allUntil: now + minute, pauses: 1 } });
  expect([lasts(5, 0, braked), lasts(0, 5, braked)]).toEqual([hour, minute]);
});

test("a hundred thousand strangers are reckoned up at once", () => {
  const began = performance.now();
  expect(lasts(100_000, 0, standing({ coldContactsPerDay: 1_000, quietHours, warmUp: "on" }))).toBeGreaterThan(
    100 * day,
  );
  expect(performance.now() - began).toBeLessThan(2_000);
});
