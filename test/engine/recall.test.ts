// What is kept in mind of what was read: no read twice, nothing that has changed, and not too much.
import { expect, test } from "bun:test";
import { createRecall } from "../../src/engine/signal/recall.ts";

function recallOf(keeps?: (value: string | null) => boolean) {
  const disk = new Map<string, string | null>([["a", "1"]]);
  const reads: string[] = [];
  const read = (name: string) => {
    reads.push(name);
    return disk.get(name) ?? null;
  };
  const recall = createRecall({ read, most: 2, ...(keeps === undefined ? {} : { keeps }) });
  return { disk, reads, recall };
}

test("what was read is not read again until it is forgotten", () => {
  const { disk, reads, recall } = recallOf();
  expect([recall.get("a"), recall.get("a"), recall.get("b"), recall.get("b")]).toEqual(["1", "1", null, null]);
  expect(reads).toEqual(["a", "b"]);
  disk.set("a", "2");
  recall.forget("a");
  expect(recall.get("a")).toBe("2");
});

test("what is not to be kept is read each time", () => {
  const { disk, recall } = recallOf((value) => value !== null);
  expect(recall.get("b")).toBeNull();
  disk.set("b", "2");
  expect(recall.get("b")).toBe("2");
});

test("no more than so many are kept: the oldest go", () => {
  const { reads, recall } = recallOf();
  for (const name of ["a", "b", "c", "c", "b", "a"]) recall.get(name);
  expect(reads).toEqual(["a", "b", "c", "a"]);
});
