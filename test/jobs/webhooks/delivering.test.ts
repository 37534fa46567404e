// Webhooks at receivers of every kind: what they get, when they get it again, and when no more.
import { expect, test } from "bun:test";
import type { ServerResponse } from "node:http";
import { day, hour, minute, second } from "../../../src/core/clock.ts";
import { createCaller } from "../../../src/net/caller.ts";
import type { NewWebhook } from "../../../src/store/webhooks.ts";
import { anywhere } from "../../support/addresses.ts";
import { createFolder } from "../../support/folder.ts";
import { type HttpHost, type Received, startHttpHost } from "../../support/http-host.ts";
import { until } from "../../support/until.ts";
import {
  addWebhook,
  clockOfRig,
  fillRig,
  openRigStore,
  type Rig,
  say,
  startRig,
  textsIn,
} from "../../support/webhook-rig.ts";

type Answering = (response: ServerResponse, request: Received, number: number) => unknown;
type Story = AsyncDisposable & {
  rig: Rig;
  host: HttpHost;
  id: number;
  clock: ReturnType<typeof clockOfRig>;
  /** Somebody says it, in that group. */
  say(word: string, group?: number): Promise<void>;
  deliveries(): ReturnType<Rig["store"]["deliveryLog"]["list"]>;
  faults(): Promise<(string | null)[]>;
};

async function begin(answer: Answering, changes: Partial<NewWebhook> = {}, plan = "unlimited"): Promise<Story> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(createFolder());
  let number = 0;
  const host = opened.use(await startHttpHost((response, request) => answer(response, request, ++number)));
  const clock = clockOfRig();
  const store = await openRigStore(folder.path, clock);
  await fillRig(store, clock, plan);
  const rig = opened.use(await startRig(store, clock));
  const id = await addWebhook(store, { url: `http://127.0.0.1:${host.port}/hook`, ...changes });
  const keep = opened.move();
  const deliveries = () => store.deliveryLog.list({ webhookId: id }, null, 1_000);
  return {
    ...{ rig, host, id, clock, deliveries },
    say: (word, group = 1) => say(store, clock, [{ group, text: word }]),
    async faults() {
      const all = await deliveries();
      return (await store.deliveryLog.attemptsOf(all.map((one) => one.id))).map(({ fault }) => fault);
    },
    [Symbol.asyncDispose]: () => keep.disposeAsync(),
  };
}

const state = async (story: Story) => (await story.deliveries()).map((one) => one.state);
const becomes = (story: Story, wanted: string) =>
  until(`a delivery that is ${wanted}`, async () => (await state(story))[0] === wanted);
/** The clock moves so far, and whoever looks at it every second has looked. */
async function attempts(story: Story, count: number): Promise<void> {
  await until(`${count} attempts`, () => story.host.received.length >= count);
  await until("it to be written down", async () => (await story.deliveries())[0]?.attempts === count);
}

test("what is not taken is tried again in the schedule's time, and fails for good after the last", async () => {
  await using story = await begin((response) => response.writeHead(500).end("no"));
  await story.say("one");
  await attempts(story, 1);
  const waits = [10 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute];
  for (const [place, wait] of waits.entries()) {
    const [delivery] = await story.deliveries();
    expect(delivery!.state).toBe("scheduled");
    expect(delivery!.nextAt! - story.clock.now()).toBeGreaterThanOrEqual(wait);
    expect(delivery!.nextAt! - story.clock.now()).toBeLessThan(wait + second);
    story.clock.advance(wait + second);
    await attempts(story, place + 2);
  }
  await becomes(story, "failed");
  const { received } = story.host;
  expect(received).toHaveLength(6);
  expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  expect(new Set(received.map(({ body }) => body.toString())).size).toBe(1);
  const stamps = received.map(({ headers }) => Number(headers["webhook-timestamp"]));
  expect(stamps).toEqual(stamps.toSorted((a, b) => a - b));
  expect(new Set(stamps).size).toBe(6);
  expect(await story.faults()).toEqual(Array.from({ length: 6 }, () => "It answered 500."));
}, 30_000);

