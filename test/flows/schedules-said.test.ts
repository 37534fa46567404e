// What schedules say and what becomes of it while they wait: refused at once where it cannot be sent, its file kept, its
// session removed, its people forgotten; and who may see whose.
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { day, hour, isoTime, minute, second } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { startHousekeeping } from "../../src/jobs/housekeeping.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { openReader } from "../../src/store/database.ts";
import { openStore } from "../../src/store/store.ts";
import { bytesOf } from "../engine/media/prepare/files.ts";
import type { Answer } from "../support/gateway.ts";
import { filesOnDisk } from "../support/sent-media.ts";
import { type Flow, holds, others, startFlow } from "../support/session-flow.ts";
import { checkedEvents } from "../support/told-events.ts";
import { findTraces } from "../support/traces.ts";
import { until } from "../support/until.ts";

const inTime = (flow: Flow, ms: number) => isoTime(flow.clock.now() + ms);
const schedule = (flow: Flow, body: object, headers: Record<string, string> = {}): Promise<Answer> =>
  flow.call("/schedules", { body: { session_id: "shop", to: others, ...body }, headers });
const shown = async (flow: Flow, id: string) => (await flow.call(`/schedules/${id}`)).json;
const reaches = (flow: Flow, id: string, status: string) =>
  until(
    `it to be ${status}`,
    async () => {
      const now = await shown(flow, id);
      return now.status === status ? now : null;
    },
    15_000,
  );
const inbox = async ({ control }: Flow, phone = others) => {
  const { data } = await control.phones.inbox(phone, { limit: 1_000 });
  return data.filter(({ from_me }) => !from_me);
};
const photo = bytesOf("photo.jpg").toString("base64");
const everyHour = { cron: "0 * * * *", time_zone: "UTC" };

test.concurrent("what cannot be sent, and times that are none, are refused at once with a sentence", async () => {
  await using flow = await startFlow();
  await flow.create("desk", { start: false });
  await flow.link();
  const at = { send_at: inTime(flow, hour) };
  const refusals: [object, number, string, RegExp?][] = [
    [{ text: "x" }, 422, "/send_at", /Say when/],
    [{ text: "x", ...at, ...everyHour }, 422, "/send_at", /Say when/],
    [{ text: "x", send_at: "2026-12-01T09:00:00" }, 422, "/send_at", /with its offset/],
    [{ text: "x", send_at: "tomorrow" }, 422, "/send_at", /no such time/],
    [{ text: "x", send_at: inTime(flow, 0) }, 422, "/send_at", /has passed/],
    [{ text: "x", ...at, time_zone: "UTC" }, 422, "/time_zone", /alone/],
    [{ text: "x", cron: "0 9 * * *" }, 422, "/time_zone", /Say in which time zone/],
    [{ text: "x", cron: "0 9 * * *", time_zone: "Mars/Phobos" }, 422, "/time_zone", /no such time zone/],
    [{ text: "x", cron: "0 25 * * *", time_zone: "UTC" }, 422, "/cron", /five or six fields.*hour: 25/],
    [{ text: "x", cron: "0 0 30 2 *", time_zone: "UTC" }, 422, "/cron", /no such time/],
    [{ text: "x", ...everyHour, ends_at: inTime(flow, minute) }, 422, "/ends_at", /before its first/],
    [{ text: "x", ...at, if_missed: { policy: "skip", within_seconds: 60 } }, 422, "/if_missed/within_seconds"],
    [{ text: "x", ...at, to: "0151 23456" }, 422, "/to"],
    [{ text: "", ...at }, 422, "/text"],
    [{ text: "x", ...at, poll: { question: "?", options: ["a", "b"] }, location: {} }, 422, "/location/latitude"],
    [{ poll: { question: "?", options: ["a", "a"] }, ...at }, 422, "/poll/options"],
    [{ media: { base64: "###" }, type: "image", ...at }, 422, "/media/base64"],
    [{ media: { base64: Buffer.from("no picture").toString("base64") }, type: "image", ...at }, 422, ""],
    [{ media: { url: "http://127.0.0.1:1/x.png" }, ...at }, 422, "/media/url"],
    [{ text: "x", reply_to: "msg_nothing1", ...at }, 404, ""],
    [{ text: "x", ...at, session_id: "nowhere" }, 404, ""],
    [{ text: "x", ...at, session_id: "desk" }, 409, ""],
  ];
  for (const [body, status, path, sentence] of refusals) {
    const answer = await schedule(flow, body);
    expect([body, answer.status, answer.json.errors?.[0]?.path ?? ""]).toEqual([body, status, path]);
    if (sentence !== undefined) expect(answer.json.detail).toMatch(sentence);
  }
  expect((await flow.call("/schedules")).json.data).toEqual([]);
  await until("nothing to be left of them", () => filesOnDisk(flow).length === 0);
});

