// What one webhook is told next, read from a store in which others write meanwhile.
import { expect, test } from "bun:test";
import { createDeliveryQueue } from "../../../src/jobs/webhooks/queue.ts";
import { databaseFile } from "../../../src/store/data-directory.ts";
import { openWriter } from "../../../src/store/database.ts";
import type { ReadyDelivery } from "../../../src/store/ready-deliveries.ts";
import type { Store } from "../../../src/store/store.ts";
import { createFolder } from "../../support/folder.ts";
import { addWebhook, clockOfRig, fillRig, openRigStore } from "../../support/webhook-rig.ts";

const clock = clockOfRig();

/** Each look at the deliveries is followed at once by what another thread commits at that moment. */
function disturbed({ deliveries }: Store, disturb: () => void): Pick<Store, "deliveries"> {
  const after =
    <Given extends unknown[], Found>(look: (...given: Given) => Found) =>
    (...given: Given) => {
      const found = look(...given);
      disturb();
      return found;
    };
  const { ready, readyInOrder, readyInLane } = deliveries;
  const disturbedLooks = { ready: after(ready), readyInOrder: after(readyInOrder), readyInLane: after(readyInLane) };
  return { deliveries: { ...deliveries, ...disturbedLooks } };
}

test("what becomes ready in the middle of a look is not overtaken by what waits for it", async () => {
  using folder = createFolder();
  await using store = await openRigStore(folder.path, clock);
  await fillRig(store, clock);
  const webhookId = await addWebhook(store, { url: "https://hooks.example/" });
  using client = openWriter(databaseFile(folder.path));
  const insert = client.query(
    `INSERT INTO deliveries (webhook_id, event_id, type, event_at, format, lane, state, attempts, tries, next_at, created_at)
     VALUES (?, ?, 'message.received', 0, 0, ?, ?, 1, 1, 0, 0)`,
  );
  for (const [event, state] of [
    [1, 1],
    [2, 0],
  ] as const) {
    for (const lane of [1, 2, 3]) insert.run(webhookId, 10 * lane + event, lane, state);
  }
  let isDisturbed = false;
  const promote = () => {
    if (!isDisturbed) client.run("UPDATE deliveries SET state = 0 WHERE lane = 2");
    isDisturbed = true;
  };
  const queue = createDeliveryQueue({ store: disturbed(store, promote), webhookId, isOrdered: () => true });
  const told: number[] = [];
  for (let look = 0; look < 4; look++) {
    const item: ReadyDelivery | null = queue.next();
    if (item === null) {
      queue.stale();
      continue;
    }
    told.push(item.eventId);
    // Taken by its receiver, and written down.
    client.run("UPDATE deliveries SET state = 2 WHERE id = ?", [item.id]);
    queue.attempted(item, false);
    queue.settled(item);
  }
  expect(told).toEqual([21, 22]);
});

type Row = { event: number; lane: number; state?: number; attempts?: number };

async function openQueue(dataDir: string, rows: readonly Row[], isOrdered = false) {
  const store = await openRigStore(dataDir, clock);
  await fillRig(store, clock);
  const webhookId = await addWebhook(store, { url: "https://hooks.example/" });
  const client = openWriter(databaseFile(dataDir));
  const insert = client.query(
    `INSERT INTO deliveries (webhook_id, event_id, type, event_at, format, lane, state, attempts, tries, next_at, created_at)
     VALUES (?, ?, 'message.received', 0, 0, ?, ?, ?, 0, 0, 0)`,
  );
  const add = (some: readonly Row[]) => {
    for (const { event, lane, state = 0, attempts = 0 } of some) insert.run(webhookId, event, lane, state, attempts);
  };
  client.transaction(add)(rows);
  client.run("PRAGMA synchronous = OFF");
  let reads = 0;
  const counted = disturbed(store, () => {
    reads += 1;
  });
  const queue = createDeliveryQueue({ store: counted, webhookId, isOrdered: () => isOrdered });
  const deliver = (item: ReadyDelivery) => {
    client.run("UPDATE deliveries SET state = 2 WHERE id = ?", [item.id]);
    queue.attempted(item, false);
  };
  /** Each is written down only after so many others were attempted. */
  function drain(lag = 0): number[] {
    const told: number[] = [];
    const unsettled: ReadyDelivery[] = [];
    for (;;) {
      const item = queue.next();
      if (item === null && unsettled.length === 0) return told;
      if (item === null || unsettled.length > lag) queue.settled(unsettled.shift()!);
      if (item === null) continue;
      told.push(item.eventId);
      deliver(item);
      unsettled.push(item);
    }
  }
  return {
    ...{ store, webhookId, client, queue, add, drain, deliver, reads: () => reads },
    async [Symbol.asyncDispose]() {
      client.close();
      await store[Symbol.asyncDispose]();
    },
  };
}

