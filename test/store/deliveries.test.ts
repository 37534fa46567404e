// Deliveries at the store: made exactly once, found at once, settled by whoever attempted them and by nobody else.
import { expect, test } from "bun:test";
import { chatOf } from "../../src/core/chat.ts";
import { day } from "../../src/core/clock.ts";
import { bareContext } from "../../src/core/content.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { openReader, openWriter } from "../../src/store/database.ts";
import type { FanOut, Settlement } from "../../src/store/deliveries.ts";
import type { NewMessage } from "../../src/store/outbox.ts";
import type { Store } from "../../src/store/store.ts";
import { createFolder } from "../support/folder.ts";
import { addWebhook, clockOfRig, fillRig, openRigStore, say, secret } from "../support/webhook-rig.ts";

const clock = clockOfRig();
const at = clock.now();
const url = "https://hooks.example/";

async function openFilled(path: string): Promise<Store> {
  const store = await openRigStore(path, clock);
  await fillRig(store, clock);
  return store;
}

function fanOut(webhookId: number, from: number, events: number[], more: Partial<{ to: number; lane: number }> = {}) {
  const { to = events.at(-1) ?? from, lane = 1 } = more;
  const made: FanOut = {
    ...{ accountId: 1, at },
    bodies: events.map((eventId) => ({ eventId, format: "native", lane, body: `body of ${eventId}` })),
    targets: [
      {
        ...{ webhookId, cursor: { from, to } },
        deliveries: events.map((eventId) => ({
          eventId,
          type: "message.received",
          eventAt: at,
          lane,
          format: "native",
        })),
      },
    ],
  };
  return made;
}

const settlement = (id: number, number: number, more: Partial<Settlement> = {}): Settlement => ({
  ...{ id, number, at, durationMs: 5, status: 200, fault: null, headers: null, body: null },
  ...{ state: "delivered", nextAt: null },
  ...more,
});
const settle = (store: Store, ...settled: Settlement[]) =>
  store.write("deliveries.settle", { settled, failing: [], disabled: [] });
const nothing = Number.MIN_SAFE_INTEGER;
const readyOf = (store: Store, id: number) => store.deliveries.ready(id, nothing, 100).map(({ eventId }) => eventId);

test("a webhook begins at the end of the journal, and its secrets are sealed", async () => {
  using folder = createFolder();
  await using store = await openFilled(folder.path);
  await say(store, clock, [{ group: 1, text: "before it" }]);
  const id = await addWebhook(store, { url });
  const webhook = (await store.webhooks.find(id))!;
  expect(webhook.cursor).toBe(store.journal.end());
  expect(webhook.secret).toBe(secret);
  using client = openReader(databaseFile(folder.path));
  const row = client.query<{ secret: Uint8Array }, []>("SELECT secret FROM webhooks").get();
  expect(Buffer.from(row!.secret).includes(secret)).toBe(false);
});

test("deliveries are made with the place up to which they were made, and from no other place", async () => {
  using folder = createFolder();
  await using store = await openFilled(folder.path);
  const id = await addWebhook(store, { url });
  const from = (await store.webhooks.find(id))!.cursor;
  const first = fanOut(id, from, [101, 102, 103]);
  const [made] = await store.write("deliveries.fan_out", first);
  expect(made!.map(({ eventId }) => eventId)).toEqual([101, 102, 103]);
  // As they are read, if they are read.
  expect(made).toEqual(store.deliveries.ready(id, nothing, 10));
  expect((await store.webhooks.find(id))!.cursor).toBe(103);
  // Told a second time, as after a mistake: it changes nothing.
  expect(await store.write("deliveries.fan_out", first)).toEqual([null]);
  expect(await store.write("deliveries.fan_out", fanOut(id, 103, [103, 104]))).toMatchObject([[{ eventId: 104 }]]);
  expect(readyOf(store, id)).toEqual([101, 102, 103, 104]);
});