test.concurrent("asked for twice with one key it is made once", async () => {
  await using flow = await startFlow();
  await flow.link();
  const body = { send_at: inTime(flow, hour), media: { base64: photo } };
  const key = { "idempotency-key": "order-7" };
  const [first, second_] = [await schedule(flow, body, key), await schedule(flow, body, key)];
  expect([first.status, second_.status, second_.json.id]).toEqual([201, 201, first.json.id]);
  expect(second_.headers.get("idempotency-replayed")).toBe("true");
  expect((await schedule(flow, { ...body, text: "another" }, key)).status).toBe(422);
  const other = { body: { session_id: "shop", to: others, text: "a message" }, headers: key };
  expect((await flow.call("/messages", other)).status).toBe(422);
  expect((await flow.call("/schedules")).json.data).toHaveLength(1);
  expect(filesOnDisk(flow)).toHaveLength(1);
});

test.concurrent("a file is kept until it goes, whatever becomes of what it was brought as, and no longer", async () => {
  await using flow = await startFlow();
  await flow.link();
  const put = await flow.call("/media", { method: "PUT", headers: { "content-type": "image/jpeg" }, body: "" });
  expect(put.status).toBe(400);
  const upload = await fetch(`${flow.gateway().url}/api/v1/media`, {
    method: "PUT",
    headers: { "content-type": "image/jpeg", "x-api-key": "test-admin-key-0123456789" },
    body: bytesOf("photo.jpg"),
  });
  const { id: upload_id } = (await upload.json()) as { id: string };
  const send_at = inTime(flow, 3 * day);
  const { json: one } = await schedule(flow, { send_at, media: { upload_id }, text: "from afar" });
  const { json: other } = await schedule(flow, { send_at, media: { base64: photo } });
  expect(one).toMatchObject({ type: null, text: "from afar", media: { url: null, size: bytesOf("photo.jpg").length } });
  expect(filesOnDisk(flow)).toHaveLength(3);
  expect(
    (await flow.call(`/schedules/${other.id}`, { method: "PATCH", body: { text: "no file" } })).json.media,
  ).toBeNull();
  await flow.restart(async () => {
    const dataDir = String(flow.settings.dataDir);
    const clock = { now: () => flow.clock.now() + 2 * day };
    await using store = await openStore({
      dataDir,
      masterKeys: [],
      runner: { pid: process.pid, doing: "test" },
      clock,
      log: silentLog,
    });
    const keptDays = { events: 30, deliveries: 20, bodies: 10 };
    await using housekeeping = startHousekeeping({ store, clock, log: silentLog, keptDays });
    await housekeeping.tidy();
  });
  await until("one file to be left", () => filesOnDisk(flow).length === 1);
  flow.clock.advance(3 * day);
  await reaches(flow, one.id, "sent");
  await flow.network.settled();
  const [picture] = (await inbox(flow)).filter(({ media }) => media !== null);
  expect([picture?.text, picture?.kind]).toEqual(["from afar", "imageMessage"]);
  await until("that of the message alone to be left", () => filesOnDisk(flow).length === 1);
  expect(existsSync(filesOnDisk(flow)[0] ?? "")).toBe(true);
}, 20_000);

