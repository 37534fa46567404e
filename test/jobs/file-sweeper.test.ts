// Files that are nobody's any more leave the disk, and no others.
import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { commandLine } from "../../src/core/audit.ts";
import { day } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { createOrphanSweep, startFileSweeper } from "../../src/jobs/file-sweeper.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { createTestClock } from "../support/clock.ts";
import { createFolder } from "../support/folder.ts";
import { until } from "../support/until.ts";

const open = (dataDir: string) =>
  openStore({
    dataDir,
    masterKeys: [],
    runner: { pid: process.pid, doing: "test" },
    clock: createTestClock(),
    log: silentLog,
  });

async function makeFile(store: Store): Promise<string> {
  const name = await store.files.newName();
  writeFileSync(store.files.pathOf(name), name);
  return name;
}

async function makeAccount(store: Store): Promise<number> {
  const planId = (await store.plans.findByName("unlimited"))?.id ?? 0;
  const account = { username: "ada", email: null, passwordHash: null, role: "user", planId, createdAt: 0 } as const;
  const event = { action: "account.created", actor: commandLine, accountId: null, target: null, detail: {}, at: 0 };
  return store.write("accounts.create", { account, event } as Parameters<typeof store.write<"accounts.create">>[1]);
}

async function upload(store: Store, accountId: number, expiresAt: number): Promise<string> {
  const path = await makeFile(store);
  const facts = { bytes: 1, mimeType: "text/plain", fileName: null, sha256: "00", createdAt: 0 };
  await store.write("uploads.create", { accountId, path, ...facts, expiresAt, mostBytes: 100 });
  return path;
}

test("an upload whose day is over leaves with its row, in pieces, and after a crash as well", async () => {
  using folder = createFolder();
  let names: string[];
  let kept: string;
  {
    await using store = await open(folder.path);
    const accountId = await makeAccount(store);
    names = await Promise.all(Array.from({ length: 5 }, () => upload(store, accountId, day)));
    kept = await upload(store, accountId, day + 1);
    expect(await store.write("uploads.prune", { now: day, most: 3 })).toBe(3);
    expect(await store.write("uploads.prune", { now: day, most: 3 })).toBe(2);
    expect((await store.fileRows.doomed(10)).toSorted()).toEqual(names.toSorted());
  }
  await using store = await open(folder.path);
  await using _sweeper = startFileSweeper({ store, log: silentLog });
  await until("them to be gone", () => names.every((name) => !existsSync(store.files.pathOf(name))));
  expect(existsSync(store.files.pathOf(kept))).toBe(true);
  await until("nothing to be left to do", async () => (await store.fileRows.doomed(1)).length === 0);
});

test("a file that never had a row is gone at the second sweep, one that got its row between the two is not", async () => {
  using folder = createFolder();
  await using store = await open(folder.path);
  const sweep = createOrphanSweep(store, new AbortController().signal);
  const accountId = await makeAccount(store);
  const owned = await upload(store, accountId, day);
  const [orphan, late] = [await makeFile(store), await makeFile(store)];
  expect(await sweep()).toBe(0);
  const facts = { bytes: 1, mimeType: "text/plain", fileName: null, sha256: "00", createdAt: 0 };
  await store.write("uploads.create", { accountId, path: late, ...facts, expiresAt: day, mostBytes: 100 });
  const young = await makeFile(store);
  expect(await sweep()).toBe(1);
  expect([owned, orphan, late, young].map((name) => existsSync(store.files.pathOf(name)))).toEqual([
    true,
    false,
    true,
    true,
  ]);
});
