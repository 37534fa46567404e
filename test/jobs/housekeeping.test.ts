// What is kept no longer than wanted, as the gateway itself sees to it every hour.
import { expect, test } from "bun:test";
import { day, minute } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { startHousekeeping } from "../../src/jobs/housekeeping.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { openReader } from "../../src/store/database.ts";
import { openStore } from "../../src/store/store.ts";
import { startHttpHost } from "../support/http-host.ts";
import { fileIs, filesOnDisk, sendFile, shownAs } from "../support/sent-media.ts";
import { type Flow, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const keptDays = { events: 30, deliveries: 20, bodies: 10 };

/** The gateway ends, its house is tidied as it would be so many days later, and it begins anew. */
async function daysLater(flow: Flow, days: number, mediaTotalBytes: number | null = null): Promise<void> {
  await flow.end();
  const clock = { now: () => Date.now() + days * day };
  {
    const runner = { pid: process.pid, doing: "test" };
    const dataDir = String(flow.settings.dataDir);
    await using store = await openStore({ dataDir, masterKeys: [], runner, clock, log: silentLog });
    await using housekeeping = startHousekeeping({ store, clock, log: silentLog, mediaTotalBytes, keptDays });
    await housekeeping.tidy();
  }
  await flow.restart();
}

test("a session's messages go when they are too old for it, with their words and what they came as; those of others stay", async () => {
  await using flow = await startFlow();
  const line = await flow.link("shop", undefined, { retention_days: 7 });
  line.write("forgettable");
  await flow.call("/messages", { body: { session_id: "shop", to: others, text: "forgettable too" } });
  const desk = "15550002222";
  flow.control.phones.add({ number: desk });
  const other = await flow.link("desk", desk);
  other.write("kept for ever, forgettable or not");
  const found = async () => (await flow.call("/messages?text=forgettable")).json.data.length;
  await until("all three", async () => (await found()) === 3);
  await daysLater(flow, 8);
  expect(await found()).toBe(1);
  expect((await flow.call("/chats")).json.data).toHaveLength(2);
  expect((await flow.call("/messages")).json.data.map(({ text }: { text: string }) => text)).toEqual([
    "kept for ever, forgettable or not",
  ]);
  expect(await line.texts()).toEqual([]);
});

test("calls go with the days that events are kept", async () => {
  await using flow = await startFlow();
  await flow.link();
  const calls = async () => (await flow.call("/calls")).json.data.length;
  flow.control.phones.call(others, { to: mine });
  await until("the call", async () => (await calls()) === 1);
  await daysLater(flow, keptDays.events - 1);
  expect(await calls()).toBe(1);
  await daysLater(flow, keptDays.events + 1);
  expect(await calls()).toBe(0);
});

test("a session's files go when they are too old for it, their messages stay and say so", async () => {
  await using flow = await startFlow();
  await flow.link("shop", undefined, { media_retention_days: 7 });
  const file = sendFile(flow, { caption: "a picture" });
  const { id } = await fileIs(flow, file, "stored");
  await daysLater(flow, 8);
  expect(await fileIs(flow, file, "removed")).toMatchObject({ text: "a picture", media: { status: "removed" } });
  await until("the file to be off the disk", () => filesOnDisk(flow).length === 0);
  const asked = await flow.call(`/messages/${id}/media?wait=1`);
  expect([asked.status, asked.json.detail]).toEqual([404, "The file of this message was removed here."]);
});

test("beyond what all files may take the oldest go, but none that waits to be sent", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const files = [];
  for (let n = 0; n < 4; n++) {
    files.push(sendFile(flow));
    await fileIs(flow, files[n]!, "stored");
    flow.clock.advance(minute);
  }
  await daysLater(flow, 0, 100_000);
  await line.reaches("connected");
  const states = await Promise.all(files.map(async (file) => (await shownAs(flow, file)).media.status));
  expect(states).toEqual(["removed", "stored", "stored", "stored"]);
  await until("the file to be off the disk", () => filesOnDisk(flow).length === 3);
  await line.act("stop");
  const media = { base64: Buffer.from("to be sent").toString("base64") };
  const { json } = await flow.call("/messages?wait=none", { body: { session_id: "shop", to: others, media } });
  await daysLater(flow, 0, 1);
  await until("one to be left", () => filesOnDisk(flow).length === 1);
  await line.act("start");
  await line.sent(json.id);
});

test("with a session go its messages, their words and files", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  for (let n = 0; n < 30; n++) line.write(`words ${n}`);
  await fileIs(flow, sendFile(flow), "stored");
  const rows = (table: string) => {
    using client = openReader(databaseFile(String(flow.settings.dataDir)));
    return client.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n;
  };
  const tables = ["messages", "media", "inbox", "ratchets", "message_words_docsize", "chats"];
  await until("all of it", () => rows("message_words_docsize") === 30);
  expect((await flow.call("/sessions/shop", { method: "DELETE" })).status).toBe(204);
  expect(tables.map(rows)).toEqual([0, 0, 0, 0, 0, 0]);
  await until("the file to be off the disk", () => filesOnDisk(flow).length === 0);
});

test("events are kept for so many days, and whoever comes back later is told that some are gone", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  line.write("long ago");
  const read = async (cursor: string) => (await flow.call(`/events?limit=200&cursor=${cursor}`)).json;
  await until("it to be told", async () => JSON.stringify(await read("earliest")).includes("long ago"));
  const [first] = (await read("earliest")).data;
  await daysLater(flow, 29);
  expect((await read(first.id)).missed).toBe(false);
  expect(JSON.stringify(await read("earliest"))).toContain("long ago");
  await daysLater(flow, 31);
  const late = await read(first.id);
  expect(late.missed).toBe(true);
  expect(JSON.stringify(late.data)).not.toContain("long ago");
  expect((await read(late.next_cursor)).missed).toBe(false);
  expect((await read("earliest")).missed).toBe(false);
});

test("the log of deliveries goes when it is too old, its bodies before it, and with a webhook all of it", async () => {
  await using host = await startHttpHost((response) => response.end());
  await using flow = await startFlow();
  const line = await flow.link();
  const { json } = await flow.call("/webhooks", { body: { url: `http://127.0.0.1:${host.port}/` } });
  line.write("told");
  const log = async () => (await flow.call(`/webhooks/${json.id}/deliveries`)).json.data;
  await until("it to be told", () => host.received.some(({ body }) => body.includes('"told"')));
  await until("all of it", async () => (await log()).every(({ status }: { status: string }) => status === "success"));
  const count = (await log()).length;
  await daysLater(flow, keptDays.bodies + 1);
  const bare = await log();
  expect(bare.length).toBeGreaterThanOrEqual(count);
  expect(bare.slice(-count).every((one: { request_body: unknown }) => one.request_body === null)).toBe(true);
  await daysLater(flow, keptDays.deliveries + 1);
  const ids = (await log()).map(({ id }: { id: string }) => id);
  expect(bare.slice(-count).filter(({ id }: { id: string }) => ids.includes(id))).toEqual([]);
  await flow.call(`/webhooks/${json.id}`, { method: "DELETE" });
  const rows = (table: string) => {
    using client = openReader(databaseFile(String(flow.settings.dataDir)));
    return client.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n;
  };
  const tables = ["webhooks", "deliveries", "delivery_attempts", "delivery_bodies"];
  await until("nothing to be left", () => tables.every((table) => rows(table) === 0));
});
