// Whose turn it is, with receivers that are quick, slow or silent; nothing here is sent.
import { expect, test } from "bun:test";
import { day, hour, minute, second } from "../../../src/core/clock.ts";
import { createHealth, type Health } from "../../../src/jobs/webhooks/health.ts";
import { createTurns } from "../../../src/jobs/webhooks/turns.ts";
import { createTestClock } from "../../support/clock.ts";
import { until } from "../../support/until.ts";

/** Each has as much to tell as it is given; what is begun ends when it is told to. */
type Kinds = { hanging?: (id: number) => boolean; hangMs?: number };
function startTurns(slowMs: number, { hanging = () => false, hangMs = minute }: Kinds = {}) {
  const work = new Map<number, number>();
  const under: { id: number; at: number; left(): void }[] = [];
  const begun: number[] = [];
  const turns = createTurns({
    slowMs,
    hangMs,
    isSlow: (id) => hanging(id) && begun.includes(id),
    begin(id, left) {
      const rest = work.get(id) ?? 0;
      if (rest === 0) return false;
      work.set(id, rest - 1);
      begun.push(id);
      under.push({ id, at: performance.now(), left });
      return true;
    },
  });
  return {
    ...{ turns, begun, under },
    give(id: number, count: number) {
      work.set(id, count);
      turns.offer(id, false);
    },
    end(which: (id: number, at: number) => boolean) {
      const ended = under.filter(({ id, at }) => which(id, at));
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

test("hundreds that are new and all hang at once do not keep those waiting who were quick before", async () => {
  const hanging = (id: number) => id >= 100;
  const story = startTurns(20, { hanging });
  for (let id = 0; id < 10; id++) story.give(id, 1);
  story.turns.go();
  story.end((id) => !hanging(id));
  for (let id = 100; id < 700; id++) story.give(id, 5);
  story.turns.go();
  await until("as many to hang as may", () => story.turns.count() === 256, 10_000);
  for (let round = 0; round < 5; round++) {
    for (let id = 0; id < 10; id++) story.give(id, 1);
    story.turns.go();
    await until("ten to have their turn", () => story.under.filter(({ id }) => !hanging(id)).length === 10);
    story.end((id) => !hanging(id));
  }
  expect(story.under.filter(({ id }) => hanging(id))).toHaveLength(256);
  // Nobody knows yet how one is who is new as well.
  story.give(50, 1);
  story.turns.go();
  expect(story.begun).not.toContain(50);
  story.end(() => true);
  await until("the last to have its turn", () => {
    story.end(() => true);
    return story.begun.includes(50);
  });
  story.end(() => true);
  for (let id = 0; id < 700; id++) story.turns.forget(id);
  story.end(() => true);
  expect(story.turns.count()).toBe(0);
});

test("those who hang every time have few places, and none of those who only take their time", async () => {
  // Number 5 answers, but slowly; the others do not.
  const story = startTurns(20, { hanging: () => true, hangMs: 60 });
  /** Their time is over. */
  const giveUp = () => {
    const ago = performance.now() - 80;
    story.end((_id, at) => at < ago);
  };
  for (let id = 100; id < 200; id++) story.give(id, 1_000);
  story.turns.go();
  await until(
    "nobody of them to be anywhere but where those are who hang",
    () => {
      giveUp();
      return story.begun.length > 300 && story.turns.count() === 16;
    },
    20_000,
  );
  for (let round = 0; round < 3; round++) {
    story.give(5, 1);
    story.turns.go();
    expect(story.under.filter(({ id }) => id === 5)).toHaveLength(1);
    await Bun.sleep(30);
    story.end((id) => id === 5);
  }
  // And each of them has its turn.
  const before = story.begun.length;
  await until(
    "all of them to have been asked",
    () => {
      giveUp();
      return new Set(story.begun.slice(before).filter((id) => id !== 5)).size === 100;
    },
    20_000,
  );
  expect(story.turns.count()).toBe(16);
}, 40_000);

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

test("what had failed for long before the start and fails again rests at once, and nobody else does", () => {
  const clock = createTestClock();
  const again = (since: number | null) => {
    const health = createHealth(clock, since);
    health.failed({ at: clock.now(), durationMs: 5, wasAnswered: true, restMs: null });
    return ((health.restsUntil() ?? clock.now()) - clock.now()) / second;
  };
  expect([again(null), again(clock.now() - 9 * minute), again(clock.now() - hour)]).toEqual([0, 0, 10]);
});

test("five days without a delivery are no end while nobody has tried for long", () => {
  const clock = createTestClock();
  const fails = (health: Health, after: number) => {
    clock.advance(after);
    health.failed({ at: clock.now(), durationMs: 5, wasAnswered: true, restMs: null });
    return health.isGivenUp(clock.now());
  };
  // The gateway was off for a week.
  const back = createHealth(clock, clock.now() - 7 * day);
  expect([fails(back, 0), fails(back, 10 * second), fails(back, 30 * minute), fails(back, 30 * minute)]).toEqual([
    ...[false, false, false, true],
  ]);
  back.delivered(5);
  expect([back.isGivenUp(clock.now()), fails(back, 5 * day)]).toEqual([false, false]);
  // There was nothing to tell for a week.
  const rare = createHealth(clock, null);
  expect([fails(rare, 0), fails(rare, 7 * day), fails(rare, 43 * minute), fails(rare, 20 * minute)]).toEqual([
    ...[false, false, false, true],
  ]);
  // Tried once a day.
  const daily = createHealth(clock, null);
  expect(Array.from({ length: 6 }, (_, n) => fails(daily, n === 0 ? 0 : day))).toEqual([
    ...[false, false, false, false, false, true],
  ]);
});
