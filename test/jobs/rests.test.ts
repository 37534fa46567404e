// Chats rest after a failure, longer each time, and are woken all at once.
import { expect, test } from "bun:test";
import { createRests } from "../../src/jobs/rests.ts";

const clock = { now: () => 1_000_000 };

test("each rest in a row is twice as long, up to a minute, until something goes out", () => {
  const rests = createRests(clock);
  const lengths = Array.from({ length: 7 }, () => {
    rests.begin(1, () => {});
    const until = rests.untilOf(1) ?? 0;
    rests.endAll();
    return until - clock.now();
  });
  expect(lengths).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  rests.forget(1);
  rests.begin(1, () => {});
  expect(rests.untilOf(1)).toBe(clock.now() + 2_000);
  rests.endAll();
});

test("whoever rests is told once that it is over", () => {
  const rests = createRests(clock);
  const over: number[] = [];
  for (const chat of [1, 2]) rests.begin(chat, () => over.push(chat));
  expect([rests.untilOf(1), rests.untilOf(3)]).toEqual([clock.now() + 2_000, null]);
  rests.endAll();
  rests.endAll();
  expect(over).toEqual([1, 2]);
  expect(rests.untilOf(1)).toBeNull();
});
