// The data directory: who may be in it (one process), what lies where, and whether the last one left it in order.
import { Database } from "bun:sqlite";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { isoTime } from "../core/clock.ts";
import { messageOf, WaygateError } from "../core/errors.ts";

/** The process, and what it is doing there. */
export type Runner = { pid: number; doing: string };
export type Holder = Runner & { host: string; since: string; url?: string };

export type DataDirectory = {
  readonly path: string;
  /** True when the process before this one did not get to close it. */
  readonly wasLeftOpen: boolean;
  announce(facts: Partial<Holder>): void;
  close(): void;
};

export const databaseFile = (dataDir: string) => join(dataDir, "waygate.db");
export const masterKeyFile = (dataDir: string) => join(dataDir, "master.key");
export const backupFolder = (dataDir: string) => join(dataDir, "backups");
const holderFile = (dataDir: string) => join(dataDir, "running.json");
const lockFile = (dataDir: string) => join(dataDir, "lock");

/** A lock that the system itself lets go of when the process ends, however it ends. */
export function occupyDataDirectory(path: string, runner: Runner, now: number): DataDirectory {
  makePrivateDirectory(path);
  const lock = lockOrRefuse(path);
  const before = readHolder(path);
  let holder: Holder = { ...runner, host: hostname(), since: isoTime(now) };
  const write = () => writeFileSync(holderFile(path), JSON.stringify(holder), { mode: 0o600 });
  write();

  return {
    path,
    wasLeftOpen: before !== null,
    announce(facts) {
      holder = { ...holder, ...facts };
      write();
    },
    close() {
      rmSync(holderFile(path), { force: true });
      lock.close();
    },
  };
}

/** Who holds the directory now, if a process that is alive does. */
export function findHolder(path: string): Holder | null {
  try {
    occupyLock(path, 0).close();
    return null;
  } catch {
    return readHolder(path);
  }
}

function makePrivateDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (cause) {
    throw new WaygateError("unavailable", `The data directory ${path} cannot be used: ${messageOf(cause)}`, {}, cause);
  }
}

function lockOrRefuse(path: string): Database {
  try {
    return occupyLock(path, lockWaitMs);
  } catch (cause) {
    const holder = readHolder(path);
    const who =
      holder === null
        ? "another process"
        : `waygate ${holder.doing} (process ${holder.pid} on ${holder.host}, since ${holder.since}${holder.url === undefined ? "" : `, ${holder.url}`})`;
    throw new WaygateError("conflict", `The data directory ${path} is in use by ${who}.`, {}, cause);
  }
}

/** A command that only looks who is there holds the lock for a moment, which must not refuse a start. */
const lockWaitMs = 500;

function occupyLock(path: string, waitMs: number): Database {
  const lock = new Database(lockFile(path), { create: true, readwrite: true });
  try {
    lock.run(`PRAGMA busy_timeout = ${waitMs}`);
    lock.run("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

function readHolder(path: string): Holder | null {
  try {
    return JSON.parse(readFileSync(holderFile(path), "utf8"));
  } catch {
    return null;
  }
}
