import { expect, test } from "bun:test";
import {
  type Campaign,
  hasFailedTooOften,
  optOutWordIn,
  plainWord,
  speedOf,
  usualOptOutWords,
} from "../../src/core/campaign.ts";

const counts = { total: 100, queued: 0, sent: 0, failed: 0, skipped: 0 };
const before = { sentBefore: 0, failedBefore: 0, skippedBefore: 0 };
const campaign = (more: Partial<Campaign>): Campaign => ({
  ...{ id: 1, accountId: 1, name: null, state: "running", reason: null, columns: [], upload: 0, isUploading: false },
  ...{ settings: { gapMs: null, window: null, stopAfter: { percent: 30, atLeast: 5 }, optOutWords: null } },
  ...{ duplicates: 0, startAt: null, createdAt: 0, updatedAt: 0, startedAt: 0, resumedAt: 0, endedAt: null },
  ...counts,
  ...before,
  ...more,
});

test("it stops at its share of failures, not before so many, and counts from where it was last set going", () => {
  expect(hasFailedTooOften(campaign({ failed: 4 }))).toBe(false);
  expect(hasFailedTooOften(campaign({ failed: 5, sent: 11 }))).toBe(true);
  expect(hasFailedTooOften(campaign({ failed: 5, sent: 12 }))).toBe(false);
  expect(hasFailedTooOften(campaign({ failed: 9, failedBefore: 5 }))).toBe(false);
  expect(hasFailedTooOften(campaign({ failed: 10, failedBefore: 5, sent: 50, sentBefore: 50 }))).toBe(true);
  const never = { gapMs: null, window: null, stopAfter: null, optOutWords: null };
  expect(hasFailedTooOften(campaign({ failed: 100, settings: never }))).toBe(false);
});

test("its speed is that since it was last set going, and nothing is said before there is any", () => {
  expect(speedOf(campaign({}), 60_000)).toEqual({ perMinute: null, endsAt: null });
  expect(speedOf(campaign({ sent: 20 }), 60_000)).toEqual({ perMinute: 20, endsAt: 300_000 });
  expect(speedOf(campaign({ sent: 60, sentBefore: 50, resumedAt: 60_000 }), 120_000)).toEqual({
    perMinute: 10,
    endsAt: 360_000,
  });
  expect(speedOf(campaign({ sent: 20, state: "paused" }), 60_000).perMinute).toBeNull();
});

test("a word is a word however it is written, and a sentence is none", () => {
  expect([" Stop!", "STOP", "stop.", "«stop»"].map(optOutWordIn)).toEqual(["STOP", "STOP", "STOP", "STOP"]);
  expect(optOutWordIn("opt-out")).toBe("OPT OUT");
  expect(optOutWordIn("Bitte   ABMELDEN")).toBe("BITTE ABMELDEN");
  expect([optOutWordIn(""), optOutWordIn("👋".repeat(60)), optOutWordIn("x".repeat(41))]).toEqual([null, null, null]);
  const all = new Set(usualOptOutWords.map(plainWord));
  expect(
    ["stop", "Abmelden", "baja", "désabonner", "арret", "стоп", "रोकें", "退订"].map((word) => all.has(plainWord(word))),
  ).toEqual([...[true, true, true, true, false, true, true, true]]);
  expect(all.size).toBe(usualOptOutWords.length);
});
