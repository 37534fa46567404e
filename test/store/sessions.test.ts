import { expect, test } from "bun:test";
import { commandLine } from "../../src/core/audit.ts";
import { silentLog } from "../../src/core/log.ts";
import type { SessionReport } from "../../src/core/ports.ts";
import { type Identity, usualSettings } from "../../src/core/session.ts";
import { proxyCell } from "../../src/store/sessions.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { createTestClock } from "../support/clock.ts";
import { createFolder } from "../support/folder.ts";

const clock = createTestClock();
const rootKey = "ab".repeat(32);
const ada: Identity = { phone: "15550001111", lid: null, device: 3, displayName: null, platform: null };
const newest = { before: null, limit: 100 };

const open = (dataDir: string, masterKeys: Uint8Array[] = []) =>
  openStore({ dataDir, masterKeys, runner: { pid: process.pid, doing: "test" }, clock, log: silentLog });

const entry = (action: "session.created" | "account.created" | "session.removed", accountId: number) =>
  ({ action, actor: commandLine, accountId, target: null, detail: {}, at: clock.now() }) as const;

async function makeAccount(store: Store, plan: string, username = "ada"): Promise<number> {
  const planId = (await store.plans.findByName(plan))!.id;
  const account = { username, email: null, passwordHash: null, role: "user", planId, createdAt: clock.now() } as const;
  return store.write("accounts.create", { account, event: entry("account.created", 0) });
}

function makeSession(store: Store, accountId: number, name = "shop", proxy: string | null = null): Promise<number> {
  const sealed = proxy === null ? null : store.sealer.seal(Buffer.from(proxy), proxyCell({ accountId, name }));
  const session = {
    accountId,
    name,
    label: null,
    settings: usualSettings,
    proxy: sealed,
    isWanted: true,
    createdAt: clock.now(),
  };
  return store.write("sessions.create", { session, event: entry("session.created", accountId) });
}

/** Bun's own `rejects` stands still until the writer's thread has answered, and so for ever. */
const refusalOf = (write: Promise<unknown>) =>
  write.then(
    () => null,
    (error: Error) => error.message,
  );

type Said = Omit<SessionReport, "sessionId" | "at">;

