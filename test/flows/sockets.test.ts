// The socket at /api/v1/ws: who may, what is heard on it and what is said, and how it ends.
import { expect, test } from "bun:test";
import { connect } from "node:net";
import type { Told } from "../support/event-readers.ts";
import { openSocket, type Socket } from "../support/event-sockets.ts";
import { adminKey, adminPassword, startGateway } from "../support/gateway.ts";
import { type Flow, mine, others, startFlow } from "../support/session-flow.ts";
import { checkedEvents } from "../support/told-events.ts";
import { until } from "../support/until.ts";

const all = async (flow: Flow) => (await checkedEvents((path) => flow.call(path))) as Told[];
const texts = (events: readonly Told[]) =>
  events.flatMap(({ event, text }) => (event === "message.received" ? [text] : []));
const behind = (start: string, events: Told[]) => events.slice(events.findIndex(({ id }) => id === start) + 1);
const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `text ${from + n}`);

test("one subscribes, hears, sends and marks as read over one socket", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const socket = await openSocket(flow.gateway().url);
  await until("a word of welcome", () => socket.frames.find(({ type }) => type === "hello"));
  const begun = await socket.ask({ type: "subscribe", sessions: ["shop"], events: ["message.*"] });
  expect(begun).toMatchObject({ type: "ok", data: { after: expect.stringMatching(/^evt_/) } });
  line.write("Anybody there?");
  const heard = await until("it to be heard", () => socket.events.find(({ event }) => event === "message.received"));
  const sent = await socket.ask({
    type: "send",
    message: { session_id: "shop", to: others, text: "Yes!" },
    idempotency_key: "answer-1",
  });
  expect(sent).toMatchObject({ type: "ok", data: { direction: "out", text: "Yes!" } });
  const again = await socket.ask({
    type: "send",
    message: { session_id: "shop", to: others, text: "Yes!" },
    idempotency_key: "answer-1",
  });
  expect(again.data.id).toBe(sent.data.id);
  await until("it to be told that it is there", () =>
    socket.events.some(({ event, data }) => event === "message.delivered" && data.id === sent.data.id),
  );
  expect(await line.delivered()).toEqual(["Yes!"]);
  expect(socket.events.map(({ event }) => event)).not.toContain("contact.created");
  const read = await socket.ask({ type: "read", chat_id: heard.data.chat.id });
  expect(read).toMatchObject({ type: "ok", data: { id: heard.data.chat.id, unread: 0 } });
  expect(await socket.ask({ type: "ping" })).toMatchObject({ type: "pong" });
  socket.cut();
  await until("nobody to listen", () => flow.gateway().gateway.services.eventFeed.listeners() === 0);
});

test("what cannot be done is answered as elsewhere, with the client's own ref, and the socket goes on", async () => {
  await using flow = await startFlow();
  await flow.create("shop", { start: false });
  const socket = await openSocket(flow.gateway().url);
  const asked = async (frame: Record<string, unknown>) => (await socket.ask(frame)).error;
  expect(await asked({ type: "dance" })).toMatchObject({ status: 422, code: "invalid" });
  expect(await asked({ type: "send", message: { session_id: "shop" } })).toMatchObject({ code: "invalid" });
  expect(await asked({ type: "send", message: { session_id: "none", to: others, text: "x" } })).toMatchObject({
    code: "not_found",
  });
  expect(await asked({ type: "read", chat_id: "chat_nothing" })).toMatchObject({ code: "not_found" });
  expect(await asked({ type: "subscribe", events: ["message.gone"] })).toMatchObject({ code: "invalid" });
  expect(await asked({ type: "subscribe", after: "yesterday" })).toMatchObject({ code: "invalid" });
  expect(await asked({ type: "auth", key: adminKey })).toMatchObject({ code: "conflict" });
  socket.say("no JSON");
  await until("a word on that", () => socket.frames.find(({ error }) => error?.code === "malformed"));
  expect(await socket.ask({ type: "ping" })).toMatchObject({ type: "pong" });
  socket.cut();
});

