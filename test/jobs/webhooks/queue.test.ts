// What one webhook is told next, read from a store in which others write meanwhile.
import { expect, test } from "bun:test";
import { createDeliveryQueue } from "../../../src/jobs/webhooks/queue.ts";
import { databaseFile } from "../../../src/store/data-directory.ts";
import { openWriter } from "../../../src/store/database.ts";
import type { ReadyDelivery } from "../../../src/store/deliveries.ts";
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
  const { ready, readyInOrder } = deliveries;
  return { deliveries: { ...deliveries, ready: after(ready), readyInOrder: after(readyInOrder) } };
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
