// Bringing a database file up to this program's schema: each migration whole or not at all, a copy of the file first.
import type { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isoTime } from "../core/clock.ts";
import { messageOf, WaygateError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { copyDatabase, pruneCopies } from "./copies.ts";
import { backupFolder, databaseFile } from "./data-directory.ts";
import { findDamage, openReader, openWriter } from "./database.ts";
import { migrations as allMigrations, type Migration, schemaVersion } from "./migrations.ts";

/** "WAYG": a file that says so is ours. */
const applicationId = 0x57415947;
const keptCopies = 5;
const copyHead = "before-schema-";

export type Upgrade = {
  dataDir: string;
  wasLeftOpen: boolean;
  now: number;
  log: Log;
  migrations?: readonly Migration[];
};

export function upgradeDatabase(upgrade: Upgrade): void {
  const file = databaseFile(upgrade.dataDir);
  // Looked at before it is opened for writing, which alone would change a stranger's file.
  if (existsSync(file)) lookAt(file, (client) => refuseForeign(client, file));
  const client = orRefuse(file, () => openWriter(file));
  try {
    if (upgrade.wasLeftOpen) refuseIfDamaged(client, upgrade);
    migrate(client, upgrade);
  } finally {
    client.close();
  }
}

function versionOf(client: Database): number {
  return client.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}

/** Refuses a file that is not a Waygate database, or one of a newer program. */
function refuseForeign(client: Database, file: string): void {
  const version = versionOf(client);
  if (version === 0) {
    if (isEmpty(client)) return;
    throw new WaygateError("unavailable", `${file} is a database, but not one of Waygate's.`);
  }
  const id = client.query<{ application_id: number }, []>("PRAGMA application_id").get()?.application_id;
  if (id !== applicationId) throw new WaygateError("unavailable", `${file} is a database, but not one of Waygate's.`);
  if (version > schemaVersion) {
    const sentence = `${file} was written by a newer Waygate (schema ${version}; this one knows up to ${schemaVersion}). Run that version again, or restore an older backup with "waygate restore FILE".`;
    throw new WaygateError("unavailable", sentence);
  }
}

/** Refuses a file that is damaged, not ours, or of a newer program. */
export function checkRestorable(file: string): void {
  lookAt(file, (client) => {
    if (versionOf(client) === 0) throw new WaygateError("unavailable", `${file} is not a backup of Waygate.`);
    refuseForeign(client, file);
    const damage = findDamage(client);
    if (damage !== null) throw new WaygateError("unavailable", `${file} is damaged: ${damage}`);
  });
}

function lookAt(file: string, look: (client: Database) => void): void {
  orRefuse(file, () => {
    using client = openReader(file);
    look(client);
  });
}

/** What SQLite itself cannot read is damaged. */
function orRefuse<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw cause instanceof WaygateError ? cause : damaged(file, messageOf(cause));
  }
}

function isEmpty(client: Database): boolean {
  return client.query("SELECT 1 FROM sqlite_schema LIMIT 1").get() === null;
}

function refuseIfDamaged(client: Database, { dataDir, log }: Upgrade): void {
  log.info({}, "the gateway was not stopped in order; checking the database");
  const file = databaseFile(dataDir);
  const damage = orRefuse(file, () => findDamage(client));
  if (damage !== null) throw damaged(file, damage);
}

function damaged(file: string, damage: string): WaygateError {
  const sentence = `The database ${file} is damaged (${damage}). Its files are kept as they are. Restore the newest backup with "waygate restore FILE"; copies lie in the backups folder beside it.`;
  return new WaygateError("unavailable", sentence);
}

function migrate(client: Database, { dataDir, now, log, migrations = allMigrations }: Upgrade): void {
  const from = versionOf(client);
  const waiting = migrations.filter((migration) => migration.version > from);
  if (waiting.length === 0) return;
  const isNew = from === 0;
  if (!isNew) copyFirst(dataDir, from, now, log);
  if (!isNew && waiting.some(({ clearsFirst }) => clearsFirst === true)) client.run("VACUUM");
  for (const migration of waiting) apply(client, migration);
  if (!isNew) log.info({ from, to: versionOf(client) }, "the database has been brought up to date");
}

function copyFirst(dataDir: string, from: number, now: number, log: Log): void {
  const name = `${copyHead}${String(from + 1).padStart(4, "0")}-${isoTime(now).replace(/[:.]/g, "-")}.db`;
  const copy = copyDatabase(databaseFile(dataDir), join(backupFolder(dataDir), name));
  pruneCopies(backupFolder(dataDir), copyHead, keptCopies);
  log.info({ file: copy.file }, "the database was copied before its schema changes");
}

/** The version is part of the transaction: a migration is there with its number, or neither is. */
function apply(client: Database, migration: Migration): void {
  client.run("BEGIN IMMEDIATE");
  try {
    client.run(migration.sql);
    client.run(`PRAGMA application_id = ${applicationId}`);
    client.run(`PRAGMA user_version = ${migration.version}`);
    client.run("COMMIT");
  } catch (cause) {
    if (client.inTransaction) client.run("ROLLBACK");
    throw new WaygateError("unavailable", `The migration ${migration.name} failed: ${String(cause)}`, {}, cause);
  }
}