test("sockets that are cut at random, over a restart, tell each event once and in order", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const heard: Told[] = [];
  const start: string = (await flow.call("/events?cursor=latest")).json.next_cursor;
  let after = start;
  let socket: Socket | null = null;
  const open = async () => {
    socket = await openSocket(flow.gateway().url);
    socket.say({ type: "subscribe", after });
  };
  const cut = () => {
    socket?.cut();
    heard.push(...(socket?.events ?? []));
    after = heard.at(-1)?.id ?? after;
    socket = null;
  };
  await open();
  for (let round = 0; round < 10; round++) {
    for (const text of numbers(20, round * 20)) line.write(text);
    const wanted = Math.floor(Math.random() * 20);
    await until("some to be heard", () => (socket?.events.length ?? 0) >= wanted, 10_000);
    cut();
    if (round === 5) {
      await flow.restart(() => {
        for (const text of numbers(5, 1_000)) line.write(text);
      });
      await line.letIn(2);
    }
    await open();
  }
  await until("all to be taken in", async () => texts(await all(flow)).length === 205, 20_000);
  const told = behind(start, await all(flow));
  await until("all to be heard", () => heard.length + (socket?.events.length ?? 0) >= told.length, 10_000);
  cut();
  expect(heard.map(({ id }) => id)).toEqual(told.map(({ id }) => id));
}, 60_000);

test("the gateway ends its sockets with a word when it stops", async () => {
  await using flow = await startFlow();
  const socket = await openSocket(flow.gateway().url);
  const stranger = await openSocket(flow.gateway().url, {});
  await until("a word of welcome", () => socket.frames.length > 0);
  await flow.end();
  expect(await socket.ended).toEqual({ code: 1001, reason: "Waygate is stopping." });
  await stranger.ended;
});

test("who says nothing of themselves is sent away; a browser says it first thing, and no key stands in an address", async () => {
  await using gateway = await startGateway();
  const socket = await openSocket(gateway.url, {});
  expect(await socket.ask({ type: "auth", key: adminKey })).toMatchObject({ type: "ok" });
  expect(await socket.ask({ type: "subscribe" })).toMatchObject({ type: "ok" });
  socket.cut();
  const wrong = await openSocket(gateway.url, {});
  expect((await wrong.ask({ type: "auth", key: "wrong-key-0123456789" })).error).toMatchObject({ status: 401 });
  expect((await wrong.ended).code).toBe(4401);
  const hasty = await openSocket(gateway.url, {});
  expect((await hasty.ask({ type: "subscribe" })).error).toMatchObject({ status: 401 });
  expect((await hasty.ended).code).toBe(4401);
  await expect(openSocket(gateway.url, { "x-api-key": "wrong-key-0123456789" })).rejects.toThrow();
  const plain = await gateway.call("/api/v1/ws");
  expect([plain.status, plain.json.code, plain.headers.get("upgrade")]).toEqual([426, "upgrade_required", "websocket"]);
  expect((await gateway.call("/api/v1/ws", { method: "DELETE" })).headers.get("allow")).toBe("GET");
});

test("with the cookie only our own pages open a socket", async () => {
  await using gateway = await startGateway();
  const body = { username: "admin", password: adminPassword };
  const login = await gateway.call("/api/v1/login", { body, key: null });
  const cookie = String(login.headers.get("set-cookie")).split(";")[0] ?? "";
  const own = await openSocket(gateway.url, { cookie, origin: gateway.url });
  expect(await own.ask({ type: "subscribe" })).toMatchObject({ type: "ok" });
  await expect(openSocket(gateway.url, { cookie, origin: "https://evil.example" })).rejects.toThrow();
  await gateway.call("/api/v1/logout", { method: "POST", key: null, headers: { cookie }, body: {} });
  expect((await own.ended).code).toBe(4401);
});