test("a receiver that asks for time gets it, and all that is for it waits", async () => {
  const story = await begin((response, _, number) => {
    if (number === 1) response.writeHead(429, { "retry-after": "60" });
    response.end();
  });
  await using _ = story;
  await story.say("first");
  await attempts(story, 1);
  await story.say("second", 2);
  await until("two deliveries", async () => (await story.deliveries()).length === 2);
  const first = (await story.deliveries())[1]!;
  expect(first.nextAt! - story.clock.now()).toBeGreaterThanOrEqual(minute);
  expect(story.host.received).toHaveLength(1);
  story.clock.advance(59 * second);
  await Bun.sleep(1_200);
  expect(story.host.received).toHaveLength(1);
  story.clock.advance(2 * second);
  await until("both", async () => (await state(story)).every((one) => one === "delivered"));
  expect(story.host.received).toHaveLength(3);
}, 15_000);

test("an hour is the longest that a receiver can ask for", async () => {
  await using story = await begin((response) => response.writeHead(503, { "retry-after": "999999" }).end());
  await story.say("first");
  await attempts(story, 1);
  const [delivery] = await story.deliveries();
  expect(delivery!.nextAt! - story.clock.now()).toBeLessThan(hour + second);
  expect(delivery!.nextAt! - story.clock.now()).toBeGreaterThanOrEqual(hour);
});

test("whoever answers 410 is told nothing more, and others hear of it", async () => {
  await using story = await begin((response) => response.writeHead(410).end());
  const { store } = story.rig;
  await using other = await startHttpHost((response) => response.end());
  await addWebhook(store, { url: `http://127.0.0.1:${other.port}/`, events: ["webhook.*"] });
  await story.say("one");
  await until("its end", async () => (await story.rig.find(story.id)).state === "disabled");
  expect(await story.rig.find(story.id)).toMatchObject({ reason: "gone" });
  await story.say("two");
  const told = await until("word of it", () => other.received[0]);
  expect(JSON.parse(told.body.toString())).toMatchObject({
    event: "webhook.disabled",
    data: { reason: { code: "gone" } },
  });
  expect(story.host.received).toHaveLength(1);
  // Resumed, it is told what it was not told meanwhile.
  const event = { actor: { accountId: 1, via: "test", address: null }, accountId: 1, target: null, detail: {}, at: 0 };
  await store.write("webhooks.set_state", {
    ...{ id: story.id, state: "active", at: 0 },
    event: { ...event, action: "webhook.resumed" },
  });
  await until("the second", () => textsIn(story.host.received).includes("two"));
});

test("five days in which nothing could be delivered are enough", async () => {
  await using story = await begin((response) => response.writeHead(500).end(), {
    retry: [86_400, 86_400, 86_400, 86_400, 86_400, 86_400],
  });
  await story.say("one");
  for (let days = 1; days <= 5; days++) {
    await attempts(story, days);
    expect((await story.rig.find(story.id)).state).toBe("active");
    story.clock.advance(day + second);
  }
  await until("its end", async () => (await story.rig.find(story.id)).state === "disabled");
  expect(await story.rig.find(story.id)).toMatchObject({ reason: "failing" });
}, 20_000);

test("a success in between begins the five days anew", async () => {
  await using story = await begin((response, _, number) => response.writeHead(number === 3 ? 200 : 500).end(), {
    retry: [86_400 * 1],
  });
  await story.say("one");
  await until("a failure", async () => (await story.rig.find(story.id)).failingSince !== null);
  story.clock.advance(day + second);
  await until("its last attempt", () => story.host.received.length === 2);
  await story.say("two", 2);
  await until("a success", async () => (await story.rig.find(story.id)).failingSince === null);
});

const silent: Answering = () => new Promise(() => {});
const endless: Answering = async (response) => {
  response.writeHead(200);
  while (!response.destroyed) {
    response.write(Buffer.alloc(64 * 1_024, 7));
    await Bun.sleep(1);
  }
};
const dripping: Answering = async (response) => {
  response.writeHead(200, { "content-length": "1000" });
  for (let n = 0; n < 1_000 && !response.destroyed; n++) {
    response.write("x");
    await Bun.sleep(50);
  }
};
const garbage: Answering = (response) => void response.socket?.end("this is no HTTP\r\n\r\n");
const reset: Answering = (response) => void response.socket?.resetAndDestroy();

