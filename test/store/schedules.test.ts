// Schedules in the database: what waits costs nothing, and a run is one thing with the message that it makes.
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { commandLine } from "../../src/core/audit.ts";
import { hour } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { justText } from "../../src/core/said.ts";
import { usualSettings } from "../../src/core/session.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import type { NewMessage } from "../../src/store/outbox.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { createTestClock } from "../support/clock.ts";
import { createFolder } from "../support/folder.ts";

const clock = createTestClock();
const now = clock.now();
const target = "15551000003@s.whatsapp.net";
const daily = { sendAt: null, cron: "0 9 * * *", timeZone: "UTC", endsAt: null, maxRuns: null, lateMs: hour };
const how = { isUrgent: false, failsOffline: false, expiresInMs: null, file: null, fileBytes: null };

const open = (dataDir: string) =>
  openStore({ dataDir, masterKeys: [], runner: { pid: process.pid, doing: "test" }, clock, log: silentLog });

async function openWithSession(dataDir: string): Promise<{ store: Store; accountId: number; sessionId: number }> {
  const store = await open(dataDir);
  const planId = (await store.plans.findByName("unlimited"))?.id ?? 0;
  const account = { username: "ada", email: null, passwordHash: null, role: "user", planId, createdAt: 0 } as const;
  const event = {
    action: "account.created",
    actor: commandLine,
    accountId: null,
    target: null,
    detail: {},
    at: 0,
  } as const;
  const accountId = await store.write("accounts.create", { account, event });
  const session = {
    accountId,
    name: "shop",
    label: null,
    settings: usualSettings,
    proxy: null,
    isWanted: false,
    createdAt: 0,
  };
  const sessionId = await store.write("sessions.create", { session, event: { ...event, action: "session.created" } });
  return { store, accountId, sessionId };
}

const make = (store: Store, sessionId: number) =>
  store.write("schedules.create", {
    schedule: { sessionId, target, said: justText("Hello!"), ...how, ...daily, nextAt: now, createdAt: now },
    idempotency: null,
  });

const messageOf = (sessionId: number): NewMessage => ({
  ...{ sessionId, target, chat: { kind: "person", face: { phone: "15551000003", lid: null } } },
  ...{ waId: crypto.randomUUID(), raw: new Uint8Array(3), secret: null, file: null, idempotency: null },
  content: { kind: "text", text: "Hello!", preview: null },
  context: { mentions: [], replyTo: null, forwards: 0, expiresInSeconds: null },
  ...{ createdAt: now, expiresAt: now + hour, isUrgent: false },
});

test("a run is made once for its time, with its message, and by nobody who thought it out for another", async () => {
  using folder = createFolder();
  const { store, sessionId } = await openWithSession(folder.path);
  await using _store = store;
  const { id } = await make(store, sessionId);
  const fire = (revision: number, nominalAt: number) =>
    store.write("schedules.fire", {
      ...{ id, revision, missed: null, nextAt: nominalAt + 24 * hour, at: now },
      run: { nominalAt, made: messageOf(sessionId) },
    });
  const messages = async () => (await store.outbox.queued(sessionId, { which: "all", limit: 10, now })).length;
  expect(await fire(0, now)).toMatchObject({ outcome: "done", fired: { message: { id: 1 } } });
  expect(await fire(0, now)).toEqual({ outcome: "stale" });
  // A clock that went back, or a pattern that was changed, brings the same time once more.
  expect(await fire(1, now)).toEqual({ outcome: "done", fired: null });
  expect([await messages(), (await store.schedules.runs(id, { before: null, limit: 10 })).length]).toEqual([1, 1]);
  expect(await store.write("schedules.update", { id, revision: 1, changes: { lateMs: null }, at: now })).toBe(false);
  expect(await store.schedules.find(id)).toMatchObject({ runs: 1, revision: 2, state: "pending", lateMs: hour });
  await store.write("outbox.settle", { id: 1, at: now, state: "sent" });
  expect((await store.schedules.find(id))?.lastRun).toMatchObject({ state: "sent", settledAt: now });
  const told = await store.journal.ofAllAfter(0, 100);
  expect(told.map(({ type }) => type)).toEqual(["contact.created", "message.queued", "message.sent", "schedule.sent"]);
});

test("two hundred thousand that wait cost nothing to whoever looks for what is due, or for what comes next", async () => {
  using folder = createFolder();
  const { store, accountId, sessionId } = await openWithSession(folder.path);
  await using _store = store;
  const { id } = await make(store, sessionId);
  await store.write("schedules.update", { id, revision: 0, changes: { nextAt: now + 9 * hour }, at: now });
  {
    using client = new Database(databaseFile(folder.path));
    client.run("PRAGMA busy_timeout = 10000");
    const own = client
      .query<{ name: string }, []>(
        "SELECT name FROM pragma_table_info('schedules') WHERE name NOT IN ('id', 'next_at', 'due_at')",
      )
      .all();
    const columns = own.map(({ name }) => name).join(", ");
    client.run(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
      INSERT INTO schedules (${columns}, next_at, due_at) SELECT ${columns}, next_at + i, due_at + i FROM n, schedules WHERE id = ${id}`);
  }
  const quickest = async (look: () => Promise<unknown>) => {
    let best = Number.POSITIVE_INFINITY;
    for (let times = 0; times < 20; times++) {
      const began = performance.now();
      await look();
      best = Math.min(best, performance.now() - began);
    }
    return best;
  };
  expect(await store.schedules.due(now, { hasFile: false, limit: 100 })).toEqual([]);
  expect(await store.schedules.nextAfter(now)).toBe(now + 9 * hour);
  expect(await quickest(() => store.schedules.due(now, { hasFile: false, limit: 100 }))).toBeLessThan(2);
  expect(await quickest(() => store.schedules.nextAfter(now))).toBeLessThan(2);
  const page = { before: null, limit: 50 };
  const of = { accountId, sessionIds: null };
  for (const filter of [
    of,
    { ...of, state: "failed" },
    { ...of, dueFrom: now },
    { ...of, sessionIds: [sessionId], dueUntil: now },
  ] as const)
    expect(await quickest(() => store.schedules.list(filter, page))).toBeLessThan(10);
}, 30_000);
