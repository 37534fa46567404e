// Whose turn it is, with receivers that are quick, slow or silent; nothing here is sent.
import { expect, test } from "bun:test";
import { minute, second } from "../../../src/core/clock.ts";
import { createHealth } from "../../../src/jobs/webhooks/health.ts";
import { createTurns } from "../../../src/jobs/webhooks/turns.ts";
import { createTestClock } from "../../support/clock.ts";
import { until } from "../../support/until.ts";

/** Each has as much to tell as it is given; what is begun ends when it is told to. */
function startTurns(slowMs: number, { hanging = () => false }: { hanging?: (id: number) => boolean } = {}) {
  const work = new Map<number, number>();
  const under: { id: number; left(): void }[] = [];
  const begun: number[] = [];
  const turns = createTurns({
    slowMs,
    isSlow: (id) => hanging(id) && begun.includes(id),
    begin(id, left) {
      const rest = work.get(id) ?? 0;
      if (rest === 0) return false;
      work.set(id, rest - 1);
      begun.push(id);
      under.push({ id, left });
      return true;
    },
  });
  return {
    ...{ turns, begun, under },
    give(id: number, count: number) {
      work.set(id, count);
      turns.offer(id, false);
    },
    end(which: (id: number) => boolean) {
      const ended = under.filter(({ id }) => which(id));
      for (const one of ended) {
        under.splice(under.indexOf(one), 1);
        one.left();
      }
      turns.go();
    },
  };
}

test("everybody comes once before anybody comes twice", () => {
  const story = startTurns(minute);
  for (let id = 0; id < 10; id++) story.give(id, id === 0 ? 1_000 : 3);
  story.turns.go();
  expect(story.begun.slice(0, 20)).toEqual([
    ...Array.from({ length: 10 }, (_, id) => id),
    ...Array.from({ length: 10 }, (_, id) => id),
  ]);
  expect(story.turns.count()).toBe(64);
  story.end(() => true);
  expect(story.turns.count()).toBe(64);
});

test("a hundred that never answer keep nobody's place", async () => {
  const hanging = (id: number) => id >= 900;
  const story = startTurns(20, { hanging });
  for (let id = 0; id < 1_000; id++) story.give(id, 100);
  story.turns.go();
  const quick = () => story.begun.filter((id) => !hanging(id)).length;
  await until(
    "ten thousand of the others",
    () => {
      story.end((id) => !hanging(id));
      return quick() > 10_000;
    },
    10_000,
  );
  // Found out, they have their own few places; and however many find out something at once, there is an end to it.
  expect(story.turns.count()).toBeLessThanOrEqual(256);
  const before = story.begun.filter(hanging).length;
  story.end((id) => !hanging(id));
  expect(story.begun.filter(hanging).length - before).toBeLessThanOrEqual(16);
  story.end(() => true);
  story.end(() => true);
});

test("a receiver is trusted with more the longer it takes everything, and with one at a time when it fails", () => {
  const clock = createTestClock();
  const health = createHealth(clock, null);
  const limits = Array.from({ length: 6 }, () => {
    const now = health.limit();
    health.delivered(5);
    return now;
  });
  expect(limits).toEqual([1, 2, 4, 8, 10, 10]);
  const failure = { at: clock.now(), durationMs: 5, wasAnswered: true, restMs: null };
  health.failed(failure);
  expect([health.limit(), health.isSlow(), health.restsUntil(), health.failingSince()]).toEqual([
    1,
    false,
    null,
    clock.now(),
  ]);
  health.failed({ ...failure, wasAnswered: false });
  expect(health.isSlow()).toBe(true);
  health.delivered(5);
  expect([health.isSlow(), health.failingSince()]).toEqual([false, null]);
});

test("a receiver that fails for long is left alone, longer each time, until it takes something", () => {
  const clock = createTestClock();
  const health = createHealth(clock, null);
  const fail = () => health.failed({ at: clock.now(), durationMs: 5, wasAnswered: true, restMs: null });
  for (let n = 0; n < 60; n++) fail();
  expect(health.restsUntil()).toBeNull();
  const rests: number[] = [];
  for (let n = 0; n < 7; n++) {
    clock.advance(minute);
    fail();
    rests.push(((health.restsUntil() ?? clock.now()) - clock.now()) / second);
    clock.advance(5 * minute);
    expect(health.restsUntil()).toBeNull();
  }
  expect(rests).toEqual([10, 20, 40, 80, 160, 300, 300]);
  health.delivered(5);
  fail();
  expect(health.restsUntil()).toBeNull();
});
