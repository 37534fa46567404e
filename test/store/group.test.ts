import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { WaygateError } from "../../src/core/errors.ts";
import { createGroupCommit } from "../../src/store/group.ts";

function open() {
  const client = new Database(":memory:", { strict: true });
  client.run("CREATE TABLE words (word TEXT NOT NULL UNIQUE) STRICT");
  const run = createGroupCommit(client, {
    add: async (word: string) => {
      client.query("INSERT INTO words VALUES (?)").run(word);
      return word.length;
    },
    addThenRefuse: async (word: string) => {
      client.query("INSERT INTO words VALUES (?)").run(word);
      throw new WaygateError("conflict", "not this one");
    },
  });
  const words = () =>
    client
      .query<{ word: string }, []>("SELECT word FROM words ORDER BY word")
      .all()
      .map((row) => row.word);
  return { client, run, words };
}

test("one that fails is undone alone; its siblings are committed", async () => {
  const { run, words } = open();
  const outcomes = await run([
    { name: "add", input: "one" },
    { name: "addThenRefuse", input: "two" },
    { name: "add", input: "one" },
    { name: "nobody", input: null },
    { name: "add", input: "three" },
  ]);
  expect(words()).toEqual(["one", "three"]);
  expect(outcomes.map((outcome) => ("value" in outcome ? outcome.value : outcome.fault.code))).toEqual([
    3,
    "conflict",
    "internal",
    "internal",
    5,
  ]);
});

test("when the disk is full the whole group is refused with a sentence, and once there is room it goes on", async () => {
  const { client, run, words } = open();
  await run([{ name: "add", input: "before" }]);
  const { page_count } = client.query<{ page_count: number }, []>("PRAGMA page_count").get() ?? { page_count: 0 };
  client.run(`PRAGMA max_page_count = ${page_count}`);
  const full = await run([
    { name: "add", input: "small" },
    { name: "add", input: "x".repeat(50_000) },
  ]);
  const codes = full.map((outcome) => ("fault" in outcome ? outcome.fault.code : "kept"));
  expect(codes.at(-1)).toBe("storage_full");
  expect(client.inTransaction).toBe(false);
  expect(words()).toEqual(codes[0] === "kept" ? ["before", "small"] : ["before"]);
  client.run("PRAGMA max_page_count = 100000");
  expect(await run([{ name: "add", input: "after" }])).toEqual([{ value: 5 }]);
});