test.each([
  ["says nothing", silent, "within 1 s"],
  ["answers drop by drop", dripping, "within 1 s"],
  ["answers garbage", garbage, ""],
  ["resets", reset, ""],
])("a receiver that %s has failed", async (_what, answer, reason) => {
  await using story = await begin(answer, { timeoutMs: second });
  await story.say("one");
  await becomes(story, "scheduled");
  const [fault] = await story.faults();
  expect(fault).toContain(reason);
  const [delivery] = await story.deliveries();
  expect((await story.rig.store.deliveryLog.attemptsInFull(delivery!.id))[0]).toMatchObject({
    status: null,
    body: null,
  });
});

test("a receiver that answers endlessly is heard for 64 KiB, of which 16 are kept", async () => {
  await using story = await begin(endless);
  await story.say("one");
  await becomes(story, "delivered");
  const [delivery] = await story.deliveries();
  const [attempt] = await story.rig.store.deliveryLog.attemptsInFull(delivery!.id);
  expect(attempt!.body).toHaveLength(16 * 1_024);
  await until("the end of its connection", () => story.host.open() === 0);
});

test("a redirect is not followed, wherever it leads", async () => {
  await using canary = await startHttpHost((response) => response.end());
  await using story = await begin((response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${canary.port}/` }).end(),
  );
  await story.say("one");
  await becomes(story, "scheduled");
  expect(await story.faults()).toEqual(["It answered 307, and redirects are not followed."]);
  expect(canary.connections()).toBe(0);
});

test("secrets that a receiver says back are not in the log", async () => {
  const headers = { Authorization: "Bearer of-a-shop-3f9a" };
  await using story = await begin((response, { headers: sent }) =>
    response
      .writeHead(200, { "set-cookie": "visitor=1", "x-sent": String(sent.authorization) })
      .end(JSON.stringify(sent)),
  );
  const { store } = story.rig;
  const webhook = await story.rig.find(story.id);
  const cell = { table: "webhooks", column: "headers", row: webhook.cell };
  await store.write("webhooks.update", {
    ...{ id: story.id, seen: webhook.cursor, at: 0 },
    changes: { headers: store.sealer.seal(Buffer.from(JSON.stringify(headers)), cell) },
    event: {
      action: "webhook.updated",
      actor: { accountId: 1, via: "test", address: null },
      accountId: 1,
      target: null,
      detail: {},
      at: 0,
    },
  });
  await story.say("one");
  await becomes(story, "delivered");
  expect(story.host.received[0]!.headers.authorization).toBe(headers.Authorization);
  const [delivery] = await story.deliveries();
  const [attempt] = await store.deliveryLog.attemptsInFull(delivery!.id);
  expect(attempt!.body!.toString()).toContain("********");
  expect(attempt!.body!.toString()).not.toContain("3f9a");
  expect(attempt!.headers).toMatchObject({ "set-cookie": "********", "x-sent": "********" });
});

test("a chat's first attempts are in its order, whatever becomes of them", async () => {
  await using story = await begin(async (response, { body }) => {
    await Bun.sleep(Math.random() * 5);
    response.writeHead(body.includes("3 of") ? 500 : 200).end();
  });
  const words = Array.from({ length: 60 }, (_, n) => ({ group: n % 3, text: `${Math.floor(n / 3)} of ${n % 3}` }));
  await say(story.rig.store, story.clock, words);
  await until("all", () => story.host.received.length === 60);
  for (let group = 0; group < 3; group++) {
    const own = textsIn(story.host.received).filter((text) => text.endsWith(`of ${group}`));
    expect(own).toEqual(Array.from({ length: 20 }, (_, n) => `${n} of ${group}`));
  }
});

test("an ordered webhook waits for the earlier ones of a chat, and goes past what has failed for good", async () => {
  const failing = new Set(["1 of 0", "2 of 1"]);
  await using story = await begin(
    (response, { body }) => response.writeHead(failing.has(JSON.parse(body.toString()).text) ? 500 : 200).end(),
    { isOrdered: true, retry: [10] },
  );
  const words = Array.from({ length: 8 }, (_, n) => ({ group: n % 2, text: `${Math.floor(n / 2)} of ${n % 2}` }));
  await say(story.rig.store, story.clock, words);
  await until("two to wait", async () => (await state(story)).filter((one) => one === "scheduled").length === 2);
  expect(textsIn(story.host.received).toSorted()).toEqual(
    ["0 of 0", "0 of 1", "1 of 0", "1 of 1", "2 of 1"].toSorted(),
  );
  await Bun.sleep(1_200);
  expect(story.host.received).toHaveLength(5);
  failing.delete("2 of 1");
  story.clock.advance(11 * second);
  await until("all to be settled", async () =>
    (await state(story)).every((one) => one === "delivered" || one === "failed"),
  );
  const [first, second_] = [0, 1].map((group) =>
    textsIn(story.host.received).filter((text) => text.endsWith(`of ${group}`)),
  );
  expect(first).toEqual(["0 of 0", "1 of 0", "1 of 0", "2 of 0", "3 of 0"]);
  expect(second_).toEqual(["0 of 1", "1 of 1", "2 of 1", "2 of 1", "3 of 1"]);
}, 15_000);

test("no more than ten are under way at a time for one receiver, and never two of one chat", async () => {
  let [open, most, twice] = [0, 0, 0];
  const groups = new Set<string>();
  await using story = await begin(async (response, { body }) => {
    const { group_id: group } = JSON.parse(body.toString());
    if (groups.has(group)) twice += 1;
    groups.add(group);
    most = Math.max(most, ++open);
    await Bun.sleep(10);
    open -= 1;
    groups.delete(group);
    response.end();
  });
  await say(
    story.rig.store,
    story.clock,
    Array.from({ length: 200 }, (_, n) => ({ group: n % 40, text: `word ${n}` })),
  );
  const isDone = async () => (await state(story)).filter((one) => one === "delivered").length === 200;
  await until("all", isDone, 20_000);
  expect([most, twice]).toEqual([10, 0]);
  expect(story.host.received).toHaveLength(200);
  // One connection each, kept.
  expect(story.host.connections()).toBeLessThanOrEqual(12);
}, 30_000);

test("what is beyond the plan's events a minute waits, and none is dropped", async () => {
  await using story = await begin((response) => response.end(), {}, "free");
  await say(
    story.rig.store,
    story.clock,
    Array.from({ length: 70 }, (_, n) => ({ group: n % 7, text: `word ${n}` })),
  );
  await until("thirty", () => story.host.received.length === 30);
  await Bun.sleep(1_200);
  expect(story.host.received).toHaveLength(30);
  story.clock.advance(minute);
  await until("sixty", () => story.host.received.length === 60);
  await Bun.sleep(1_200);
  expect(story.host.received).toHaveLength(60);
  story.clock.advance(minute);
  await until("all", async () => (await state(story)).every((one) => one === "delivered"));
  expect(new Set(textsIn(story.host.received)).size).toBe(70);
}, 20_000);

test("over TLS the receiver's name is checked, and its connection kept", async () => {
  using folder = createFolder();
  await using host = await startHttpHost((response) => response.end("ok"), { names: ["hooks.example.test"] });
  const clock = clockOfRig();
  const store = await openRigStore(folder.path, clock);
  await fillRig(store, clock);
  const openCaller = (url: string) =>
    createCaller({ url, rules: anywhere, plainHttp: "listed", ca: host.ca, resolve: async () => ["127.0.0.1"] });
  await using rig = await startRig(store, clock, { openCaller });
  const right = await addWebhook(store, { url: `https://hooks.example.test:${host.port}/` });
  const wrong = await addWebhook(store, { url: `https://other.example.test:${host.port}/` });
  for (let n = 0; n < 5; n++) await say(store, clock, [{ group: 1, text: `word ${n}` }]);
  const statesOf = async (webhookId: number) =>
    (await rig.store.deliveryLog.list({ webhookId }, null, 10)).map((one) => one.state);
  await until("all at the one", async () => (await statesOf(right)).filter((one) => one === "delivered").length === 5);
  await until(
    "none at the other",
    async () => (await statesOf(wrong)).filter((one) => one === "scheduled").length === 5,
  );
  expect(host.received).toHaveLength(5);
  expect(host.received.every(({ serverName }) => serverName === "hooks.example.test")).toBe(true);
  const [failed] = await rig.store.deliveryLog.list({ webhookId: wrong }, null, 1);
  expect((await rig.store.deliveryLog.attemptsOf([failed!.id]))[0]!.fault).toContain("not to be trusted");
});
