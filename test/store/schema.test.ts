import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getTableColumns, getTableName, is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import { silentLog } from "../../src/core/log.ts";
import * as accountTables from "../../src/store/account-tables.ts";
import * as actionTables from "../../src/store/action-tables.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import * as eventConsumers from "../../src/store/event-consumers.ts";
import * as forgettingTables from "../../src/store/forgetting-tables.ts";
import * as mediaTables from "../../src/store/media-tables.ts";
import { migrations, schemaVersion } from "../../src/store/migrations.ts";
import * as pacingTables from "../../src/store/pacing-tables.ts";
import * as scheduleTables from "../../src/store/schedule-tables.ts";
import { upgradeDatabase } from "../../src/store/schema.ts";
import * as signalTables from "../../src/store/signal-tables.ts";
import * as tables from "../../src/store/tables.ts";
import * as webhookTables from "../../src/store/webhook-tables.ts";
import { createFolder } from "../support/folder.ts";

const upgrade = (dataDir: string, list = migrations) =>
  upgradeDatabase({ dataDir, wasLeftOpen: false, now: 0, log: silentLog, migrations: list });

test("every file in migrations/ is embedded, under its own number", () => {
  const folder = join(import.meta.dir, "../../migrations");
  const files = readdirSync(folder).sort();
  expect(migrations.map(({ name }) => `${name}.sql`)).toEqual(files);
  expect(migrations.map(({ version }) => version)).toEqual(files.map((_, index) => index + 1));
  for (const { name, version, sql } of migrations) {
    expect(name.startsWith(String(version).padStart(4, "0"))).toBe(true);
    expect(sql).toBe(readFileSync(join(folder, `${name}.sql`), "utf8"));
  }
});

test("the tables that queries see are those that the migrations make", () => {
  using folder = createFolder();
  upgrade(folder.path);
  const client = new Database(databaseFile(folder.path), { readonly: true });
  const all = {
    ...accountTables,
    ...signalTables,
    ...tables,
    ...mediaTables,
    ...pacingTables,
    ...actionTables,
    ...forgettingTables,
    ...eventConsumers,
    ...webhookTables,
    ...scheduleTables,
  };
  const seen = Object.values(all).filter((table) => is(table, SQLiteTable));
  const made = client
    // Without the search's, which is written and asked in SQL (store/words.ts).
    .query<{ name: string }, []>(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .all();
  expect(seen.map((table): string => getTableName(table)).sort()).toEqual(made.map((row) => row.name).sort());
  for (const table of seen) {
    const columns = client
      .query<{ name: string; type: string; notnull: number; pk: number }, []>(
        `PRAGMA table_info(${getTableName(table)})`,
      )
      .all();
    const shape = columns.map((column) => [column.name, column.type, column.notnull === 1 || column.pk > 0]);
    const mirror = Object.values(getTableColumns(table)).map((column) => [
      column.name,
      column.getSQLType().toUpperCase(),
      column.notNull || column.primary,
    ]);
    expect(mirror.sort()).toEqual(shape.sort());
  }
  client.close();
});

test("a migration that fails leaves the version before it, and the file was copied first", () => {
  using folder = createFolder();
  upgrade(folder.path);
  const broken = {
    version: schemaVersion + 1,
    name: "broken",
    sql: "CREATE TABLE half (id INTEGER); INSERT INTO nowhere VALUES (1);",
  };
  expect(() => upgrade(folder.path, [...migrations, broken])).toThrow("The migration broken failed");
  const client = new Database(databaseFile(folder.path), { readonly: true });
  expect(client.query("PRAGMA user_version").get()).toEqual({ user_version: schemaVersion });
  expect(client.query("SELECT 1 FROM sqlite_schema WHERE name = 'half'").get()).toBeNull();
  client.close();
  expect(readdirSync(join(folder.path, "backups")).filter((name) => name.endsWith(".db"))).toHaveLength(1);
});

test("copies made before migrations are kept to the newest five", () => {
  using folder = createFolder();
  upgrade(folder.path);
  for (let n = 1; n <= 8; n++) {
    const next = { version: schemaVersion + n, name: `step ${n}`, sql: `CREATE TABLE step${n} (id INTEGER);` };
    const client = new Database(databaseFile(folder.path));
    client.run(`PRAGMA user_version = ${schemaVersion}`);
    client.close();
    upgradeDatabase({
      dataDir: folder.path,
      wasLeftOpen: false,
      now: n * 1_000,
      log: silentLog,
      migrations: [...migrations, next],
    });
  }
  expect(readdirSync(join(folder.path, "backups")).filter((name) => name.endsWith(".db"))).toHaveLength(5);
});

test("a newer schema, a stranger's database and a file that is none are refused untouched", () => {
  using folder = createFolder();
  const file = databaseFile(folder.path);
  upgrade(folder.path);
  const own = new Database(file);
  own.run(`PRAGMA user_version = ${schemaVersion + 1}`);
  own.close();
  const newer = readFileSync(file);
  expect(() => upgrade(folder.path)).toThrow(/written by a newer Waygate/);
  expect(readFileSync(file).equals(newer)).toBe(true);

  using other = createFolder();
  const foreign = new Database(databaseFile(other.path), { create: true });
  foreign.run("CREATE TABLE theirs (id INTEGER)");
  foreign.close();
  const theirs = readFileSync(databaseFile(other.path));
  expect(() => upgrade(other.path)).toThrow("not one of Waygate's");
  expect(readFileSync(databaseFile(other.path)).equals(theirs)).toBe(true);

  using third = createFolder();
  writeFileSync(databaseFile(third.path), "this is no database at all, just text".repeat(100));
  expect(() => upgrade(third.path)).toThrow("damaged");
});
