// Webhooks that are changed while something is under way: what waits is told at once when it may be, and a new address is
// not held to account for the old one.
import { expect, test } from "bun:test";
import { hour, minute, second } from "../../../src/core/clock.ts";
import type { Store } from "../../../src/store/store.ts";
import type { WebhookUpdate } from "../../../src/store/webhooks.ts";
import { createFolder } from "../../support/folder.ts";
import { startHttpHost } from "../../support/http-host.ts";
import { until } from "../../support/until.ts";
import { addWebhook, clockOfRig, fillRig, openRigStore, say, startRig, textsIn } from "../../support/webhook-rig.ts";

const actor = { accountId: 1, via: "test", address: null };
const event = { actor, accountId: 1, target: null, detail: {}, at: 0 };

async function setState(store: Store, id: number, state: "active" | "paused"): Promise<void> {
  const action = state === "active" ? "webhook.resumed" : "webhook.paused";
  await store.write("webhooks.set_state", { id, state, at: 0, event: { ...event, action } });
}

async function update(store: Store, id: number, changes: WebhookUpdate["changes"]): Promise<void> {
  const { cursor: seen } = (await store.webhooks.find(id))!;
  await store.write("webhooks.update", { id, changes, seen, at: 0, event: { ...event, action: "webhook.updated" } });
}

test("what comes due while a webhook is paused is told when it is resumed, also if it was paused in the middle of something", async () => {
  using folder = createFolder();
  let [isDown, letGo] = [true, Promise.withResolvers<void>()];
  await using host = await startHttpHost(async (response, { body }) => {
    const isHeld = body.includes("held");
    if (isHeld) await letGo.promise;
    response.writeHead(isDown && body.includes("tried again") ? 500 : 200).end();
  });
  const clock = clockOfRig();
  const store = await openRigStore(folder.path, clock);
  await fillRig(store, clock);
  await using rig = await startRig(store, clock);
  const id = await addWebhook(store, { url: `http://127.0.0.1:${host.port}/`, timeoutMs: 20_000 });
  const states = async () => (await store.deliveryLog.list({ webhookId: id }, null, 9)).map(({ state }) => state);
  await say(store, clock, [{ group: 1, text: "tried again" }]);
  await until("it to fail", async () => (await states())[0] === "scheduled");
  // It is trusted with more than one at a time again.
  await say(
    store,
    clock,
    [3, 4, 5].map((group) => ({ group, text: "fine" })),
  );
  await until("those to be delivered", async () => (await states()).filter((one) => one === "delivered").length === 3);
  await say(store, clock, [{ group: 2, text: "held" }]);
  await until("the other to be under way", () => host.received.length === 5);
  await Bun.sleep(1.2 * second);
  await setState(store, id, "paused");
  letGo.resolve();
  await until("its end", async () => (await states())[0] === "delivered");
  await until("nothing to be under way", () => rig.jobs.underWay() === 0);
  isDown = false;
  clock.advance(minute);
  await until("the first to be ready", async () => (await states())[4] === "ready");
  expect(host.received).toHaveLength(5);
  await setState(store, id, "active");
  await until("it to be told", async () => (await states())[4] === "delivered");
  expect(textsIn(host.received).slice(-2)).toEqual(["held", "tried again"]);
}, 20_000);

test("what is made to be told is told, also if the webhooks are read anew at that very moment", async () => {
  using folder = createFolder();
  await using host = await startHttpHost((response) => response.end());
  const clock = clockOfRig();
  const store = await openRigStore(folder.path, clock);
  await fillRig(store, clock);
  const id = await addWebhook(store, { url: `http://127.0.0.1:${host.port}/` });
  // On disk, but whoever made it has not heard of that yet when the commit of another change is told.
  const write: Store["write"] = (name, input) => {
    const made = store.write(name, input);
    if (name !== "deliveries.fan_out") return made;
    return made.finally(async () => {
      await update(store, id, { description: "changed" });
      await Bun.sleep(0);
    });
  };
  await using _rig = await startRig({ ...store, write }, clock);
  for (const [place, word] of ["one", "two", "three"].entries()) {
    await say(store, clock, [{ group: 1, text: word }]);
    await until("it to be told", () => textsIn(host.received)[place] === word);
    // Nothing more is looked for.
    await Bun.sleep(1.2 * second);
  }
});

test("a webhook that is led elsewhere does not wait for what its former receiver asked for", async () => {
  using folder = createFolder();
  await using former = await startHttpHost((response) => response.writeHead(503, { "retry-after": "3600" }).end());
  await using host = await startHttpHost((response) => response.end());
  const clock = clockOfRig();
  const store = await openRigStore(folder.path, clock);
  await fillRig(store, clock);
  await using rig = await startRig(store, clock);
  const id = await addWebhook(store, { url: `http://127.0.0.1:${former.port}/` });
  await say(store, clock, [{ group: 1, text: "one" }]);
  await until("it to fail", async () => (await rig.find(id)).failingSince !== null);
  await update(store, id, { description: "the same place" });
  await update(store, id, { url: `http://127.0.0.1:${former.port}/` });
  await say(store, clock, [{ group: 2, text: "two" }]);
  await Bun.sleep(1.2 * second);
  expect([former.received.length, (await rig.find(id)).failingSince]).toEqual([1, clock.now()]);
  await update(store, id, { url: `http://127.0.0.1:${host.port}/` });
  expect((await rig.find(id)).failingSince).toBeNull();
  await until("the second at the new place", () => textsIn(host.received).includes("two"));
  clock.advance(hour + second);
  await until("the first as well", () => textsIn(host.received).includes("one"));
  expect(former.received).toHaveLength(1);
}, 20_000);
