// The short way to the database says the same as Drizzle's own.
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { eq, sql } from "drizzle-orm";
import { flag, jsonOf, oneOf, rowId, table, words } from "../../src/store/columns.ts";
import { handleOf } from "../../src/store/database.ts";
import { straight, straightRun } from "../../src/store/straight.ts";

const things = table("things", {
  id: rowId(),
  name: words("name"),
  isNew: flag("is_new"),
  kind: oneOf("kind", ["small", "large"]),
  more: jsonOf<{ a: number }>("more"),
});

function open() {
  const client = new Database(":memory:", { strict: true });
  client.run("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, is_new INTEGER, kind INTEGER, more TEXT)");
  const db = handleOf(client);
  const slot = sql.placeholder;
  const insert = straight(
    db
      .insert(things)
      .values({ name: slot("name"), isNew: slot("isNew"), kind: slot("kind"), more: slot("more") })
      .returning({ id: things.id })
      .prepare(),
    { id: things.id },
  );
  return { db, insert };
}

test("what goes in is spelled as the column wants it, and comes back as it was", async () => {
  const { db, insert } = open();
  const one = { name: "one", isNew: true, kind: "large", more: { a: 1 } };
  const none = { name: null, isNew: null, kind: null, more: null };
  expect([insert(one), insert(none)]).toEqual([[{ id: 1 }], [{ id: 2 }]]);
  expect(await db.select().from(things)).toEqual([
    { id: 1, ...one, kind: "large" as const },
    { id: 2, ...none },
  ]);
});

test("a statement that gives nothing back says how many rows it changed; constants stay where they were", () => {
  const { db, insert } = open();
  for (const name of ["one", "two"]) insert({ name, isNew: true, kind: "small", more: null });
  const rename = straightRun(
    db
      .update(things)
      .set({ name: "three", isNew: false, kind: sql`${sql.param(sql.placeholder("kind"), things.kind)}` })
      .where(eq(things.name, sql.placeholder("name")))
      .prepare(),
  );
  expect(rename({ name: "two", kind: "large" })).toBe(1);
  expect(rename({ name: "nobody", kind: "large" })).toBe(0);
  const found = straight(
    db
      .select()
      .from(things)
      .where(eq(things.id, sql.placeholder("id")))
      .prepare(),
    { id: things.id, name: things.name, isNew: things.isNew, kind: things.kind, more: things.more },
  );
  expect(found({ id: 2 })).toEqual([{ id: 2, name: "three", isNew: false, kind: "large", more: null }]);
});
