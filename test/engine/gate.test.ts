// How many may dial at a time, in which order, and that nobody is forgotten.
import { expect, test } from "bun:test";
import { createGate } from "../../src/engine/gate.ts";

const never = new AbortController().signal;

/** Lets everything that can go on go on. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Somebody at the gate: whether they are in, how they leave, how they give up. */
function comer(gate: ReturnType<typeof createGate>) {
  const giveUp = new AbortController();
  const one = { isIn: false, leave: () => {}, giveUp: () => giveUp.abort() };
  void gate.enter(giveUp.signal).then((leave) => {
    one.isIn = true;
    one.leave = leave;
  });
  return one;
}

test("only so many are in at a time, and the others follow in the order they came", async () => {
  const gate = createGate(2);
  const comers = Array.from({ length: 5 }, () => comer(gate));
  const inside = () => comers.map(({ isIn }) => isIn);
  await settled();
  expect(inside()).toEqual([true, true, false, false, false]);
  comers[1]!.leave();
  await settled();
  expect(inside()).toEqual([true, true, true, false, false]);
  comers[0]!.leave();
  comers[2]!.leave();
  await settled();
  expect(inside()).toEqual([true, true, true, true, true]);
});

test("whoever leaves twice makes room once", async () => {
  const gate = createGate(1);
  const [first, second, third] = [comer(gate), comer(gate), comer(gate)];
  await settled();
  first.leave();
  first.leave();
  await settled();
  expect([second.isIn, third.isIn]).toEqual([true, false]);
});

test("whoever gives up is let go at once and keeps nobody's place", async () => {
  const gate = createGate(1);
  const [first, second, third] = [comer(gate), comer(gate), comer(gate)];
  await settled();
  second.giveUp();
  await settled();
  expect(second.isIn).toBe(true);
  second.leave();
  await settled();
  expect(third.isIn).toBe(false);
  first.leave();
  await settled();
  expect(third.isIn).toBe(true);
});

test("one that gave up behind another does not make that one wait for ever", async () => {
  const gate = createGate(1);
  const [first, second, third] = [comer(gate), comer(gate), comer(gate)];
  await settled();
  third.giveUp();
  await settled();
  third.leave();
  await settled();
  expect(second.isIn).toBe(false);
  first.leave();
  await settled();
  expect(second.isIn).toBe(true);
});

test("whatever the order of coming, leaving and giving up: never too many, and nobody is left behind", async () => {
  for (let round = 0; round < 50; round++) {
    const most = 1 + (round % 4);
    const gate = createGate(most);
    const comers: ReturnType<typeof comer>[] = [];
    const gone = new Set<ReturnType<typeof comer>>();
    const leave = (one: ReturnType<typeof comer>) => {
      gone.add(one);
      one.leave();
    };
    for (let step = 0; step < 60; step++) {
      const waiting = comers.filter(({ isIn }) => !isIn);
      const inside = comers.filter((one) => one.isIn && !gone.has(one));
      expect(inside.length).toBeLessThanOrEqual(most);
      const act = Math.random();
      if (act < 0.5) comers.push(comer(gate));
      else if (act < 0.75 && inside.length > 0) leave(inside[Math.floor(Math.random() * inside.length)]!);
      else if (waiting.length > 0) {
        const one = waiting[Math.floor(Math.random() * waiting.length)]!;
        one.giveUp();
        await settled();
        leave(one);
      }
      await settled();
    }
    while (gone.size < comers.length) {
      const inside = comers.filter((one) => one.isIn && !gone.has(one));
      expect(inside).not.toBeEmpty();
      for (const one of inside) leave(one);
      await settled();
    }
  }
});

test("one that has given up before it came is not held up", async () => {
  const gate = createGate(1);
  await gate.enter(never);
  const late = new AbortController();
  late.abort();
  expect(typeof (await gate.enter(late.signal))).toBe("function");
});
