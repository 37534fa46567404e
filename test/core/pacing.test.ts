import { expect, test } from "bun:test";
import { day, hour, minute } from "../../src/core/clock.ts";
import type { Wait } from "../../src/core/message.ts";
import { holdsOf, noBrakes, rulesOf, type Standing, type WaitingMessage, waitFor } from "../../src/core/pacing.ts";
import { type SessionSettings, usualSettings } from "../../src/core/session.ts";
import { typingMs } from "../../src/core/typing.ts";

/** 22:30 in Vienna. */
const now = Date.parse("2026-01-10T21:30:00Z");
const morning = Date.parse("2026-01-11T06:00:00Z");
const quietHours = { from: "22:00", to: "07:00", timeZone: "Europe/Vienna" };

const standing = (settings: Partial<SessionSettings>, more: Partial<Standing> = {}): Standing => ({
  rules: rulesOf({ settings: { ...usualSettings, ...settings }, linkedAt: now - 30 * day }),
  brakes: noBrakes,
  reached: [],
  now,
  ...more,
});
const warm: WaitingMessage = {
  isFirst: true,
  isUrgent: false,
  isCold: false,
  isNew: false,
  heardAt: now - day,
  newBefore: 0,
};
const cold: WaitingMessage = { ...warm, isCold: true, isNew: true, heardAt: null };
const wait = (message: WaitingMessage, where: Standing) => waitFor(message, where, now + 5);
const pacing: Wait = { reason: "pacing", until: now + 5 };

test("with the usual settings nothing is held but by the pace", () => {
  expect(holdsOf(standing({}))).toEqual({ cold: null, fresh: null, quiet: null });
  expect([wait(warm, standing({})), wait(cold, standing({}))]).toEqual([pacing, pacing]);
  expect(wait({ ...warm, isFirst: false }, standing({}))).toEqual({ reason: "order", until: null });
});

test("quiet hours hold what is no answer to somebody who is awake", () => {
  const where = standing({ quietHours });
  expect(holdsOf(where).quiet).toBe(morning);
  const held: Wait = { reason: "quiet_hours", until: morning };
  expect([wait(warm, where), wait(cold, where)]).toEqual([held, held]);
  expect(wait({ ...warm, heardAt: now - 59 * minute }, where)).toEqual(pacing);
  expect(wait({ ...warm, heardAt: now - hour }, where)).toEqual(held);
  expect(wait({ ...cold, isUrgent: true }, where)).toEqual(pacing);
});

test("an answer that has to wait for something else is none any more by then", () => {
  const where = standing({ quietHours }, { brakes: { ...noBrakes, allUntil: now + 20 * minute } });
  expect(wait({ ...warm, heardAt: now - 10 * minute }, where)).toEqual({
    reason: "rate_limited",
    until: now + 20 * minute,
  });
  expect(wait({ ...warm, heardAt: now - 50 * minute }, where)).toEqual({ reason: "quiet_hours", until: morning });
});

test("the quota holds those who are new, each until its place in the line", () => {
  const where = standing({ coldContactsPerDay: 2 }, { reached: [now - 3 * hour, now - 2 * hour] });
  expect(holdsOf(where).fresh).toBe(now - 3 * hour + day);
  expect(wait(cold, where)).toEqual({ reason: "cold_quota", until: now - 3 * hour + day });
  expect(wait({ ...cold, newBefore: 1 }, where)).toEqual({ reason: "cold_quota", until: now - 2 * hour + day });
  expect(wait({ ...cold, newBefore: null }, where)).toEqual({ reason: "cold_quota", until: null });
  expect(wait({ ...cold, isNew: false }, where)).toEqual(pacing);
  expect(wait({ ...cold, isUrgent: true }, where)).toEqual(pacing);
  expect(wait(warm, where)).toEqual(pacing);
  const free = standing({ coldContactsPerDay: 2 });
  expect(wait({ ...cold, newBefore: 1 }, free)).toEqual(pacing);
  expect(wait({ ...cold, newBefore: 2 }, free)).toEqual({ reason: "cold_quota", until: now + day });
});

test("a turn that comes at night comes in the morning, and what holds longest is what is told", () => {
  const reached = [now - day + 2 * hour];
  const where = standing({ coldContactsPerDay: 1, quietHours }, { reached });
  expect(wait(cold, where)).toEqual({ reason: "cold_quota", until: morning });
  expect(wait(cold, standing({ coldContactsPerDay: 1, quietHours }))).toEqual({
    reason: "quiet_hours",
    until: morning,
  });
  const braked = standing({ quietHours }, { brakes: { ...noBrakes, coldUntil: now + hour } });
  expect(wait(cold, braked)).toEqual({ reason: "quiet_hours", until: morning });
});

test("WhatsApp's own brakes hold what is urgent too; 463 strangers alone, and nobody where nothing is paced", () => {
  const brakes = { coldUntil: now + hour, allUntil: null, pauses: 0 };
  const held: Wait = { reason: "reach_out_limit", until: now + hour };
  expect(wait({ ...cold, isUrgent: true }, standing({}, { brakes }))).toEqual(held);
  expect(wait({ ...cold, isNew: false }, standing({}, { brakes }))).toEqual(held);
  expect(wait(warm, standing({}, { brakes }))).toEqual(pacing);
  expect(holdsOf(standing({ pacing: "off" }, { brakes })).cold).toBeNull();
  expect(wait(cold, standing({ pacing: "off" }, { brakes }))).toEqual(pacing);
  const all = { coldUntil: null, allUntil: now + minute, pauses: 1 };
  expect(wait({ ...warm, isUrgent: true }, standing({ pacing: "off" }, { brakes: all }))).toEqual({
    reason: "rate_limited",
    until: now + minute,
  });
});

test("typing takes as long as the text, unevenly, and never less than a second or more than eight", () => {
  const text = (length: number, random?: number) => typingMs({ kind: "text", length, seconds: null }, random);
  expect([text(0), text(50), text(10_000)]).toEqual([1_000, 3_500, 8_000]);
  expect([text(50, 0), text(50, 1)]).toEqual([2_625, 4_375]);
  expect(typingMs({ kind: "voice", length: 0, seconds: 5 })).toBe(5_000);
  expect(typingMs({ kind: "voice", length: 0, seconds: null })).toBe(1_000);
});
