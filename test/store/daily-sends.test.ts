// Messages of a day: as many as the plan has, from midnight to midnight where the account is.
import { expect, test } from "bun:test";
import { chatOf } from "../../src/core/chat.ts";
import { day, hour, isoTime, minute } from "../../src/core/clock.ts";
import { bareContext, type Content } from "../../src/core/content.ts";
import { WaygateError } from "../../src/core/errors.ts";
import { silentLog } from "../../src/core/log.ts";
import { createUsage } from "../../src/services/usage.ts";
import { openUsageCounts } from "../../src/services/usage-counts.ts";
import type { Store } from "../../src/store/store.ts";
import { createTestClock } from "../support/clock.ts";
import { createFolder } from "../support/folder.ts";
import { fillRig, openRigStore } from "../support/webhook-rig.ts";

const content: Content = { kind: "text", text: "Hello!", preview: null };
const target = "15551000003@s.whatsapp.net";
const none = { requestsPerMinute: null, webhookEventsPerMinute: null, sessions: null };
const byNobody = { actor: { accountId: null, via: "start", address: null }, accountId: null, target: null, detail: {} };

async function openShop(dataDir: string, start: string, perDay: number | null) {
  const clock = createTestClock(Date.parse(start));
  let store: Store = await openRigStore(dataDir, clock);
  const event = { ...byNobody, action: "plan.created", at: clock.now() } as const;
  const plan = { ...none, name: "own", messagesPerDay: perDay, createdAt: 0 };
  await store.write("plans.create", { plan, event });
  await fillRig(store, clock, "own");
  return {
    clock,
    store: () => store,
    async again() {
      await store[Symbol.asyncDispose]();
      store = await openRigStore(dataDir, clock);
    },
    move: (timeZone: string) =>
      store.write("accounts.update", { id: 1, changes: { timeZone }, events: [], endLogins: null }),
    /** What a refusal says; null where the message was taken on. */
    async send(counts = 1): Promise<WaygateError | null> {
      const message = { chat: chatOf(target), target, waId: crypto.randomUUID(), content, context: bareContext };
      const bare = { raw: new Uint8Array([1]), secret: null, file: null, idempotency: null, expiresAt: null };
      const given = { sessionId: 1, ...message, ...bare, isUrgent: false, createdAt: clock.now(), counts };
      return store.write("outbox.enqueue", given).then(
        () => null,
        (error) => (error instanceof WaygateError ? error : Promise.reject(error)),
      );
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
    },
  };
}

/** How many of so many at once are taken on. */
async function burst(shop: Awaited<ReturnType<typeof openShop>>, count: number): Promise<number> {
  const all = await Promise.all(Array.from({ length: count }, () => shop.send()));
  return all.filter((refusal) => refusal === null).length;
}

test.each([
  ["Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z"],
  ["America/New_York", "2026-11-01T12:00:00Z", "2026-11-02T05:00:00Z", "2026-11-03T05:00:00Z"],
  ["Asia/Kathmandu", "2026-11-20T09:00:00Z", "2026-11-20T18:15:00Z", "2026-11-21T18:15:00Z"],
  ["Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"],
])(
  "in %s the messages of a day are there again at midnight, also when clocks are changed",
  async (zone, start, midnight, next) => {
    using folder = createFolder();
    await using shop = await openShop(folder.path, start, 10);
    await shop.move(zone);
    expect(await burst(shop, 40)).toBe(10);
    const refusal = await shop.send();
    expect(refusal?.code).toBe("daily_limit_reached");
    expect(refusal?.details).toEqual({
      quota: { limit: 10, used: 10, resetsAt: Date.parse(midnight) },
      retryAfterMs: Date.parse(midnight) - shop.clock.now(),
    });
    expect(refusal?.message).toContain(`midnight in ${zone}, ${isoTime(Date.parse(midnight))}`);
    shop.clock.advance(Date.parse(midnight) - shop.clock.now() - 1);
    expect(await shop.send()).not.toBeNull();
    await shop.again();
    expect(await shop.send()).not.toBeNull();
    shop.clock.advance(1);
    expect(await burst(shop, 40)).toBe(10);
    shop.clock.advance(Date.parse(next) - shop.clock.now() - 1);
    expect(await shop.send()).not.toBeNull();
    shop.clock.advance(1);
    expect(await shop.send()).toBeNull();
  },
);

test("who moves does not get the day's messages again, and waits until the day ends where it began", async () => {
  using folder = createFolder();
  await using shop = await openShop(folder.path, "2026-11-20T09:00:00Z", 24);
  expect(await burst(shop, 30)).toBe(24);
  for (const zone of ["Pacific/Kiritimati", "Pacific/Auckland", "Etc/GMT+12", "Europe/Berlin"]) {
    await shop.move(zone);
    expect(await shop.send()).not.toBeNull();
  }
  shop.clock.advance(15 * hour);
  // What is left of Berlin's day: 23 of its 24 hours.
  expect(await burst(shop, 30)).toBe(23);
  expect((await shop.send())?.message).toContain("(23 for the part of a day");
  shop.clock.advance(23 * hour);
  expect(await burst(shop, 30)).toBe(24);
});

test("what counts as two is taken on whole or not at all, and a day of old is in the history", async () => {
  using folder = createFolder();
  await using shop = await openShop(folder.path, "2026-11-20T23:00:00Z", 3);
  expect(await shop.send(2)).toBeNull();
  const refusal = await shop.send(2);
  expect([refusal?.details.quota?.used, refusal?.message]).toEqual([2, expect.stringContaining("only 1 of those")]);
  expect(await shop.send()).toBeNull();
  expect(await shop.send(0)).toBeNull();
  shop.clock.advance(2 * hour);
  expect(await shop.send()).toBeNull();
  shop.clock.advance(3 * day);
  await using counts = await openUsageCounts({ store: shop.store(), clock: shop.clock, log: silentLog });
  const { days, messages } = await createUsage({ store: shop.store(), counts, clock: shop.clock }).of(1);
  expect(days.slice(0, 6).map(({ messages }) => messages)).toEqual([0, 0, 0, 1, 3, 0]);
  expect(messages).toEqual({ limit: 3, used: 0, resetsAt: Date.parse("2026-11-25T00:00:00Z") });
});

test("without a limit messages are counted all the same", async () => {
  using folder = createFolder();
  await using shop = await openShop(folder.path, "2026-11-20T09:00:00Z", null);
  expect(await burst(shop, 300)).toBe(300);
  await using counts = await openUsageCounts({ store: shop.store(), clock: shop.clock, log: silentLog });
  shop.clock.advance(minute);
  const { days, messages } = await createUsage({ store: shop.store(), counts, clock: shop.clock }).of(1);
  expect([days[0]?.messages, messages.limit, messages.used]).toEqual([300, null, 300]);
});
