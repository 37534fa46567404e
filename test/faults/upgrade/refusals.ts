// Files that a start must refuse with a sentence and leave as they are, byte by byte: those of a newer program above all.
import { Database } from "bun:sqlite";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { schemaVersion } from "../../../src/store/migrations.ts";
import { startBinary } from "../../support/binary.ts";
import type { Faults } from "../support/suite.ts";
import { databaseIn, digestOfFile, gatewayEnv, leaveOpen, makeDataDir, type Template } from "./folder.ts";

type Refusal = { name: string; says: RegExp; spoil(dataDir: string): void };

const newer = `PRAGMA user_version = ${schemaVersion + 1}`;

const refusals: readonly Refusal[] = [
  { name: "a newer schema", says: /newer/, spoil: (dataDir) => alter(dataDir, newer) },
  {
    name: "a newer schema, left open",
    says: /newer/,
    spoil(dataDir) {
      alter(dataDir, newer);
      leaveOpen(dataDir);
    },
  },
  {
    name: "a newer schema in a file put back by hand",
    says: /newer/,
    // A copy by VACUUM INTO has no write-ahead log, and to switch it on would be to write.
    spoil: (dataDir) => alter(dataDir, newer, "PRAGMA journal_mode = DELETE"),
  },
  { name: "a newer schema with its log not yet taken in", says: /newer/, spoil: spoilWithLog },
  {
    name: "somebody else's database",
    says: /not one of Waygate's/,
    spoil: (dataDir) => alter(dataDir, "PRAGMA application_id = 1", "PRAGMA journal_mode = DELETE"),
  },
  {
    name: "no database at all",
    says: /damaged|not a database/,
    spoil: (dataDir) => writeFileSync(databaseIn(dataDir), "Dear diary, ".repeat(1_000)),
  },
];

/** Gives back how many there were. */
export async function checkRefusals(folder: string, template: Template, faults: Faults): Promise<number> {
  for (const [place, { name, says, spoil }] of refusals.entries()) {
    const dataDir = join(folder, `refused-${place}`);
    makeDataDir(dataDir, schemaVersion, template);
    spoil(dataDir);
    const files = ["", "-wal"].map((ending) => databaseIn(dataDir) + ending);
    const before = files.map(digestOfFile);
    const told = await startAnyway(dataDir, folder);
    faults.check(told !== null, `${name}: it starts`);
    faults.check(says.test(told ?? ""), `${name}: it does not say so, but: ${told}`);
    faults.check(!/\n\s+at /.test(told ?? ""), `${name}: it shows a stack instead of a sentence`);
    for (const [which, file] of files.entries()) {
      const isSame = digestOfFile(file) === before[which];
      faults.check(isSame, `${name}: waygate.db${which === 0 ? "" : "-wal"} is not byte for byte what it was`);
    }
  }
  return refusals.length;
}

/** What it said when it refused; null if it started. */
async function startAnyway(dataDir: string, cwd: string): Promise<string | null> {
  try {
    await using _gateway = await startBinary({ dataDir, cwd, env: gatewayEnv });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function alter(dataDir: string, ...pragmas: string[]): void {
  const client = new Database(databaseIn(dataDir));
  for (const pragma of pragmas) client.run(pragma);
  client.close();
}

/** As a kill of the newer program leaves it: its last commits are in the log alone. */
function spoilWithLog(dataDir: string): void {
  const file = databaseIn(dataDir);
  const client = new Database(file);
  client.run("PRAGMA wal_autocheckpoint = 0");
  client.run(newer);
  client.run("INSERT INTO plans (name, created_at) VALUES ('newest', 1)");
  for (const ending of ["", "-wal"]) copyFileSync(file + ending, `${file}.kept${ending}`);
  client.close();
  for (const ending of ["", "-wal"]) copyFileSync(`${file}.kept${ending}`, file + ending);
  leaveOpen(dataDir);
}
