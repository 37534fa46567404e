// A text on its way out: kept, sent once, told of in each of its states, taken back, too late, asked for twice.
import { expect, test } from "bun:test";
import { day, hour } from "../../src/core/clock.ts";
import type { Answer } from "../support/gateway.ts";
import { type Flow, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const textsAt = async ({ control }: Flow, phone = others) => {
  const { data } = await control.phones.inbox(phone, { limit: 10_000 });
  return data.filter(({ from_me }) => !from_me).map(({ text }) => text);
};
const send = (flow: Flow, body: object, { query = "", key }: { query?: string; key?: string } = {}) =>
  flow.call(`/messages${query}`, {
    body: { session_id: "shop", to: others, text: "Hello!", ...body },
    headers: key === undefined ? {} : { "idempotency-key": key },
  });

test("a text is answered when WhatsApp has it, and reads the same at the other end and in every list", async () => {
  await using flow = await startFlow();
  await flow.link();
  const { status, json } = await send(flow, { to: "+1 (555) 100-0003", text: "Grüße 👋\nzweite Zeile" });
  expect([status, json.direction, json.type]).toEqual([201, "out", "text"]);
  expect(["sent", "delivered"]).toContain(json.status);
  await flow.network.settled();
  expect(await textsAt(flow)).toEqual(["Grüße 👋\nzweite Zeile"]);
  const delivered = await until("it to be delivered", async () => {
    const now = (await flow.call("/messages")).json.data[0];
    return now.status === "delivered" ? now : null;
  });
  const listed = (await flow.call("/messages?session=shop&text=gruss")).json.data;
  expect(listed).toEqual([]);
  expect((await flow.call("/messages?text=GRÜSSE")).json.data).toEqual([]);
  expect((await flow.call("/messages?text=grüße zwei")).json.data).toEqual([delivered]);
  expect((await flow.call("/messages?direction=out&status=delivered&type=text")).json.data).toEqual([delivered]);
  expect((await flow.call("/messages?direction=in")).json.data).toEqual([]);
  const { data: chats } = (await flow.call("/chats?session=shop")).json;
  expect(chats).toMatchObject([{ type: "person", phone: `+${others}`, last_message_id: json.id, unread: 0 }]);
  expect((await flow.call(`/messages?chat=${chats[0].id}`)).json.data).toEqual([delivered]);
});

test("while the session is away it waits, goes out in its order when it is back, or fails at once if that is wanted", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  await flow.call("/sessions/shop/stop", { method: "POST" });
  await line.reaches("stopped");
  const waiting: Answer[] = [];
  for (const text of ["one", "two", "three"]) waiting.push(await send(flow, { text }, { query: "?wait=none" }));
  expect(waiting.map(({ status, json }) => [status, json.status])).toEqual(Array(3).fill([202, "queued"]));
  expect((await send(flow, { if_offline: "fail" })).status).toBe(503);
  const { json: cancelled } = await flow.call(`/messages/${waiting[1]?.json.id}/cancel`, { method: "POST" });
  expect(cancelled).toMatchObject({ status: "cancelled", error: { code: "cancelled" } });
  await flow.call("/sessions/shop/start", { method: "POST" });
  await until("the last one to be sent", async () => {
    const { json } = await flow.call(`/messages/${waiting[2]?.json.id}`);
    return json.sent_at !== null;
  });
  await flow.network.settled();
  expect(await textsAt(flow)).toEqual(["one", "three"]);
  expect((await flow.call(`/messages/${waiting[0]?.json.id}/cancel`, { method: "POST" })).status).toBe(409);
});

test("what could not go out in its time fails and does not go out later", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  await flow.call("/sessions/shop/stop", { method: "POST" });
  await line.reaches("stopped");
  const { json } = await send(flow, { expires_in_seconds: 3_600 }, { query: "?wait=none" });
  flow.clock.advance(hour + 1);
  await flow.call("/sessions/shop/start", { method: "POST" });
  await line.reaches("connected");
  const failed = await until(
    "it to fail",
    async () => {
      const now = (await flow.call(`/messages/${json.id}`)).json;
      return now.status === "failed" ? now : null;
    },
    10_000,
  );
  expect(failed.error).toMatchObject({ code: "expired" });
  expect(await textsAt(flow)).toEqual([]);
});

test("a refusal of WhatsApp's is told with its code and a sentence, and is not tried again", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  flow.strike("ack-error", { code: 463 });
  const { status, json } = await send(flow, {});
  expect([status, json.status, json.error.code]).toEqual([201, "failed", "463"]);
  expect(json.error.sentence).toContain("has not talked with");
  const types = (await line.allEvents()).map(({ type }) => type);
  expect(types.filter((type) => type.startsWith("message."))).toEqual(["message.queued", "message.failed"]);
});

test("asked for twice with one key it is done once, and answered as it then stands", async () => {
  await using flow = await startFlow();
  await flow.link();
  const first = await send(flow, {}, { key: "order-17" });
  const again = await send(flow, {}, { key: "order-17" });
  expect([first.status, again.status, again.json.id]).toEqual([201, 201, first.json.id]);
  expect([first, again].map(({ headers }) => headers.get("idempotency-replayed"))).toEqual([null, "true"]);
  const other = await send(flow, { text: "Something else" }, { key: "order-17" });
  expect([other.status, other.json.code]).toEqual([422, "invalid"]);
  expect((await send(flow, {}, { key: "has a space" })).status).toBe(422);
  await flow.network.settled();
  expect(await textsAt(flow)).toEqual(["Hello!"]);
  flow.clock.advance(day + 1);
  const later = await send(flow, {}, { key: "order-17" });
  expect(later.json.id).not.toBe(first.json.id);
});

test("fifty keys, ten times each at once: as many messages as keys", async () => {
  await using flow = await startFlow();
  await flow.link("shop", undefined, { pacing: "off" });
  const keys = Array.from({ length: 50 }, (_, n) => `key-${n}`);
  const asked = keys.flatMap((key) => Array.from({ length: 10 }, () => send(flow, { text: key }, { key })));
  const statuses = new Set((await Promise.all(asked)).map(({ status }) => status));
  expect([...statuses].filter((status) => ![201, 202, 409].includes(status))).toEqual([]);
  await flow.network.settled();
  expect((await textsAt(flow)).toSorted()).toEqual(keys.toSorted());
}, 20_000);