test("a webhook that is paused is made no deliveries for, and stays where it was", async () => {
  using folder = createFolder();
  await using store = await openFilled(folder.path);
  const id = await addWebhook(store, { url, state: "paused" });
  const from = (await store.webhooks.find(id))!.cursor;
  expect(await store.write("deliveries.fan_out", fanOut(id, from, [101]))).toEqual([null]);
  expect(readyOf(store, id)).toEqual([]);
  expect((await store.webhooks.find(id))!.cursor).toBe(from);
});

test("what was told first of an event is told to all of that format", async () => {
  using folder = createFolder();
  await using store = await openFilled(folder.path);
  const [one, other] = [await addWebhook(store, { url }), await addWebhook(store, { url })];
  await store.write("deliveries.fan_out", fanOut(one, 1_000, [1_001]));
  const later = fanOut(other, 1_000, [1_001]);
  await store.write("deliveries.fan_out", {
    ...later,
    bodies: later.bodies.map((body) => ({ ...body, body: "edited meanwhile" })),
  });
  expect(store.deliveries.bodyOf(1_001, "native")).toBe("body of 1001");
  expect(readyOf(store, other)).toEqual([1_001]);
});

test("an attempt settles what it began and nothing else", async () => {
  using folder = createFolder();
  await using store = await openFilled(folder.path);
  const id = await addWebhook(store, { url });
  await store.write("deliveries.fan_out", fanOut(id, 1_000, [1_001]));
  const [delivery] = store.deliveries.ready(id, nothing, 1);
  const { id: deliveryId } = delivery!;
  await settle(store, settlement(deliveryId, 1, { state: "scheduled", nextAt: at + 10, status: 500, fault: "…" }));
  expect(readyOf(store, id)).toEqual([]);
  // The same attempt once more, and one of a process that is gone.
  await settle(store, settlement(deliveryId, 1), settlement(deliveryId, 2));
  expect((await store.deliveryLog.find(deliveryId))!.state).toBe("scheduled");
  expect(await store.deliveryLog.attemptsOf([deliveryId])).toHaveLength(1);
  expect(await store.write("deliveries.promote", { now: at + 9, most: 10 })).toEqual([]);
  expect(await store.write("deliveries.promote", { now: at + 10, most: 10 })).toEqual([
    { webhookId: id, ...store.deliveries.ready(id, nothing, 1)[0]! },
  ]);
  await settle(store, settlement(deliveryId, 2));
  expect(await store.deliveryLog.find(deliveryId)).toMatchObject({ state: "delivered", attempts: 2, tries: 2 });
  expect((await store.deliveryLog.attemptsOf([deliveryId])).map(({ number, status }) => [number, status])).toEqual([
    [1, 500],
    [2, 200],
  ]);
});

test("one that is told again has all its tries, and its log goes on", async () => {
  using folder = createFolder();
  await using store = await openFilled(folder.path);
  const id = await addWebhook(store, { url });
  await store.write("deliveries.fan_out", fanOut(id, 1_000, [1_001]));
  const deliveryId = store.deliveries.ready(id, nothing, 1)[0]!.id;
  await settle(store, settlement(deliveryId, 1, { state: "failed", status: 500, fault: "It answered 500." }));
  expect(await store.write("deliveries.replay", { ids: [deliveryId] })).toBe(1);
  expect(await store.write("deliveries.replay", { ids: [deliveryId] })).toBe(0);
  expect(store.deliveries.ready(id, nothing, 1)).toMatchObject([{ attempts: 1, tries: 0 }]);
  await settle(store, settlement(deliveryId, 2));
  expect(await store.deliveryLog.find(deliveryId)).toMatchObject({ state: "delivered", attempts: 2, tries: 1 });
});

