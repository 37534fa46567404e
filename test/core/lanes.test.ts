import { expect, test } from "bun:test";
import { createLanes } from "../../src/core/lanes.ts";

test("what concerns the same thing is done in order, and other things do not wait for it", async () => {
  const inTurn = createLanes<string>();
  const done: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = inTurn("a", async () => {
    await gate.promise;
    done.push("a1");
  });
  const second = inTurn("a", async () => void done.push("a2"));
  await inTurn("b", async () => void done.push("b1"));
  expect(done).toEqual(["b1"]);
  gate.resolve();
  await Promise.all([first, second]);
  expect(done).toEqual(["b1", "a1", "a2"]);
});

test("what fails is told to whoever asked for it, and what comes after it is done all the same", async () => {
  const inTurn = createLanes<number>();
  const failing = inTurn(1, async () => {
    throw new Error("no luck");
  });
  const after = inTurn(1, async () => "done");
  await expect(failing).rejects.toThrow("no luck");
  expect(await after).toBe("done");
});