test("everything is told once, each lane in its order, and nothing is read again and again", async () => {
  using folder = createFolder();
  const rows = Array.from({ length: 6_000 }, (_, event) => ({ event, lane: event % 7 === 0 ? 1 : event % 300 }));
  await using opened = await openQueue(folder.path, rows);
  const told = opened.drain(250);
  expect(told.toSorted((a, b) => a - b)).toEqual(rows.map(({ event }) => event));
  const seen = new Map<number, number>();
  for (const event of told) {
    const { lane } = rows[event]!;
    expect(event).toBeGreaterThan(seen.get(lane) ?? -1);
    seen.set(lane, event);
  }
  // A few pages for each lane; it were thousands if what is not written down yet were looked at before each.
  expect(opened.reads()).toBeLessThan(1_500);
});

test("what is made while all is told is not read at all", async () => {
  using folder = createFolder();
  await using opened = await openQueue(folder.path, []);
  expect(opened.queue.next()).toBeNull();
  const before = opened.reads();
  opened.add([1, 2, 3, 4].map((event) => ({ event, lane: event % 2 })));
  const { store, webhookId } = opened;
  opened.queue.ready(store.deliveries.ready(webhookId, -1, 10));
  expect(opened.drain()).toEqual([2, 1, 4, 3]);
  expect(opened.reads()).toBe(before);
});

test("what is made while others of its lane were not looked at comes after them", async () => {
  using folder = createFolder();
  const rows = Array.from({ length: 2_000 }, (_, event) => ({ event, lane: event % 100 }));
  await using opened = await openQueue(folder.path, rows);
  const first = opened.queue.next()!;
  opened.deliver(first);
  opened.queue.settled(first);
  opened.add([{ event: 5_000, lane: 99 }]);
  opened.queue.ready(
    opened.store.deliveries.ready(opened.webhookId, 98, 100).filter(({ eventId }) => eventId === 5_000),
  );
  const told = opened.drain();
  expect(told).toHaveLength(2_000);
  expect(told.indexOf(5_000)).toBeGreaterThan(told.indexOf(1_999));
});

test("in an ordered webhook, what is attempted again goes before what waited for it", async () => {
  using folder = createFolder();
  const rows = [1, 2, 3].flatMap((number) => [1, 2].map((lane) => ({ event: 10 * lane + number, lane })));
  await using opened = await openQueue(folder.path, rows, true);
  const { queue, client, store, webhookId } = opened;
  const failed = queue.next()!;
  expect(failed.eventId).toBe(11);
  client.run("UPDATE deliveries SET state = 1, attempts = 1 WHERE id = ?", [failed.id]);
  queue.attempted(failed, true);
  queue.settled(failed);
  expect(opened.drain()).toEqual([21, 22, 23]);
  // What is made meanwhile waits with the others.
  opened.add([{ event: 14, lane: 1 }]);
  queue.ready(store.deliveries.ready(webhookId, 0, 10).filter(({ eventId }) => eventId === 14));
  expect(opened.drain()).toEqual([]);
  client.run("UPDATE deliveries SET state = 0 WHERE id = ?", [failed.id]);
  queue.ready(store.deliveries.ready(webhookId, 0, 1));
  expect(opened.drain()).toEqual([11, 12, 13, 14]);
});

test("in an ordered webhook, what was just made does not overtake what is ready again by the time of its turn", async () => {
  using folder = createFolder();
  const rows = [
    { event: 11, lane: 1, state: 1, attempts: 1 },
    { event: 12, lane: 1 },
  ];
  await using opened = await openQueue(folder.path, rows, true);
  const { queue, client, store, webhookId } = opened;
  expect(opened.drain()).toEqual([]);
  opened.add([{ event: 13, lane: 1 }]);
  queue.ready(store.deliveries.ready(webhookId, 0, 10).filter(({ eventId }) => eventId === 13));
  // Something else makes everything be looked at anew; in the middle of that the first one's time has come.
  queue.stale();
  client.run("UPDATE deliveries SET state = 0 WHERE event_id = 11");
  queue.ready(store.deliveries.ready(webhookId, 0, 1));
  expect(opened.drain()).toEqual([11, 12, 13]);
});