async function openWithSession(dataDir: string) {
  const store = await open(dataDir);
  const account = await makeAccount(store, "unlimited");
  const sessionId = await makeSession(store, account);
  return {
    store,
    account,
    id: sessionId,
    report: (said: Said) =>
      store.write("sessions.report", { report: { sessionId, at: clock.now(), ...said }, network: rootKey }),
    row: async () => (await store.sessions.find(sessionId))!,
    events: async () => (await store.journal.after(account, 0, 100)).map(({ type, data }) => [type, data] as const),
    audit: async () =>
      (await store.audit.list(account, newest)).map(({ action, actor }) => `${action} by ${actor.via}`),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

test("a plan's sessions are counted where they are made, however many ask at once", async () => {
  using folder = createFolder();
  await using store = await open(folder.path);
  const account = await makeAccount(store, "free");
  const made = await Promise.allSettled(["a", "b", "c", "d"].map((name) => makeSession(store, account, name)));
  const refusals = made.flatMap((one) => (one.status === "rejected" ? [one.reason.code, one.reason.message] : []));
  expect(refusals).toEqual(
    Array.from({ length: 2 }, () => ["limit_reached", expect.stringContaining("The plan allows 2 sessions")]).flat(),
  );
  const [first] = await store.sessions.list(account, null, newest);
  await store.write("sessions.remove", { id: first!.id, event: entry("session.removed", account) });
  await makeSession(store, account, "e");
  expect((await store.sessions.list(account, null, newest)).map(({ name }) => name)).toEqual(["e", "a"]);
});

test("a name is taken once in an account, and free in another", async () => {
  using folder = createFolder();
  await using store = await open(folder.path);
  const [one, other] = [await makeAccount(store, "pro"), await makeAccount(store, "pro", "bob")];
  await makeSession(store, one);
  expect(await refusalOf(makeSession(store, one))).toBe("A session is named shop already.");
  await makeSession(store, other);
  expect((await store.sessions.listNamed("shop")).map(({ accountId }) => accountId)).toEqual([one, other]);
  expect((await store.sessions.findByName(other, "shop"))?.accountId).toBe(other);
});

test("from its first QR to its end a session's row and what is told of it go together", async () => {
  using folder = createFolder();
  await using all = await openWithSession(folder.path);
  const { report, row } = all;
  await report({ status: "pairing", reason: null, qr: { text: "2@abc", expiresAt: 1 } });
  await report({ status: "connecting", reason: null, identity: ada });
  expect(await row()).toMatchObject({ identity: ada, network: rootKey, linkedAt: clock.now(), connectedAt: null });
  await report({ status: "connected", reason: null });
  await report({ status: "connected", reason: null, identity: { ...ada, displayName: "Ada" } });
  expect(await row()).toMatchObject({ status: "connected", connectedAt: clock.now() });
  await report({ status: "disconnected", reason: "connection_lost" });
  await report({ status: "connecting", reason: null });
  await report({ status: "disconnected", reason: "unreachable" });
  expect((await row()).connectedAt).toBeNull();
  await report({ status: "connected", reason: null });
  await report({ status: "disconnected", reason: "stalled", hasStalled: true });
  await report({ status: "logged_out", reason: "logged_out", identity: null });
  expect(await row()).toMatchObject({ isWanted: false, identity: null, network: null, linkedAt: null });
  const known = { name: "shop", phone: "15550001111", lid: null, platform: null };
  expect(await all.events()).toEqual([
    ["session.qr", { name: "shop", qr: "2@abc", expiresAt: 1 }],
    ["session.connected", { ...known, displayName: null }],
    ["session.disconnected", { name: "shop", reason: "connection_lost" }],
    ["session.connected", { ...known, displayName: "Ada" }],
    ["session.stalled", { name: "shop" }],
    ["session.disconnected", { name: "shop", reason: "stalled" }],
    ["session.logged_out", { name: "shop", reason: "logged_out" }],
  ]);
  expect(await all.audit()).toEqual([
    "session.logged_out by phone",
    "session.linked by phone",
    "session.created by command line",
    "account.created by command line",
  ]);
});

test("what failed for good is told once and waits for its owner; what a restart may cure comes back with it", async () => {
  using folder = createFolder();
  await using all = await openWithSession(folder.path);
  await all.report({ status: "failed", reason: "version_refused" });
  await all.report({ status: "failed", reason: "version_refused" });
  expect((await all.store.sessions.listWanted()).map(({ id }) => id)).toEqual([all.id]);
  await all.report({ status: "failed", reason: "banned" });
  expect(await all.store.sessions.listWanted()).toEqual([]);
  await all.report({ status: "passkey_required", reason: "passkey_required" });
  expect((await all.events()).map(([type, data]) => [type, data.reason])).toEqual([
    ["session.failed", "version_refused"],
    ["session.failed", "banned"],
    ["session.failed", "passkey_required"],
  ]);
});

test("a report whose event cannot be written changes nothing, and one of a session that is gone is no fault", async () => {
  using folder = createFolder();
  await using all = await openWithSession(folder.path);
  const endless: Record<string, unknown> = {};
  endless.self = endless;
  const qr = { text: endless as never, expiresAt: 1 };
  expect(await refusalOf(all.report({ status: "pairing", reason: null, qr }))).toMatch(/cyclic/);
  expect(await all.row()).toMatchObject({ status: "starting" });
  expect(await all.events()).toEqual([]);
  await all.store.write("sessions.remove", { id: all.id, event: entry("session.removed", all.account) });
  await all.report({ status: "connected", reason: null });
  expect(await all.events()).toEqual([]);
});

test("the journal is read on from where one was, by one account alone", async () => {
  using folder = createFolder();
  await using all = await openWithSession(folder.path);
  for (let n = 0; n < 5; n++) await all.report({ status: "pairing", reason: null, qr: { text: `${n}`, expiresAt: n } });
  const first = await all.store.journal.after(all.account, 0, 2);
  expect(first.map(({ data }) => data.qr)).toEqual(["0", "1"]);
  const rest = await all.store.journal.after(all.account, first[1]!.id, 100);
  expect(rest.map(({ data }) => data.qr)).toEqual(["2", "3", "4"]);
  const bob = await makeAccount(all.store, "free", "bob");
  expect(await all.store.journal.after(bob, 0, 100)).toEqual([]);
});

test("settings change one by one, a proxy is sealed, and a setting of later times is as it usually is", async () => {
  using folder = createFolder();
  await using all = await openWithSession(folder.path);
  const { store, account, id } = all;
  const proxy = store.sealer.seal(Buffer.from("socks5://a:b@h:1"), proxyCell({ accountId: account, name: "shop" }));
  const event = entry("session.created", account);
  await Promise.all([
    store.write("sessions.update", { id, changes: { settings: { markOnline: true } }, event }),
    store.write("sessions.update", { id, changes: { settings: { pacing: "off" }, proxy }, event }),
    store.write("sessions.update", { id, changes: { label: "The shop" }, event }),
  ]);
  expect(await all.row()).toMatchObject({
    label: "The shop",
    proxy: "socks5://a:b@h:1",
    settings: { ...usualSettings, markOnline: true, pacing: "off" },
  });
});

test("a proxy sealed with a former master key is readable after that is gone", async () => {
  using folder = createFolder();
  const [former, current] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  {
    await using store = await open(folder.path, [former]);
    await makeSession(store, await makeAccount(store, "free"), "shop", "socks5://a:b@h:1");
  }
  await (await open(folder.path, [current, former]))[Symbol.asyncDispose]();
  await using store = await open(folder.path, [current]);
  expect((await store.sessions.listNamed("shop")).map(({ proxy }) => proxy)).toEqual(["socks5://a:b@h:1"]);
});

test("only what is wanted, of accounts that are switched on, is taken up again", async () => {
  using folder = createFolder();
  await using all = await openWithSession(folder.path);
  const { store, account, id } = all;
  const bob = await makeAccount(store, "pro", "bob");
  const theirs = await makeSession(store, bob);
  const wanted = async () => (await store.sessions.listWanted()).map((session) => session.id);
  expect(await wanted()).toEqual([id, theirs]);
  const changes = { disabledAt: clock.now() };
  await store.write("accounts.update", { id: bob, changes, endLogins: null, events: [] });
  expect(await wanted()).toEqual([id]);
  const standing = { status: "stopped", reason: "stopped" } as const;
  await store.write("sessions.set_wanted", { id, isWanted: false, standing, at: clock.now(), event: null });
  expect(await wanted()).toEqual([]);
  expect(await store.sessions.listAll(account)).toHaveLength(1);
});