test("a key's rights hold on the socket: what it may, where, and for how long", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const make = async (more: object) => (await flow.call("/keys", { body: { name: "k", ...more } })).json;
  const reader = await make({ scopes: ["read"] });
  const bound = await make({ scopes: ["read", "send"], sessions: ["desk"] });
  const one = await openSocket(flow.gateway().url, { "x-api-key": reader.key });
  const other = await openSocket(flow.gateway().url, { authorization: `Bearer ${bound.key}` });
  const hello = { session_id: "shop", to: others, text: "Hello!" };
  expect((await one.ask({ type: "send", message: hello })).error).toMatchObject({ code: "forbidden" });
  expect((await other.ask({ type: "send", message: hello })).error).toMatchObject({ code: "not_found" });
  expect((await other.ask({ type: "subscribe", sessions: ["shop"] })).error).toMatchObject({ code: "not_found" });
  await one.ask({ type: "subscribe" });
  await other.ask({ type: "subscribe", after: "earliest" });
  line.write("for the shop");
  await until("it to be heard", () => texts(one.events).includes("for the shop"));
  expect(other.events).toEqual([]);
  const key = await make({ scopes: ["manage"] });
  await expect(openSocket(flow.gateway().url, { "x-api-key": key.key })).rejects.toThrow();
  await flow.call(`/keys/${reader.id}`, { method: "DELETE" });
  expect(await one.ended).toMatchObject({ code: 4401, reason: "This API key was revoked." });
  other.cut();
});

test("who reads nothing is sent away with a reason, once so much waits for it", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const { port } = new URL(flow.gateway().url);
  const socket = connect({ host: "127.0.0.1", port: Number(port) });
  const key = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64");
  socket.write(
    `GET /api/v1/ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nX-API-Key: ${adminKey}\r\n\r\n`,
  );
  const received: Buffer[] = [];
  socket.on("data", (bytes) => received.push(Buffer.from(bytes)));
  const text = () => Buffer.concat(received).toString("latin1");
  await until("a word of welcome", () => text().includes("hello"));
  socket.write(masked(JSON.stringify({ type: "subscribe", events: ["message.received"] })));
  await until("it to listen", () => flow.gateway().gateway.services.eventFeed.listeners() === 1);
  socket.pause();
  // Enough that the machine's own buffers are full, and then more than is kept for anybody.
  await writeMany(flow, 400, (n) => `${n} ${"x".repeat(20_000)}`);
  await writeMany(flow, 2_200, (n) => `${n}`);
  await until("it to be let go", () => flow.gateway().gateway.services.eventFeed.listeners() === 0, 60_000);
  socket.resume();
  await until("the reason", () => text().includes("You read too slowly"), 20_000);
  expect(Buffer.concat(received).indexOf(Buffer.from([0x0f, 0xa8]))).toBeGreaterThan(0);
  socket.destroy();
  expect(line.phone).toBe(mine);
}, 120_000);

/** Some at a time: nobody's phone sends megabytes in one moment. */
async function writeMany(flow: Flow, count: number, text: (n: number) => string): Promise<void> {
  const { eventFeed } = flow.gateway().gateway.services;
  for (let n = 0; n < count; n++) {
    flow.line().write(text(n));
    if (n % 50 !== 49) continue;
    const before = eventFeed.newest();
    await until("some to be taken in", () => eventFeed.newest() > before, 10_000);
  }
}

/** A frame as a client has to send it. */
function masked(said: string): Buffer {
  const payload = Buffer.from(said);
  const mask = crypto.getRandomValues(new Uint8Array(4));
  const head =
    payload.length < 126 ? [0x81, 0x80 | payload.length] : [0x81, 0xfe, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from(head), mask, payload.map((byte, place) => byte ^ (mask[place % 4] ?? 0))]);
}