test.concurrent("a file by address is fetched anew where it recurs; where it is gone that run fails, and the next one goes", async () => {
  let served = 0;
  let isGone = false;
  using host = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => {
      served += 1;
      const answer = { headers: { "content-type": "text/plain" } };
      return isGone ? new Response("gone", { status: 404 }) : new Response(`edition ${served}`, answer);
    },
  });
  await using flow = await startFlow();
  await flow.link();
  const media = { url: new URL("/news.txt", host.url).href, file_name: "news.txt" };
  const { json } = await schedule(flow, { ...everyHour, type: "document", media });
  expect(json.media).toMatchObject({ url: media.url, size: null });
  const afterRuns = async (count: number) => {
    flow.clock.advance(hour);
    return until(`run ${count}`, async () => {
      const { data } = (await flow.call(`/schedules/${json.id}/runs`)).json;
      return data.length === count && data[0].status !== "queued" ? data[0] : null;
    });
  };
  expect(await afterRuns(1)).toMatchObject({ status: "sent" });
  isGone = true;
  expect(await afterRuns(2)).toMatchObject({ status: "failed", message_id: null, error: { code: "invalid" } });
  isGone = false;
  expect(await afterRuns(3)).toMatchObject({ status: "sent" });
  await flow.network.settled();
  expect(await inbox(flow)).toHaveLength(2);
  expect(served).toBe(4);
  const told = (await checkedEvents(flow.call)).map(({ event }) => event).filter((one) => one.startsWith("schedule."));
  expect(told).toEqual(["schedule.sent", "schedule.failed", "schedule.sent"]);
}, 20_000);

test.concurrent("every kind of message can wait, and reads the same in the list", async () => {
  await using flow = await startFlow();
  await flow.link();
  const send_at = inTime(flow, minute);
  const kinds: object[] = [
    { text: "see https://example.invalid", preview: false, mentions: [others], disappears_in_seconds: 86_400 },
    { location: { latitude: 1.5, longitude: 2.5, name: "Here", address: null } },
    { contacts: [{ name: "Alice", phones: ["+1 555 100 0003"] }] },
    { poll: { question: "Tea?", options: ["yes", "no"], selectable: 1 } },
    { type: "sticker", media: { base64: bytesOf("still.webp").toString("base64") } },
  ];
  for (const kind of kinds) {
    const given = JSON.parse(JSON.stringify(kind).replace(',"address":null', ""));
    const { status, json } = await schedule(flow, { send_at, ...given });
    expect(status).toBe(201);
    const { media, ...rest } = kind as { media?: object };
    expect(json).toMatchObject({ status: "pending", ...rest });
    expect(json.media === null).toBe(media === undefined);
  }
  flow.clock.advance(minute);
  const sent = async () => (await flow.call("/schedules?status=sent")).json.data.length;
  await until("all to have gone", async () => (await sent()) === kinds.length, 15_000);
  await flow.network.settled();
  expect((await inbox(flow)).map(({ kind }) => kind).sort()).toEqual([
    "contactMessage",
    "extendedTextMessage",
    "locationMessage",
    "pollCreationMessageV3",
    "stickerMessage",
  ]);
}, 20_000);

test.concurrent("with its session a schedule fails, and says so", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const { json: one } = await schedule(flow, { send_at: inTime(flow, hour), text: "never" });
  const { json: hourly } = await schedule(flow, { ...everyHour, text: "never either" });
  await line.act("stop");
  flow.clock.advance(hour);
  await until("it to wait", async () => (await shown(flow, one.id)).last_run?.status === "queued");
  await line.call("", { method: "DELETE" });
  for (const { id } of [one, hourly]) {
    const now = await shown(flow, id);
    expect(now).toMatchObject({ status: "failed", error: { code: "session_removed" }, next_run_at: null });
    expect((await flow.call(`/schedules/${id}/runs`)).json.data.map((run: Answer) => run.status)).toEqual(["failed"]);
  }
  const told = (await checkedEvents(flow.call)).filter(({ event }) => event.startsWith("schedule."));
  expect(told.map(({ event }) => event)).toEqual(["schedule.failed", "schedule.failed"]);
}, 30_000);

