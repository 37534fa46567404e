// The plan's limits on a number that is really linked: what counts as a message of the day, what does not, and how each
// surface says that there are none left; and webhook events that wait.
import { expect, test } from "bun:test";
import { hour, isoTime, minute } from "../../src/core/clock.ts";
import { bytesOf } from "../engine/media/prepare/files.ts";
import { type CallOptions, call as callUrl } from "../support/gateway.ts";
import { startHttpHost } from "../support/http-host.ts";
import { type Flow, mine, others, shownIn, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const without = { requests_per_minute: null, webhook_events_per_minute: null, sessions: null, messages_per_day: null };

/** The account of the tests, on a plan of its own. */
async function onPlan(flow: Flow, plan: Partial<Record<keyof typeof without, number>>): Promise<void> {
  const { account } = (await flow.call("/me")).json;
  shownIn(await flow.call("/plans", { body: { ...without, name: "own", ...plan } }));
  shownIn(await flow.call(`/accounts/${account.id}`, { method: "PATCH", body: { plan: "own" } }));
}

const at = (flow: Flow, path: string, options: CallOptions = {}) => callUrl(flow.gateway().url + path, options);
const usage = async (flow: Flow) => (await flow.call("/usage")).json;
const usedOf = async (flow: Flow) => (await usage(flow)).messages_per_day.used;
const send = (flow: Flow, body: object = {}, headers: Record<string, string> = {}) =>
  flow.call("/messages", { body: { session_id: "shop", to: others, text: "Hello!", ...body }, headers });

test("messages are counted where they are taken on: once under a key, in groups too, and nothing else", async () => {
  await using flow = await startFlow();
  await flow.link("shop", mine, { pacing: "off" });
  await onPlan(flow, { messages_per_day: 12 });
  const { id } = (await send(flow, {}, { "idempotency-key": "once" })).json;
  for (let n = 0; n < 3; n++) expect((await send(flow, {}, { "idempotency-key": "once" })).json.id).toBe(id);
  expect(await usedOf(flow)).toBe(1);
  expect((await send(flow, { to: "nobody at all" })).status).toBe(422);
  expect((await send(flow, { session_id: "nowhere" })).status).toBe(404);
  expect((await flow.call(`/messages/${id}/reaction`, { method: "PUT", body: { emoji: "👍" } })).status).toBe(200);
  expect((await flow.call(`/messages/${id}`, { method: "PATCH", body: { text: "Hello again!" } })).status).toBe(200);
  expect(await usedOf(flow)).toBe(1);
  const group = flow.control.createGroup({ subject: "Neighbours", creator: others, members: [mine] });
  expect((await send(flow, { to: group.id })).status).toBe(201);
  expect(await usedOf(flow)).toBe(2);

  // What was taken on stays counted, whatever becomes of it.
  await flow.call("/sessions/shop/stop", { method: "POST" });
  const held = (await send(flow, {})).json;
  expect((await flow.call(`/messages/${held.id}`, { method: "DELETE" })).json.status).toBe("cancelled");
  expect(await usedOf(flow)).toBe(3);
  const many = await Promise.all(Array.from({ length: 30 }, () => send(flow)));
  expect(many.filter(({ status }) => status === 202)).toHaveLength(9);
  expect(many.filter(({ status }) => status === 429)).toHaveLength(21);

  const native = await send(flow);
  expect([native.status, native.json]).toMatchObject([
    429,
    { code: "daily_limit_reached", limit: 12, used: 12, resets_at: "2026-11-21T00:00:00.000Z" },
  ]);
  const seconds = String(15 * 3_600);
  expect(["retry-after", "ratelimit-policy", "ratelimit"].map((name) => native.headers.get(name))).toEqual([
    ...[seconds, '"messages";q=12;w=86400', `"messages";r=0;t=${seconds}`],
  ]);
  const clients = await at(flow, "/api/send-message", { body: { clientId: "shop", number: others, message: "Hi" } });
  expect([clients.status, clients.json]).toMatchObject([403, { code: "PLAN_LIMIT_EXCEEDED", limit: 12, used: 12 }]);
  expect((await send(flow, {}, { "idempotency-key": "once" })).json.id).toBe(id);

  await flow.restart();
  expect((await send(flow)).status).toBe(429);
  flow.clock.advance(15 * hour);
  expect((await send(flow)).status).toBe(202);
  const { days } = await usage(flow);
  expect(days.slice(0, 2).map(({ messages }: { messages: number }) => messages)).toEqual([1, 12]);
});

test("a caption that follows its sound is counted with it: both are sent, or neither", async () => {
  await using flow = await startFlow();
  await flow.link("shop", mine, { pacing: "off" });
  await onPlan(flow, { messages_per_day: 3 });
  const [mediaBase64, mediaMimeType] = [bytesOf("tone.mp3").toString("base64"), "audio/mpeg"];
  const body = { to: others, type: "audio", message: "Listen!", mediaBase64, mediaMimeType };
  const sound = () => at(flow, "/api/whatsapp/session/shop/send", { body });
  expect((await sound()).status).toBe(200);
  const refused = { error: "Daily sent message limit reached", code: "SENT_LIMIT_EXCEEDED", limit: 3, used: 2 };
  const second = await sound();
  expect([second.status, second.json]).toEqual([429, refused]);
  expect((await flow.call("/messages?direction=out")).json.data).toHaveLength(2);
  expect((await send(flow)).status).toBe(201);
});

test("webhook events beyond the plan's wait, and the log and the usage say until when", async () => {
  await using host = await startHttpHost((response) => response.end());
  await using flow = await startFlow();
  await flow.link("shop", mine, { pacing: "off" });
  await onPlan(flow, { webhook_events_per_minute: 2 });
  const url = `http://127.0.0.1:${host.port}/hook`;
  const { id } = (await flow.call("/webhooks", { body: { url, events: ["message.received"] } })).json;
  const line = flow.line();
  for (let n = 0; n < 5; n++) line.write(`word ${n}`);
  const waiting = async () => (await usage(flow)).webhook_events_per_minute.waiting;
  await until("three to wait", async () => (await waiting()) === 3);
  const ends = isoTime(flow.clock.now() + minute);
  expect((await usage(flow)).webhook_events_per_minute).toEqual({
    ...{ limit: 2, used: 2, remaining: 0, resets_at: ends, waiting: 3 },
  });
  const pending = async () => (await flow.call(`/webhooks/${id}/deliveries?status=pending`)).json.data;
  const told = await pending();
  expect(told.map(({ waits }: { waits: unknown }) => waits)).toEqual(Array(3).fill({ reason: "plan", until: ends }));
  const done = (await flow.call(`/webhooks/${id}/deliveries?status=success`)).json.data;
  expect(done.map(({ waits }: { waits: unknown }) => waits)).toEqual([null, null]);
  await flow.restart();
  expect(await waiting()).toBe(3);
  flow.clock.advance(minute);
  await until("two more", () => host.received.length === 4);
  flow.clock.advance(minute);
  await until("all of them", async () => (await pending()).length === 0);
  expect(host.received).toHaveLength(5);
});
