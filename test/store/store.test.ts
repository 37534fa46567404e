import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLog } from "../../src/core/log.ts";
import { databaseFile, masterKeyFile } from "../../src/store/data-directory.ts";
import { openStore } from "../../src/store/store.ts";
import { createTestClock } from "../support/clock.ts";
import { createFolder } from "../support/folder.ts";

const open = (dataDir: string, masterKeys: Uint8Array[] = []) =>
  openStore({
    dataDir,
    masterKeys,
    runner: { pid: process.pid, doing: "test" },
    clock: createTestClock(),
    log: silentLog,
  });

const event = (n: number) => ({
  at: n,
  action: "login.failed" as const,
  actor: { accountId: null, via: "test", address: null },
  accountId: null,
  target: null,
  detail: { n },
});

test("what a write answered is there after a start, in the order it was asked for", async () => {
  using folder = createFolder();
  {
    await using store = await open(folder.path);
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => store.write("audit.append", event(n))));
  }
  await using store = await open(folder.path);
  const entries = await store.audit.list(null, { before: null, limit: 2_000 });
  expect(entries.map((entry) => entry.detail.n)).toEqual(Array.from({ length: 1_000 }, (_, n) => 999 - n));
  expect(await store.audit.findBreak()).toBeNull();
});

test("a second start is refused and told who holds the data", async () => {
  using folder = createFolder();
  await using store = await open(folder.path);
  store.announce({ url: "http://127.0.0.1:7001" });
  await expect(open(folder.path)).rejects.toThrow(
    new RegExp(
      `in use by waygate test \\(process ${process.pid} on .*, since 2026-11-20T09:00:00.000Z, http://127.0.0.1:7001\\)`,
    ),
  );
});

test("files are their owner's alone", async () => {
  using folder = createFolder();
  await using _store = await open(join(folder.path, "data"));
  expect(statSync(join(folder.path, "data")).mode & 0o777).toBe(0o700);
  expect(statSync(masterKeyFile(join(folder.path, "data"))).mode & 0o777).toBe(0o600);
});

test("another master key stops the start and changes nothing", async () => {
  using folder = createFolder();
  await (await open(folder.path))[Symbol.asyncDispose]();
  const before = readFileSync(databaseFile(folder.path));
  writeFileSync(masterKeyFile(folder.path), "ab".repeat(32));
  await expect(open(folder.path)).rejects.toThrow("not the one this data was sealed with");
  rmSync(masterKeyFile(folder.path));
  await expect(open(folder.path)).rejects.toThrow("The master key of this data is missing");
  expect(existsSync(masterKeyFile(folder.path))).toBe(false);
  expect(readFileSync(databaseFile(folder.path)).equals(before)).toBe(true);
});

test("a master key that was cut off while it was made is made anew, as long as nothing is sealed with it", async () => {
  using folder = createFolder();
  writeFileSync(masterKeyFile(folder.path), "3f2a");
  await (await open(folder.path))[Symbol.asyncDispose]();
  expect(readFileSync(masterKeyFile(folder.path), "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
  writeFileSync(masterKeyFile(folder.path), "3f2a");
  await expect(open(folder.path)).rejects.toThrow("does not hold a master key");
});

test("after one start with both, the former master key can go", async () => {
  using folder = createFolder();
  const [former, current] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const secretOf = async (keys: Uint8Array[]) => {
    await using store = await open(folder.path, keys);
    return Buffer.from(store.facts.jwtSecret).toString("hex");
  };
  const secret = await secretOf([former]);
  expect(existsSync(masterKeyFile(folder.path))).toBe(false);
  expect(await secretOf([current, former])).toBe(secret);
  expect(await secretOf([current])).toBe(secret);
  await expect(secretOf([former])).rejects.toThrow("not the one this data was sealed with");
});

test("after an unclean stop a damaged database is refused, kept as it is, and the way out is named", async () => {
  using folder = createFolder();
  {
    await using store = await open(folder.path);
    await Promise.all(Array.from({ length: 500 }, (_, n) => store.write("audit.append", event(n))));
  }
  const file = databaseFile(folder.path);
  truncateSync(file, statSync(file).size - 4096 * 3);
  writeFileSync(
    join(folder.path, "running.json"),
    JSON.stringify({ pid: 1, host: "x", doing: "serve", since: "then" }),
  );
  const damaged = readFileSync(file);
  await expect(open(folder.path)).rejects.toThrow(/damaged.*waygate restore FILE/);
  expect(readFileSync(file).equals(damaged)).toBe(true);
});

test("the audit can neither be changed nor shortened, and a forged entry is found", async () => {
  using folder = createFolder();
  {
    await using store = await open(folder.path);
    for (let n = 0; n < 5; n++) await store.write("audit.append", event(n));
  }
  const client = new Database(databaseFile(folder.path));
  // The thread that wrote may still be letting go of the file.
  client.run("PRAGMA busy_timeout = 5000");
  expect(() => client.run("UPDATE audit SET detail = '{}' WHERE id = 3")).toThrow("append-only");
  expect(() => client.run("DELETE FROM audit WHERE id = 3")).toThrow("append-only");
  client.run("DROP TRIGGER audit_is_never_changed");
  client.run("UPDATE audit SET detail = '{}' WHERE id = 3");
  client.close();
  await using store = await open(folder.path);
  expect(await store.audit.findBreak()).toBe(3);
});

test("a backup is made while writes go on, whole, with its checksum, and never over another file", async () => {
  using folder = createFolder();
  await using store = await open(join(folder.path, "data"));
  const writes = Promise.all(Array.from({ length: 2_000 }, (_, n) => store.write("audit.append", event(n))));
  const copy = await store.backup(join(folder.path, "copy.db"));
  await writes;
  const client = new Database(copy.file, { readonly: true });
  expect(client.query("PRAGMA quick_check").get()).toEqual({ quick_check: "ok" });
  client.close();
  expect(new Bun.CryptoHasher("sha256").update(readFileSync(copy.file)).digest("hex")).toBe(copy.sha256);
  expect(readFileSync(`${copy.file}.sha256`, "utf8")).toBe(`${copy.sha256}  copy.db\n`);
  await expect(store.backup(copy.file)).rejects.toThrow("exists already");
});