test.concurrent("what the plan forbids fails when its time has come", async () => {
  await using flow = await startFlow();
  await flow.link();
  const limits = { requests_per_minute: null, webhook_events_per_minute: null, sessions: null, messages_per_day: 1 };
  await flow.call("/plans", { body: { name: "one", ...limits } });
  const { data: accounts } = (await flow.call("/accounts")).json;
  expect((await flow.call(`/accounts/${accounts[0].id}`, { method: "PATCH", body: { plan: "one" } })).status).toBe(200);
  const make = (text: string) => schedule(flow, { send_at: inTime(flow, minute), text });
  const [first, second_] = [(await make("first")).json, (await make("second")).json];
  flow.clock.advance(minute);
  const ended = await until("both to end", async () => {
    const both = [await shown(flow, first.id), await shown(flow, second_.id)];
    return both.every(({ status }) => status !== "pending") ? both : null;
  });
  expect(ended.map(({ status }) => status).sort()).toEqual(["failed", "sent"]);
  expect(ended.find(({ status }) => status === "failed").error.code).toBe("daily_limit_reached");
}, 30_000);

test.concurrent("while it is on its way it cannot be called off; one that recurs says that one still, and no other", async () => {
  await using flow = await startFlow();
  await flow.link("shop", undefined, { typing: "on" });
  const text = "x".repeat(80);
  const { json: one } = await schedule(flow, { send_at: inTime(flow, hour), text });
  flow.clock.advance(hour);
  await until("it to be typed", () => flow.control.phones.typing(others).length === 1);
  const refused = await flow.call(`/schedules/${one.id}/cancel`, { method: "POST" });
  expect([refused.status, refused.json.detail]).toEqual([409, expect.stringContaining("on its way")]);
  expect((await flow.call(`/schedules/${one.id}`, { method: "DELETE" })).status).toBe(409);
  await reaches(flow, one.id, "sent");
  const { json: hourly } = await schedule(flow, { ...everyHour, text });
  flow.clock.advance(hour);
  await until("it to be typed again", () => flow.control.phones.typing(others).length === 2);
  const cancelled = await flow.call(`/schedules/${hourly.id}/cancel`, { method: "POST" });
  expect([cancelled.status, cancelled.json.status]).toEqual([200, "cancelled"]);
  await until("the run to be sent", async () => (await shown(flow, hourly.id)).last_run.status === "sent", 15_000);
  flow.clock.advance(2 * hour);
  await flow.network.settled();
  await holds("no more goes", 1_500, async () => (await inbox(flow)).length === 2);
  expect((await shown(flow, hourly.id)).status).toBe("cancelled");
}, 40_000);

test.concurrent("what would go to somebody who is forgotten goes with them, what speaks of them is called off", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const zora = "15557654321";
  flow.control.phones.add({ number: zora, name: "Zora" });
  line.write("hello", zora);
  const contact = await until("her to be there", async () => {
    const { data } = (await flow.call("/contacts")).json;
    return data.find(({ phone }: { phone: string }) => phone === `+${zora}`);
  });
  const send_at = inTime(flow, hour);
  const make = async (body: object) => (await schedule(flow, { send_at, ...body })).json.id as string;
  const hers = [await make({ to: zora, text: "xylofon" }), await make({ to: zora, media: { base64: photo } })];
  const daily = (await schedule(flow, { to: zora, text: "quittengelee", cron: "0 9 * * *", time_zone: "UTC" })).json.id;
  await flow.call(`/schedules/${daily}/run`, { method: "POST" });
  await until("that to be sent", async () => (await shown(flow, daily)).last_run.status === "sent");
  const ofHer = await make({ text: `ask +${zora}`, mentions: [zora] });
  const friends = await make({ text: "for a friend" });
  expect((await flow.call(`/contacts/${contact.id}`, { method: "DELETE" })).json).toEqual({ status: "forgotten" });
  for (const id of [...hers, daily]) expect((await flow.call(`/schedules/${id}`)).status).toBe(404);
  const now = await shown(flow, ofHer);
  expect(now).toMatchObject({ status: "cancelled", text: "ask +…", error: { code: "cancelled" } });
  expect(findTraces(String(flow.settings.dataDir), [zora, "xylofon", "quittengelee"])).toEqual([]);
  expect(filesOnDisk(flow)).toEqual([]);
  flow.clock.advance(hour);
  await reaches(flow, friends, "sent");
  await flow.network.settled();
  expect((await inbox(flow)).map(({ text }) => text)).toEqual(["for a friend"]);
  expect((await inbox(flow, zora)).map(({ text }) => text)).toEqual(["quittengelee"]);
}, 30_000);

