// Reading events: in pages, by waiting, as a named consumer, as a stream; cut at random and over restarts.
import { expect, test } from "bun:test";
import { openStream, type Stream, type Told } from "../support/event-readers.ts";
import { adminPassword } from "../support/gateway.ts";
import { type Flow, startFlow } from "../support/session-flow.ts";
import { checkedEvents } from "../support/told-events.ts";
import { until } from "../support/until.ts";

const all = (flow: Flow) => checkedEvents((path) => flow.call(path));
const texts = (events: readonly Told[]) =>
  events.flatMap(({ event, text }) => (event === "message.received" ? [text] : []));
const behind = (start: string, events: Told[]) => events.slice(events.findIndex(({ id }) => id === start) + 1);
const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `text ${from + n}`);

test("pages go from the oldest to the newest, narrowed, and always say where to read on", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  for (const text of numbers(7)) line.write(text);
  await until("all to be there", async () => texts((await flow.call("/events?limit=200")).json.data).length === 7);
  const read: Told[] = [];
  let cursor = "earliest";
  for (let isMore = true; isMore; ) {
    const { json } = await flow.call(`/events?limit=3&events=message.*&session=shop&cursor=${cursor}`);
    expect(json.data.length).toBeLessThanOrEqual(3);
    read.push(...json.data);
    cursor = json.next_cursor;
    isMore = json.has_more;
  }
  expect(texts(read)).toEqual(numbers(7));
  const [first] = read;
  expect(first).toMatchObject({ from: "+15551000003", session_id: (await line.shown()).id });
  const sequences = read.map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  const inChat = await flow.call(`/events?events=message.received&chat=${first?.data.chat.id}&cursor=earliest`);
  expect(texts(inChat.json.data)).toEqual(numbers(7));
  const none = await flow.call(`/events?cursor=${cursor}`);
  expect(none.json).toMatchObject({ data: [], has_more: false, missed: false });
  const wrong = await flow.call("/events?events=message.gone");
  expect(wrong.status).toBe(422);
  expect(wrong.json.detail).toContain("message.received");
  expect((await flow.call("/events?cursor=garbage")).status).toBe(422);
});

test("whoever waits is answered by what comes, and by nothing when the time is over", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const { json } = await flow.call("/events?cursor=latest");
  const waiting = flow.call(`/events?wait=20&events=message.received&cursor=${json.next_cursor}`);
  await until("somebody to wait", () => flow.gateway().gateway.services.eventFeed.listeners() > 0);
  line.write("Are you there?");
  expect(texts((await waiting).json.data)).toEqual(["Are you there?"]);
  const nothing = await flow.call("/events?wait=1&events=session.failed&cursor=latest");
  expect(nothing.json).toMatchObject({ data: [], has_more: false });
  expect(flow.gateway().gateway.services.eventFeed.listeners()).toBe(0);
});

test("a consumer is told again what it has not acknowledged, over a restart, and never what it has", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const made = await flow.call("/events/consumers", { body: { name: "crm", events: ["message.received"] } });
  expect(made.status).toBe(201);
  expect((await flow.call("/events/consumers", { body: { name: "crm" } })).status).toBe(409);
  line.write("one");
  line.write("two");
  const read = (more = "") => flow.call(`/events/consumers/crm/events?limit=50${more}`);
  await until("both to be told", async () => texts((await read("&wait=5")).json.data).length === 2);
  const { data } = (await read()).json;
  const ack = (up_to: string) => flow.call("/events/consumers/crm/ack", { body: { up_to } });
  expect((await ack(data[0].id)).json.position).toBe(data[0].id);
  await flow.restart();
  const again = (await read()).json;
  expect(texts(again.data)).toEqual(["two"]);
  await ack(again.next_cursor);
  // There is no way back, and none beyond what has happened.
  expect((await ack(data[0].id)).json.position).not.toBe(data[0].id);
  await line.letIn(2);
  line.write("three");
  await until("the third to be told", async () => texts((await read("&wait=5")).json.data).includes("three"));
  expect(texts((await read()).json.data)).toEqual(["three"]);
  expect((await flow.call(`/events/consumers/${made.json.id}`)).json).toMatchObject({ name: "crm", sessions: null });
  expect((await flow.call("/events/consumers")).json.data).toHaveLength(1);
  expect((await flow.call("/events/consumers/crm", { method: "DELETE" })).status).toBe(204);
  expect((await read()).status).toBe(404);
});

test("a stream that is cut at random, over a restart, tells each event once and in order", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const heard: Told[] = [];
  const start: string = (await flow.call("/events?cursor=latest")).json.next_cursor;
  let lastId: string | undefined = start;
  let stream: Stream | null = null;
  let cuts = 0;

  function cut(): void {
    stream?.cut();
    heard.push(...(stream?.events ?? []));
    lastId = stream?.lastId() ?? lastId;
    stream = null;
    cuts += 1;
  }
  const open = async () => {
    stream = await openStream(flow.gateway().url, { lastId });
  };

  await open();
  for (let round = 0; round < 12; round++) {
    for (const text of numbers(20, round * 20)) line.write(text);
    const wanted = Math.floor(Math.random() * 20);
    await until("some to be heard", () => (stream?.events.length ?? 0) >= wanted, 10_000);
    cut();
    if (round === 6) {
      await flow.restart(() => {
        for (const text of numbers(5, 1_000)) line.write(text);
      });
      await line.letIn(2);
    }
    await open();
  }
  await until("all to be taken in", async () => texts((await all(flow)) as Told[]).length === 245, 20_000);
  const told = behind(start, (await all(flow)) as Told[]);
  await until("all to be heard", () => heard.length + (stream?.events.length ?? 0) >= told.length, 10_000);
  cut();
  expect(cuts).toBe(13);
  expect(heard.map(({ id }) => id)).toEqual(told.map(({ id }) => id));
}, 60_000);

