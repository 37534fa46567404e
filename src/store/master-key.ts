// The master key: from the operator, else a file beside the database, made with the first start.
// A key beside the data protects copies and backups of the database only; the README says so plainly.
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
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
  if (existsSync(file)) return [...given, readKeyFile(file)];
  if (given.length > 0) return [...given];
  if (mayMake) return [makeKeyFile(file)];
  const sentence = `The master key of this data is missing: ${file} is gone and WAYGATE_MASTER_KEY is not set. Put the key back; without it the sealed secrets cannot be read.`;
  throw new WaygateError("unavailable", sentence);
}

function readKeyFile(file: string): Uint8Array {
  const key = parseMasterKey(readFileSync(file, "utf8"));
  if (key === null) throw new WaygateError("unavailable", `${file} does not hold a master key (64 hex digits).`);
  return key;
}

function makeKeyFile(file: string): Uint8Array {
  const key = randomBytes(masterKeyLength);
  const handle = openSync(file, "wx", 0o600);
  try {
    writeSync(handle, `${key.toString("hex")}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return key;
}
