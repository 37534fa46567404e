// Webhooks over the ends of the gateway, orderly and not: everything that was said since they were made is told, in the
// order of its chat, and told twice only under the same id.
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { fillAnsweringRig, startAnsweringRig } from "../../support/answering-rig.ts";
import { createFolder } from "../../support/folder.ts";
import { type HttpHost, startHttpHost } from "../../support/http-host.ts";
import { until } from "../../support/until.ts";
import { addWebhook, clockOfRig, fillRig, openRigStore, say, startRig, textsIn } from "../../support/webhook-rig.ts";

const programs = join(import.meta.dir, "../../support");
const kills = 6;

/** Killed without a word; gives back the number of the last one that is known to be on disk. */
async function runAndKill(
  dataDir: string,
  { first, words, program = "webhook-process.ts" }: { first: number; words: number; program?: string },
): Promise<number> {
  const child: Subprocess<"ignore", "pipe", "inherit"> = Bun.spawn(
    ["bun", join(programs, program), dataDir, String(first)],
    {
      ...{ stdin: "ignore", stdout: "pipe", stderr: "inherit" },
    },
  );
  let last = first - 1;
  const decoder = new TextDecoder();
  for await (const piece of child.stdout) {
    const lines = decoder.decode(piece).trim().split("\n");
    last = Number(lines.at(-1));
    if (last >= first + words) child.kill("SIGKILL");
  }
  await child.exited;
  return last;
}

function toldOnce(host: HttpHost): string[] {
  const byId = new Map<string, string>();
  for (const { headers, body } of host.received) {
    const id = String(headers["webhook-id"]);
    const text = body.toString();
    // The same id is the same event, byte for byte.
    expect(byId.get(id) ?? text).toBe(text);
    byId.set(id, text);
  }
  return [...byId.values()].map((body) => JSON.parse(body).text);
}

test("killed again and again, the gateway tells everything that was said, and no event under two ids", async () => {
  using folder = createFolder();
  await using host = await startHttpHost((response) => response.end());
  const clock = clockOfRig();
  const id = await (async () => {
    await using store = await openRigStore(folder.path, clock);
    await fillRig(store, clock);
    await say(store, clock, [{ group: 1, text: "before there was a webhook" }]);
    return addWebhook(store, { url: `http://127.0.0.1:${host.port}/` });
  })();
  let next = 0;
  for (let run = 0; run < kills; run++) {
    // What was being said at that moment may or may not have been: it is left out.
    next = (await runAndKill(folder.path, { first: next, words: 40 + Math.floor(Math.random() * 60) })) + 2;
  }
  const store = await openRigStore(folder.path, clock);
  await using _rig = await startRig(store, clock);
  const said = (await store.journal.after(1, 0, 10_000)).filter(({ type }) => type === "message.received");
  const since = said.slice(1).map((event) => event.id);
  const log = () => store.deliveryLog.list({ webhookId: id, states: ["delivered"] }, null, 10_000);
  await until("all to be delivered", async () => (await log()).length === since.length, 20_000);
  expect((await log()).map(({ eventId }) => eventId).toReversed()).toEqual(since);
  const told = toldOnce(host);
  expect(told).toHaveLength(since.length);
  expect(new Set(told).size).toBe(since.length);
  expect(told).not.toContain("before there was a webhook");
  for (let group = 0; group < 5; group++) {
    const numbers = told.map((text) => Number(text.split(" ")[1])).filter((word) => word % 5 === group);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  }
}, 60_000);

test("killed again and again, what a receiver answers is said to everybody who wrote, and to nobody twice", async () => {
  using folder = createFolder();
  await using host = await startHttpHost((response, { body }) => {
    response.end(JSON.stringify({ response: `answer to ${JSON.parse(body.toString()).data.body}` }));
  });
  const clock = clockOfRig();
  {
    await using store = await openRigStore(folder.path, clock);
    await fillAnsweringRig(store, clock);
    await addWebhook(store, { url: `http://127.0.0.1:${host.port}/`, format: "clients", sessions: [1] });
  }
  let next = 0;
  const program = "answering-process.ts";
  for (let run = 0; run < kills; run++) {
    next = (await runAndKill(folder.path, { first: next, words: 20 + Math.floor(Math.random() * 40), program })) + 2;
  }
  const store = await openRigStore(folder.path, clock);
  await using _rig = await startAnsweringRig(store, clock);
  const texts = async (direction: "in" | "out") => {
    const rows = await store.messages.list(
      { accountId: 1, sessionIds: [1], direction },
      { before: null, limit: 9_999 },
    );
    return rows.map(({ text }) => text).toSorted();
  };
  const wanted = (await texts("in")).map((text) => `answer to ${text}`);
  const log = () => store.deliveryLog.list({ webhookId: 1, states: ["delivered"] }, null, 10_000);
  await until("all to be delivered", async () => (await log()).length === wanted.length, 20_000);
  expect(wanted.length).toBeGreaterThan(kills * 20);
  expect(await texts("out")).toEqual(wanted.toSorted());
}, 60_000);

test("what happens while nobody is told is told after the next start, and only that", async () => {
  using folder = createFolder();
  await using host = await startHttpHost((response) => response.end());
  const clock = clockOfRig();
  const words = (from: number) => Array.from({ length: 500 }, (_, n) => ({ group: n % 9, text: `word ${from + n}` }));
  {
    const store = await openRigStore(folder.path, clock);
    await fillRig(store, clock);
    await using _rig = await startRig(store, clock);
    await addWebhook(store, { url: `http://127.0.0.1:${host.port}/` });
    await say(store, clock, words(0));
    await until("the first half", () => host.received.length === 500, 10_000);
  }
  {
    await using store = await openRigStore(folder.path, clock);
    await say(store, clock, words(500));
  }
  const store = await openRigStore(folder.path, clock);
  await using _rig = await startRig(store, clock);
  await until("the second half", () => host.received.length >= 1_000, 10_000);
  await Bun.sleep(200);
  expect(new Set(textsIn(host.received)).size).toBe(1_000);
  expect(host.received).toHaveLength(1_000);
}, 40_000);

test("an attempt that the end of the gateway cuts off is made again, under the same id and as the first", async () => {
  using folder = createFolder();
  let isBack = false;
  await using host = await startHttpHost((response) => (isBack ? response.end() : undefined));
  const clock = clockOfRig();
  {
    const store = await openRigStore(folder.path, clock);
    await fillRig(store, clock);
    await using _rig = await startRig(store, clock);
    await addWebhook(store, { url: `http://127.0.0.1:${host.port}/`, timeoutMs: 30_000 });
    await say(store, clock, [{ group: 1, text: "cut off" }]);
    await until("it to be under way", () => host.received.length === 1);
  }
  isBack = true;
  const store = await openRigStore(folder.path, clock);
  await using _rig = await startRig(store, clock);
  await until("it again", () => host.received.length === 2);
  await until(
    "its end",
    async () => (await store.deliveryLog.list({ webhookId: 1 }, null, 9))[0]?.state === "delivered",
  );
  expect(host.received[1]!.headers["webhook-id"]).toBe(host.received[0]!.headers["webhook-id"]!);
  const [delivery] = await store.deliveryLog.list({ webhookId: 1 }, null, 9);
  expect(delivery!.attempts).toBe(1);
}, 20_000);
