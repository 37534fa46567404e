// The master key: from the operator, else a file beside the database, made with the first start.
// A key beside the data protects copies and backups of the database only; the README says so plainly.
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { WaygateError } from "../core/errors.ts";
import { masterKeyLength, parseMasterKey } from "../core/sealing.ts";
import { masterKeyFile } from "./data-directory.ts";

export type MasterKeys = {
  /** From the settings: the key in use first, then any older one that may still open something. */
  given: readonly Uint8Array[];
  dataDir: string;
  /** False once something is sealed: then a missing key is a mistake, and a new one would not help. */
  mayMake: boolean;
};

export function loadMasterKeys({ given, dataDir, mayMake }: MasterKeys): Uint8Array[] {
  const file = masterKeyFile(dataDir);
  const isThere = existsSync(file);
  // With nothing sealed yet, a key that cannot be read (cut off by a full disk, say) is no loss.
  if (mayMake && given.length === 0) return [(isThere ? parseKeyFile(file) : null) ?? makeKeyFile(file)];
  if (isThere) return [...given, readKeyFile(file)];
  if (given.length > 0) return [...given];
  const sentence = `The master key of this data is missing: ${file} is gone and WAYGATE_MASTER_KEY is not set. Put the key back; without it the sealed secrets cannot be read.`;
  throw new WaygateError("unavailable", sentence);
}

function readKeyFile(file: string): Uint8Array {
  const key = parseKeyFile(file);
  if (key === null) throw new WaygateError("unavailable", `${file} does not hold a master key (64 hex digits).`);
  return key;
}

const parseKeyFile = (file: string) => parseMasterKey(readFileSync(file, "utf8"));

/** Whole or not there: written aside, synced, and only then given its name. */
function makeKeyFile(file: string): Uint8Array {
  const key = randomBytes(masterKeyLength);
  const aside = `${file}.new`;
  rmSync(aside, { force: true });
  const handle = openSync(aside, "wx", 0o600);
  try {
    writeSync(handle, `${key.toString("hex")}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(aside, file);
  return key;
}
