// Work that is woken runs once at a time, and again for whoever woke it meanwhile, down to the very last moment.
import { expect, test } from "bun:test";
import { createRounds } from "../../src/core/rounds.ts";

test("one run at a time, and one more for any number of wakes meanwhile", async () => {
  let [runs, atOnce, most] = [0, 0, 0];
  const owned: Promise<void>[] = [];
  const work = async () => {
    runs += 1;
    most = Math.max(most, ++atOnce);
    await Bun.sleep(1);
    atOnce -= 1;
  };
  const rounds = createRounds({ work, isOver: () => false, own: (run) => void owned.push(run) });
  for (let wakes = 0; wakes < 5; wakes++) rounds.wake();
  await Promise.all(owned);
  expect([runs, most, owned.length]).toEqual([2, 1, 1]);
});

test("a wake in the moment in which a run ends is not lost", async () => {
  let runs = 0;
  const owned: Promise<void>[] = [];
  const work = async () => {
    runs += 1;
  };
  const rounds = createRounds({ work, isOver: () => false, own: (run) => void owned.push(run) });
  for (let turns = 0; turns < 20; turns++) {
    const before = runs;
    rounds.wake();
    for (let ticks = 0; ticks < turns; ticks++) await null;
    rounds.wake();
    await Promise.all(owned);
    expect(runs - before).toBeGreaterThan(turns > 2 ? 1 : 0);
  }
});

test("what fails is told to whoever owns the run, and the next wake runs again; when it is over nothing runs", async () => {
  let [runs, isOver] = [0, false];
  const owned: Promise<void>[] = [];
  const work = async () => {
    runs += 1;
    if (runs === 1) throw new Error("no");
  };
  const rounds = createRounds({ work, isOver: () => isOver, own: (run) => void owned.push(run) });
  rounds.wake();
  await expect(owned[0] ?? null).rejects.toThrow("no");
  rounds.wake();
  await owned[1];
  isOver = true;
  rounds.wake();
  expect([runs, owned.length]).toEqual([2, 2]);
});
