// Copies of the database: made whole while it is in use, checked before they count, and put back in its place.
import { Database } from "bun:sqlite";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { messageOf, WaygateError } from "../core/errors.ts";
import { findDamage } from "./database.ts";

export type Copy = { file: string; bytes: number; sha256: string };

/** Copies, checks, syncs and only then gives the copy its name; writes its checksum beside it. */
export function copyDatabase(source: string, target: string): Copy {
  if (existsSync(target)) throw new WaygateError("conflict", `${target} exists already; name a new file.`);
  const partial = `${target}.partial`;
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    rmSync(partial, { force: true });
    const client = new Database(source, { readonly: true });
    try {
      client.query("VACUUM INTO ?").run(partial);
    } finally {
      client.close();
    }
    refuseDamaged(partial);
    const copy = { file: target, ...sync(partial) };
    // The checksum first: a copy that has its name has its checksum too, wherever a kill strikes.
    writeFileSync(`${partial}.sha256`, `${copy.sha256}  ${basename(target)}\n`, { mode: 0o600 });
    renameSync(`${partial}.sha256`, `${target}.sha256`);
    renameSync(partial, target);
    syncDirectory(dirname(target));
    return copy;
  } catch (cause) {
    rmSync(partial, { force: true });
    if (cause instanceof WaygateError) throw cause;
    throw new WaygateError("unavailable", `The copy to ${target} failed: ${messageOf(cause)}`, {}, cause);
  }
}

/** Puts a checked copy in the database's place; what was there is kept beside it. Returns where, if there was anything. */
export function putInPlace(copy: string, database: string, stamp: string): string | null {
  const arriving = `${database}.arriving`;
  rmSync(arriving, { force: true });
  // A copy of the copy: the file that was named stays as it is, and its journal, if any, is taken in.
  copyDatabase(copy, arriving);
  rmSync(`${arriving}.sha256`, { force: true });
  const kept = existsSync(database) ? `${database}.before-restore-${stamp}` : null;
  if (kept !== null) {
    renameSync(database, kept);
    // What a crash left in the write-ahead log belongs to the old database.
    const hasLog = existsSync(`${database}-wal`) && statSync(`${database}-wal`).size > 0;
    if (hasLog) renameSync(`${database}-wal`, `${kept}-wal`);
  }
  for (const ending of ["-wal", "-shm"]) rmSync(database + ending, { force: true });
  renameSync(arriving, database);
  syncDirectory(dirname(database));
  return kept;
}

/** Keeps the newest `keep` copies whose names begin like this, and nothing of those that were cut off. */
export function pruneCopies(folder: string, head: string, keep: number): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(head) && name.includes(".partial")) rmSync(join(folder, name), { force: true });
  }
  const copies = readdirSync(folder)
    .filter((name) => name.startsWith(head) && name.endsWith(".db"))
    .sort();
  for (const name of copies.slice(0, -keep)) {
    rmSync(join(folder, name), { force: true });
    rmSync(join(folder, `${name}.sha256`), { force: true });
  }
}

export function refuseDamaged(file: string): void {
  const client = new Database(file, { readonly: true });
  try {
    const damage = findDamage(client);
    if (damage !== null) throw new WaygateError("unavailable", `${file} is damaged: ${damage}`);
  } finally {
    client.close();
  }
}

function sync(file: string): { bytes: number; sha256: string } {
  const handle = openSync(file, "r+");
  try {
    fsyncSync(handle);
    const hash = createHash("sha256");
    const chunk = Buffer.alloc(1024 * 1024);
    let bytes = 0;
    for (;;) {
      const read = readSync(handle, chunk);
      if (read === 0) return { bytes, sha256: hash.digest("hex") };
      hash.update(chunk.subarray(0, read));
      bytes += read;
    }
  } finally {
    closeSync(handle);
  }
}

/** The name itself is only safe once its directory is. */
function syncDirectory(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