test("long polls that are given up at random tell each event once and in order", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  let cursor = (await flow.call("/events?cursor=latest")).json.next_cursor;
  const heard: Told[] = [];
  const poll = async () => {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), Math.random() * 60);
    try {
      const answer = await fetch(
        `${flow.gateway().url}/api/v1/events?wait=5&limit=7&events=message.received&cursor=${cursor}`,
        {
          headers: { "x-api-key": String(flow.gateway().config.adminApiKey) },
          signal: abort.signal,
        },
      );
      const { data, next_cursor } = (await answer.json()) as { data: Told[]; next_cursor: string };
      heard.push(...data);
      cursor = next_cursor;
    } catch {
      // Given up: the same place again.
    } finally {
      clearTimeout(timer);
    }
  };
  for (const text of numbers(100)) line.write(text);
  await until(
    "all to be heard",
    async () => {
      await poll();
      return heard.length >= 100;
    },
    20_000,
  );
  expect(texts(heard)).toEqual(numbers(100));
}, 30_000);

test("a stream goes through proxies and browsers: its headers, its place, the browser's own cookie", async () => {
  await using flow = await startFlow({ adminPassword });
  const line = await flow.link();
  const login = await flow.call("/login", { body: { username: "admin", password: adminPassword }, key: null });
  const cookie = String(login.headers.get("set-cookie")).split(";")[0] ?? "";
  const stream = await openStream(flow.gateway().url, { headers: { cookie } });
  const { headers } = stream.response;
  expect(headers.get("content-type")).toBe("text/event-stream");
  expect(headers.get("x-accel-buffering")).toBe("no");
  expect(headers.get("cache-control")).toContain("no-transform");
  await until("its place to be told", () => stream.lastId() !== undefined);
  line.write("Hello!");
  await until("it to be heard", () => texts(stream.events).includes("Hello!"));
  await flow.call("/logout", { method: "POST", key: null, headers: { cookie }, body: {} });
  await stream.ended;
  stream.cut();
});

test("a revoked key loses its stream within moments, and gets no answer that it waits for", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const { id, key } = (await flow.call("/keys", { body: { name: "feed", scopes: ["read"] } })).json;
  const stream = await openStream(flow.gateway().url, { headers: { "x-api-key": key } });
  const waiting = flow.call("/events?wait=20&cursor=latest&events=message.received", { key });
  await until("both to listen", () => flow.gateway().gateway.services.eventFeed.listeners() === 2);
  expect((await flow.call(`/keys/${id}`, { method: "DELETE" })).status).toBe(204);
  const before = performance.now();
  await stream.ended;
  expect(performance.now() - before).toBeLessThan(3_000);
  line.write("Not for everybody.");
  expect((await waiting).status).toBe(401);
  expect(texts(stream.events)).toEqual([]);
});

test("a key that is bound to sessions hears of those alone, and one that may only read of no QR", async () => {
  await using flow = await startFlow();
  const shop = await flow.link("shop");
  const bound = (await flow.call("/keys", { body: { name: "bound", sessions: ["shop"], scopes: ["read"] } })).json.key;
  const stream = await openStream(flow.gateway().url, { query: "?after=earliest", headers: { "x-api-key": bound } });
  flow.control.phones.add({ number: "15550002222" });
  const other = await flow.link("other", "15550002222");
  other.write("for the other");
  shop.write("for the shop");
  await until("the shop's to be heard", () => texts(stream.events).includes("for the shop"));
  const told = (await all(flow)) as Told[];
  await until("the other's to be told", async () => texts((await all(flow)) as Told[]).includes("for the other"));
  const shopId = (await shop.shown()).id;
  expect(new Set(stream.events.map(({ session_id }) => session_id))).toEqual(new Set([shopId]));
  expect(stream.events.map(({ event }) => event)).not.toContain("session.qr");
  expect(told.map(({ event }) => event)).toContain("session.qr");
  const page = await flow.call("/events?limit=200", { key: bound });
  expect(new Set(page.json.data.map(({ session_id }: Told) => session_id))).toEqual(new Set([shopId]));
  expect((await flow.call("/events?session=other", { key: bound })).status).toBe(404);
  stream.cut();
});

test("who reads nothing for a while costs nothing and misses nothing", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const { eventFeed } = flow.gateway().gateway.services;
  const wants = { accountId: 1, mayWant: () => true, wants: () => true };
  const slow = eventFeed.subscribe({ choice: () => wants, after: eventFeed.newest(), whenSlow: "reread" });
  const first = slow.next();
  line.write("the first");
  expect((await first)?.events.length).toBeGreaterThan(0);
  const written = numbers(2_500);
  for (const text of written) line.write(text);
  await until("all to be told", async () => texts((await all(flow)) as Told[]).length === 2_501, 40_000);
  // Nothing is kept for it any more: it comes back to the journal.
  await until("it to be let go", () => eventFeed.listeners() === 0);
  const heard: string[] = [];
  while (heard.length < 2_500) {
    const taken = await slow.next();
    for (const { body } of taken?.events ?? []) if (body.event === "message.received") heard.push(body.text ?? "");
  }
  expect(heard.slice(-2_500)).toEqual(written);
  slow.close();
  expect(eventFeed.listeners()).toBe(0);
}, 60_000);