/** Rows as they are after weeks, put there at once. */
function fillDeliveries(
  dataDir: string,
  webhookId: number,
  rows: { count: number; state: number; nextAt: number | null },
) {
  const client = openWriter(databaseFile(dataDir));
  client.run(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO deliveries (webhook_id, event_id, type, event_at, format, lane, state, attempts, tries, next_at, created_at)
     SELECT ?, 5000000 + i, 'message.received', ${at}, 0, i % 500, ?, 1, 1, ? + i, ${at} FROM n`,
    [rows.count, webhookId, rows.state, rows.nextAt],
  );
  client.close();
}

test("what may go now is found at once among hundreds of thousands that wait", async () => {
  using folder = createFolder();
  const ids = await (async () => {
    await using store = await openFilled(folder.path);
    const made = [await addWebhook(store, { url }), await addWebhook(store, { url }), await addWebhook(store, { url })];
    await store.write("deliveries.fan_out", fanOut(made[2]!, 1_000, [1_001, 1_002]));
    return made as [number, number, number];
  })();
  fillDeliveries(folder.path, ids[0], { count: 200_000, state: 1, nextAt: at + day });
  fillDeliveries(folder.path, ids[1], { count: 200_000, state: 0, nextAt: null });
  await using store = await openRigStore(folder.path, clock);
  const tooks = Array.from({ length: 200 }, (_, round) => {
    const begun = performance.now();
    expect(readyOf(store, ids[2])).toEqual([1_001, 1_002]);
    expect(readyOf(store, ids[0])).toEqual([]);
    expect(store.deliveries.ready(ids[1], round, 100)).toHaveLength(100);
    expect(store.deliveries.readyInOrder(ids[1], round, 100)).toHaveLength(100);
    expect(store.deliveries.nextAt()).toBe(at + day + 1);
    return performance.now() - begun;
  }).sort((a, b) => a - b);
  // A walk through either heap of them takes a hundred times as long.
  expect(tooks[100]!).toBeLessThan(5);
});

test("the log is read newest first, by what became of it, of what and when, page by page", async () => {
  using folder = createFolder();
  await using store = await openFilled(folder.path);
  const id = await addWebhook(store, { url });
  await store.write("deliveries.fan_out", fanOut(id, 1_000, [1_001, 1_002, 1_003, 1_004]));
  const rows = store.deliveries.ready(id, nothing, 10);
  await settle(store, settlement(rows[0]!.id, 1), settlement(rows[1]!.id, 1, { state: "failed", fault: "no" }));
  const events = async (more: object, before: number | null = null, limit = 10) =>
    (await store.deliveryLog.list({ webhookId: id, ...more }, before, limit)).map(({ eventId }) => eventId);
  expect(await events({})).toEqual([1_004, 1_003, 1_002, 1_001]);
  expect(await events({}, 1_003, 1)).toEqual([1_002]);
  expect(await events({ states: ["failed"] })).toEqual([1_002]);
  expect(await events({ states: ["ready", "scheduled"] })).toEqual([1_004, 1_003]);
  expect(await events({ type: "message.sent" })).toEqual([]);
  expect(await events({ since: at + 1 })).toEqual([]);
  expect(await events({ since: at, until: at + 1 })).toHaveLength(4);
});

test("where each chat is told in order, chats that wait cost next to nothing, however much is behind them", async () => {
  using folder = createFolder();
  const id = await (async () => {
    await using store = await openFilled(folder.path);
    const made = await addWebhook(store, { url });
    await store.write("deliveries.fan_out", fanOut(made, 1_000, [1_001, 1_002], { lane: 501 }));
    await store.write("deliveries.fan_out", fanOut(made, 1_002, [1_003], { lane: 700 }));
    return made;
  })();
  fillDeliveries(folder.path, id, { count: 100_000, state: 0, nextAt: null });
  const holdUp = openWriter(databaseFile(folder.path));
  holdUp.run("UPDATE deliveries SET state = 1, next_at = ? WHERE event_id <= 5000500 AND lane < 500", [at + day]);
  holdUp.close();
  await using store = await openRigStore(folder.path, clock);
  const found = (lane: number, limit: number) =>
    store.deliveries.readyInOrder(id, lane, limit).map(({ lane: of, eventId }) => [of, eventId]);
  const all = [
    [501, 1_001],
    [501, 1_002],
    [700, 1_003],
  ];
  expect(found(501, 100)).toEqual(all.slice(2));
  expect(found(nothing, 2)).toEqual(all.slice(0, 2));
  const tooks = Array.from({ length: 50 }, () => {
    const begun = performance.now();
    expect(found(nothing, 100)).toEqual(all);
    return performance.now() - begun;
  }).sort((a, b) => a - b);
  // Looking at each of those that wait takes ten times as long.
  expect(tooks[25]!).toBeLessThan(5);
});

test("what is old goes, with what was told where nobody else was told it; what waits stays, however old", async () => {
  using folder = createFolder();
  await using store = await openFilled(folder.path);
  const [one, other] = [await addWebhook(store, { url }), await addWebhook(store, { url })];
  await store.write("deliveries.fan_out", fanOut(one, 1_000, [1_001, 1_002]));
  await store.write("deliveries.fan_out", fanOut(other, 1_000, [1_002, 1_003]));
  const idsOf = (id: number) => store.deliveries.ready(id, nothing, 10).map((row) => row.id);
  await settle(store, ...idsOf(one).map((id) => settlement(id, 1)));
  const prune = async (before: number) => {
    let after: number | null = 0;
    while (after !== null) after = await store.write("deliveries.prune", { before, after, most: 1 });
  };
  await prune(at);
  expect((await store.deliveryLog.list({ webhookId: one }, null, 9)).length).toBe(2);
  await prune(at + day);
  expect(await store.deliveryLog.list({ webhookId: one }, null, 9)).toEqual([]);
  expect(readyOf(store, other)).toEqual([1_002, 1_003]);
  const bodies = async () => (await store.deliveryLog.bodiesOf([1_001, 1_002, 1_003])).map(({ eventId }) => eventId);
  expect(await bodies()).toEqual([1_002, 1_003]);
  await settle(store, settlement(idsOf(other)[0]!, 1));
  await store.write("deliveries.prune_bodies", { before: at + day, after: 0, most: 10 });
  expect(await bodies()).toEqual([1_003]);
});

test("the journal keeps what a webhook has not come to, and goes otherwise", async () => {
  using folder = createFolder();
  await using store = await openFilled(folder.path);
  const id = await addWebhook(store, { url });
  await say(store, clock, [{ group: 1, text: "one" }]);
  const end = store.journal.end();
  const prune = async () => {
    await store.write("journal.prune", { before: at + day, after: 0, most: 100 });
    return (await store.journal.after(1, 0, 9)).map((event) => event.id);
  };
  const { cursor: from } = (await store.webhooks.find(id))!;
  expect(await prune()).toEqual(Array.from({ length: end - from }, (_, n) => from + 1 + n));
  await store.write("deliveries.fan_out", fanOut(id, from, [], { to: end }));
  expect(await prune()).toEqual([]);
});

test("what one webhook has not come to is kept for all, so that whoever reads on is told where it ends", async () => {
  using folder = createFolder();
  await using store = await openFilled(folder.path);
  const slow = await addWebhook(store, { url });
  await say(store, clock, [{ group: 1, text: "one" }]);
  const seen = store.journal.end();
  const { cursor } = (await store.webhooks.find(slow))!;
  await say(store, clock, [{ group: 2, text: "two" }]);
  await addWebhook(store, { url });
  const end = store.journal.end();
  const prune = async () => {
    let after: number | null = 0;
    while (after !== null) after = await store.write("journal.prune", { before: at + day, after, most: 1 });
    return store.journal.goneUpTo();
  };
  expect(await prune()).toBe(cursor);
  await store.write("deliveries.fan_out", fanOut(slow, cursor, [], { to: seen }));
  expect(await prune()).toBe(seen);
  // Whose account is switched off is told nothing until somebody switches it on: nobody waits for that.
  const off = openWriter(databaseFile(folder.path));
  off.run("UPDATE accounts SET disabled_at = 1");
  off.close();
  expect(await prune()).toBe(end);
});

test("what is old is looked for up to a whole piece of what is not, and no further", async () => {
  using folder = createFolder();
  await using store = await openFilled(folder.path);
  const id = await addWebhook(store, { url });
  // The clock was wrong for a while: the third is older than those before it.
  const made = [0, day, 0, day, day, day, 0];
  let from = 1_000;
  for (const later of made) {
    await store.write("deliveries.fan_out", { ...fanOut(id, from, [from + 1]), at: at + later });
    from += 1;
  }
  const ready = store.deliveries.ready(id, nothing, 10);
  await settle(store, ...ready.map((row, place) => settlement(row.id, 1, { at: at + made[place]! })));
  const events = async () => (await store.deliveryLog.list({ webhookId: id }, null, 9)).map(({ eventId }) => eventId);
  const bodies = async () => (await store.deliveryLog.bodiesOf([1_001, 1_003, 1_007])).map(({ eventId }) => eventId);
  for (const kind of ["deliveries.prune_bodies", "deliveries.prune"] as const) {
    let after: number | null = 0;
    while (after !== null) after = await store.write(kind, { before: at + day, after, most: 2 });
    expect(await bodies()).toEqual([1_007]);
  }
  expect((await events()).toReversed()).toEqual([1_002, 1_004, 1_005, 1_006, 1_007]);
});

test("what is said because of an answer is kept with what came of the attempt, once for its delivery, and without a second attempt's", async () => {
  using folder = createFolder();
  await using store = await openFilled(folder.path);
  const id = await addWebhook(store, { url });
  const { cursor } = (await store.webhooks.find(id))!;
  await store.write("deliveries.fan_out", fanOut(id, cursor, [cursor + 1]));
  const [{ id: delivery } = { id: 0 }] = store.deliveries.ready(id, nothing, 1);
  const said = async () => (await store.messages.list(ofShop, { before: null, limit: 10 })).map(({ text }) => text);
  await settle(store, settlement(delivery, 2, { answer: answer("of nobody's attempt") }));
  expect(await said()).toEqual([]);
  await settle(store, settlement(delivery, 1, { answer: answer("thanks") }));
  expect(await said()).toEqual(["thanks"]);
  await store.write("deliveries.replay", { ids: [delivery] });
  await settle(store, settlement(delivery, 2, { answer: answer("thanks again") }));
  expect([await said(), (await store.deliveryLog.find(delivery))?.state]).toEqual([["thanks"], "delivered"]);
});

test("an answer that the plan has no room for is not said, and what came of the attempt stands", async () => {
  using folder = createFolder();
  await using store = await openRigStore(folder.path, clock);
  await fillRig(store, clock, "free");
  const id = await addWebhook(store, { url });
  const { cursor } = (await store.webhooks.find(id))!;
  await store.write(
    "deliveries.fan_out",
    fanOut(
      id,
      cursor,
      Array.from({ length: 101 }, (_, place) => cursor + 1 + place),
    ),
  );
  const ready = store.deliveries.ready(id, nothing, 200);
  await settle(
    store,
    ...ready.map((one) => settlement(one.id, 1, { answer: answer(`thanks ${one.id}`, `delivery ${one.id}`) })),
  );
  expect(await store.messages.count(ofShop)).toBe(100);
  expect(readyOf(store, id)).toEqual([]);
});

const ofShop = { accountId: 1, sessionIds: [1], direction: "out" as const };
let answers = 0;

function answer(text: string, name = "delivery 1"): NewMessage {
  const target = "15551000003@s.whatsapp.net";
  return {
    ...{ sessionId: 1, chat: chatOf(target), target, waId: `3EB0${String(answers++).padStart(16, "0")}` },
    ...{ content: { kind: "text", text, preview: null }, context: bareContext, raw: new Uint8Array([1]), secret: null },
    ...{ createdAt: at, expiresAt: at + day, isUrgent: false, file: null },
    idempotency: { key: `answer ${name}`, fingerprint: Buffer.from(name) },
  };
}
