// The queue of one webhook against a model of it: whatever is made, attempted, put off, comes due and is written down late,
// in whatever order, everything is told once at a time and each chat as it should be.
import { expect, test } from "bun:test";
import { createDeliveryQueue } from "../../../src/jobs/webhooks/queue.ts";
import { databaseFile } from "../../../src/store/data-directory.ts";
import { openWriter } from "../../../src/store/database.ts";
import type { ReadyDelivery } from "../../../src/store/ready-deliveries.ts";
import { createRandom, freshSeed } from "../../faults/support/random.ts";
import { createFolder } from "../../support/folder.ts";
import { addWebhook, clockOfRig, fillRig, openRigStore } from "../../support/webhook-rig.ts";

const clock = clockOfRig();
const steps = 2_500;
const laneCount = 12;
const atOnce = 6;
type State = "ready" | "scheduled" | "done";
const codes: Record<State, number> = { ready: 0, scheduled: 1, done: 2 };

async function play(isOrdered: boolean, seed: number): Promise<void> {
  using folder = createFolder();
  await using store = await openRigStore(folder.path, clock);
  await fillRig(store, clock);
  const webhookId = await addWebhook(store, { url: "https://hooks.example/" });
  using client = openWriter(databaseFile(folder.path));
  client.run("PRAGMA synchronous = OFF");
  const random = createRandom(seed);
  const insert = client.query<{ id: number }, [number, number, number]>(
    `INSERT INTO deliveries (webhook_id, event_id, type, event_at, format, lane, state, attempts, tries, next_at, created_at)
     VALUES (?, ?, 'message.received', 0, 0, ?, 0, 0, 0, NULL, 0) RETURNING id`,
  );
  const write = client.query("UPDATE deliveries SET state = ?, attempts = ?, next_at = ? WHERE id = ?");
  const queue = createDeliveryQueue({ store, webhookId, isOrdered: () => isOrdered });
  const all = new Map<number, ReadyDelivery & { state: State }>();
  const underWay: ReadyDelivery[] = [];
  const unwritten: { item: ReadyDelivery; state: State }[] = [];
  const begun = new Map<number, number>();
  let events = 0;

  /** As on disk: before the queue is told, as it is after a commit. */
  const asRead = ({ state: _, ...row }: ReadyDelivery & { state: State }): ReadyDelivery => ({ ...row });

  function make(): void {
    const made = Array.from({ length: random.between(1, 8) }, () => {
      const [eventId, lane] = [++events, random.between(1, laneCount)];
      const id = insert.get(webhookId, eventId, lane)?.id ?? 0;
      const row = {
        id,
        eventId,
        lane,
        type: "message.received",
        eventAt: 0,
        format: "native",
        attempts: 0,
        tries: 0,
      } as const;
      all.set(id, { ...row, state: "ready" });
      return row;
    });
    if (random.chance(0.1)) queue.stale();
    else queue.ready(made);
  }

  function begin(): boolean {
    if (underWay.length >= atOnce) return false;
    const item = queue.next();
    if (item === null) return false;
    expect(underWay.some(({ lane }) => lane === item.lane)).toBe(false);
    expect(unwritten.some((one) => one.item.id === item.id)).toBe(false);
    const row = all.get(item.id);
    expect([row?.state, row?.attempts]).toEqual(["ready", item.attempts]);
    const earlier = [...all.values()].filter(({ lane, eventId }) => lane === item.lane && eventId < item.eventId);
    if (isOrdered) {
      const isTold = ({ id, state }: ReadyDelivery & { state: State }) =>
        state === "done" || unwritten.some((one) => one.item.id === id && one.state === "done");
      expect(earlier.filter((one) => !isTold(one))).toEqual([]);
    } else if (item.attempts === 0) {
      expect(begun.get(item.lane) ?? 0).toBeLessThan(item.eventId);
      begun.set(item.lane, item.eventId);
      expect(
        earlier.filter(({ id, attempts }) => attempts === 0 && !unwritten.some((one) => one.item.id === id)),
      ).toEqual([]);
    }
    underWay.push(item);
    return true;
  }

  function end(failing: number): void {
    const [item] = underWay.splice(random.between(0, underWay.length - 1), 1);
    if (item === undefined) return;
    const state = random.chance(failing) ? "scheduled" : "done";
    unwritten.push({ item, state });
    queue.attempted(item, isOrdered && state === "scheduled");
  }

  function settle(): void {
    const one = unwritten.shift();
    const row = all.get(one?.item.id ?? 0);
    if (one === undefined || row === undefined) return;
    Object.assign(row, { state: one.state, attempts: row.attempts + 1 });
    write.run(codes[one.state], row.attempts, one.state === "scheduled" ? 1 : null, row.id);
    queue.settled(one.item);
  }

  function promote(): void {
    const waiting = [...all.values()].filter(({ state }) => state === "scheduled");
    const due = random.shuffled(waiting).slice(0, random.between(1, 4));
    for (const row of due) {
      row.state = "ready";
      write.run(0, row.attempts, null, row.id);
    }
    // What others commit at that moment is told of before, or after.
    if (random.chance(0.2)) make();
    if (due.length > 0) queue.ready(due.map(asRead));
  }

  for (let step = 0; step < steps; step++) {
    const roll = random.between(1, 100);
    if (roll <= 18) make();
    else if (roll <= 50) begin();
    else if (roll <= 72) end(0.25);
    else if (roll <= 90) settle();
    else if (roll <= 98) promote();
    else queue.stale();
  }
  for (let left = 40_000; left > 0 && [...all.values()].some(({ state }) => state !== "done"); left--) {
    if (begin()) continue;
    if (underWay.length > 0) end(0);
    else if (unwritten.length > 0) settle();
    else promote();
  }
  expect([...all.values()].filter(({ state }) => state !== "done").map(({ eventId }) => eventId)).toEqual([]);
}

for (const isOrdered of [true, false]) {
  test(`${isOrdered ? "ordered" : "unordered"}, whatever happens: everything once at a time, in its order, and all of it`, async () => {
    const seed = freshSeed();
    try {
      await play(isOrdered, seed);
    } catch (error) {
      throw new Error(`with the seed ${seed}`, { cause: error });
    }
  }, 30_000);
}
