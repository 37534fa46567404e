// Putting a backup in the database's place: only one that is whole, ours, and opens with the master key at hand.
import { resolve } from "node:path";
import { isoTime } from "../core/clock.ts";
import { createSealer } from "../core/sealing.ts";
import { putInPlace } from "./copies.ts";
import { databaseFile, occupyDataDirectory, type Runner } from "./data-directory.ts";
import { handleOf, openReader } from "./database.ts";
import { installationQueries, openFacts } from "./installation.ts";
import { loadMasterKeys } from "./master-key.ts";
import { checkRestorable } from "./schema.ts";

export type Restore = { file: string; dataDir: string; masterKeys: readonly Uint8Array[]; runner: Runner; now: number };

/** Where what was there before is kept, if there was anything. */
export async function restoreDatabase({ file, dataDir, masterKeys, runner, now }: Restore): Promise<string | null> {
  checkRestorable(file);
  const directory = occupyDataDirectory(resolve(dataDir), runner, now);
  try {
    await checkMasterKey(file, resolve(dataDir), masterKeys);
    return putInPlace(file, databaseFile(resolve(dataDir)), isoTime(now).replace(/[:.]/g, "-"));
  } finally {
    directory.close();
  }
}

async function checkMasterKey(file: string, dataDir: string, given: readonly Uint8Array[]): Promise<void> {
  using client = openReader(file);
  const rows = await installationQueries(handleOf(client)).rows();
  openFacts(rows, createSealer(loadMasterKeys({ given, dataDir, mayMake: false })));
}
