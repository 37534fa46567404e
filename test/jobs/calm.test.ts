// What changes to and fro: the same is told once, and the rest no faster than it may be, to the last of it.
import { expect, test } from "bun:test";
import { createCalm } from "../../src/jobs/calm.ts";
import { until } from "../support/until.ts";

function start({ pauseMs = 100, lastsMs = null as number | null, most = 100 } = {}) {
  const told: string[] = [];
  const calm = createCalm<string>({ tell: (value) => void told.push(value), pauseMs, lastsMs: () => lastsMs, most });
  return {
    told,
    hear: (states: string, key = "key") => {
      for (const state of states) calm.hear(key, state, key === "key" ? state : `${key}${state}`);
    },
    [Symbol.dispose]: () => calm[Symbol.dispose](),
  };
}

test("the first is told at once, the same again never, and each key stands for itself", () => {
  using calm = start();
  calm.hear("aaaa");
  calm.hear("aa", "other");
  expect(calm.told).toEqual(["a", "othera"]);
});

test("ten thousand changes in a moment are two: the first and the last", async () => {
  using calm = start();
  calm.hear("ab".repeat(5_000));
  expect(calm.told).toEqual(["a"]);
  await until("the last", () => calm.told.length === 2);
  await Bun.sleep(150);
  expect(calm.told).toEqual(["a", "b"]);
});

test("what is as it was told when the pause is over is not told again", async () => {
  using calm = start();
  calm.hear("aba");
  await Bun.sleep(150);
  expect(calm.told).toEqual(["a"]);
  calm.hear("b");
  expect(calm.told).toEqual(["a", "b"]);
});

test("what lasts for a while only is news again after it, unless it was heard meanwhile", async () => {
  using calm = start({ lastsMs: 120 });
  for (let time = 0; time < 4; time++) {
    calm.hear("a");
    await Bun.sleep(50);
  }
  expect(calm.told).toEqual(["a"]);
  await Bun.sleep(150);
  calm.hear("a");
  expect(calm.told).toEqual(["a", "a"]);
});

test("of too many the oldest are forgotten, and nothing is told after the end", async () => {
  using calm = start({ most: 2, pauseMs: 50 });
  for (const key of ["1", "2", "3"]) calm.hear("a", key);
  for (const key of ["3", "1"]) calm.hear("a", key);
  expect(calm.told).toEqual(["1a", "2a", "3a", "1a"]);
  calm.hear("b", "3");
  calm[Symbol.dispose]();
  await Bun.sleep(100);
  expect(calm.told).toHaveLength(4);
});