test.concurrent("lists are narrowed and read in pages, and keys see the schedules of their own sessions", async () => {
  await using flow = await startFlow();
  await flow.link();
  const phone = "15550002222";
  flow.control.phones.add({ number: phone });
  await flow.link("desk", phone);
  const make = async (session_id: string, hours: number) =>
    (await schedule(flow, { session_id, text: `${session_id} ${hours}`, send_at: inTime(flow, hours * hour) })).json.id;
  const ids: string[] = [];
  for (const hours of [1, 2, 3]) ids.push(await make("shop", hours));
  const desk = await make("desk", 2);
  await flow.call(`/schedules/${ids[0]}/cancel`, { method: "POST" });
  const list = async (query: string, key?: string) => {
    const { json } = await flow.call(`/schedules?${query}`, key === undefined ? {} : { key });
    return json.data.map(({ id }: { id: string }) => id);
  };
  expect(await list("")).toEqual([desk, ...ids.toReversed()]);
  expect(await list("session=shop&status=pending")).toEqual([ids[2], ids[1]]);
  expect(await list("status=cancelled")).toEqual([ids[0]]);
  expect(await list(`since=${inTime(flow, 2 * hour)}&until=${inTime(flow, 3 * hour)}`)).toEqual([desk, ids[1]]);
  const since = `since=${inTime(flow, hour)}&limit=2`;
  expect(await list(since)).toEqual([ids[2], desk]);
  expect(await list(`${since}&cursor=${desk}`)).toEqual([ids[1], ids[0]]);
  expect(await list(`${since}&status=pending&session=shop&cursor=${ids[2]}`)).toEqual([ids[1]]);
  const first = await flow.call("/schedules?limit=3");
  expect(first.json.data).toHaveLength(3);
  expect(await list(`limit=3&cursor=${first.json.next_cursor}`)).toEqual([ids[0]]);
  const { json: key } = await flow.call("/keys", { body: { name: "desk", sessions: ["desk"] } });
  expect(await list("", key.key)).toEqual([desk]);
  expect((await flow.call(`/schedules/${ids[1]}`, { key: key.key })).status).toBe(404);
  expect((await flow.call(`/schedules/${ids[1]}/runs`, { key: key.key })).status).toBe(404);
  expect((await flow.call(`/schedules/${desk}`, { key: key.key })).status).toBe(200);
  const { json: reader } = await flow.call("/keys", { body: { name: "reader", scopes: ["read"] } });
  expect((await flow.call(`/schedules/${desk}/run`, { method: "POST", key: reader.key })).status).toBe(403);
}, 20_000);

test.concurrent("what ended long ago goes, with its runs; what goes on stays", async () => {
  await using flow = await startFlow();
  await flow.link();
  const { json: once } = await schedule(flow, { send_at: inTime(flow, minute), text: "once" });
  const { json: yearly } = await schedule(flow, { cron: "0 0 1 1 *", time_zone: "UTC", text: "happy new year" });
  await flow.call(`/schedules/${yearly.id}/run`, { method: "POST" });
  flow.clock.advance(minute);
  await reaches(flow, once.id, "sent");
  const count = (table: string) => {
    const client = openReader(databaseFile(String(flow.settings.dataDir)));
    const [row] = client.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).all();
    client.close();
    return row?.n;
  };
  expect([count("schedules"), count("schedule_runs")]).toEqual([2, 2]);
  await flow.restart(async () => {
    const dataDir = String(flow.settings.dataDir);
    const clock = { now: () => flow.clock.now() + 31 * day + second };
    await using store = await openStore({
      dataDir,
      masterKeys: [],
      runner: { pid: process.pid, doing: "test" },
      clock,
      log: silentLog,
    });
    const keptDays = { events: 30, deliveries: 20, bodies: 10 };
    await using housekeeping = startHousekeeping({ store, clock, log: silentLog, keptDays });
    await housekeeping.tidy();
  });
  expect([count("schedules"), count("schedule_runs")]).toEqual([1, 0]);
  expect(await shown(flow, yearly.id)).toMatchObject({ status: "pending", last_run: null });
}, 20_000);
