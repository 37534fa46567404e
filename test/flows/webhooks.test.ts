// Webhooks from a phone to a receiver: signed as the documents have it, listed with all that was said, replayed, and held
// over restarts. The receiver checks signatures by itself, from what the documents say.
import { expect, test } from "bun:test";
import { minute, second } from "../../src/core/clock.ts";
import { type Received, startHttpHost } from "../support/http-host.ts";
import { type Flow, mine, others, shownIn, startFlow } from "../support/session-flow.ts";
import { headerOf, isPlain, isStandard } from "../support/standard-webhooks.ts";
import { findTraces } from "../support/traces.ts";
import { until } from "../support/until.ts";

const bodyOf = ({ body }: Received) => JSON.parse(body.toString());
const textIs = (word: string) => (one: Received) => bodyOf(one).text === word;

async function makeWebhook(flow: Flow, port: number, more: Record<string, unknown> = {}) {
  const body = { url: `http://127.0.0.1:${port}/hook`, events: ["message.received"], ...more };
  return shownIn(await flow.call("/webhooks", { body })) as unknown as { id: string; secret: string };
}

const deliveriesOf = async (flow: Flow, id: string, query = "") =>
  (await flow.call(`/webhooks/${id}/deliveries${query}`)).json.data;

test("a message comes to the receiver, signed so that every document's check holds, and no other", async () => {
  await using host = await startHttpHost((response) => response.end("thanks"));
  await using flow = await startFlow();
  const line = await flow.link();
  const ours = await makeWebhook(flow, host.port);
  const theirs = await makeWebhook(flow, host.port, { secret: "words of their own" });
  line.write("hello, hook");
  await until("both", () => host.received.length === 2);
  for (const { secret } of [ours, theirs]) {
    const request = host.received.find((one) => isPlain(one, "x-botwave-signature", secret))!;
    expect(isPlain(request, "x-botbat-signature", secret)).toBe(true);
    expect(isStandard(request, secret, 5 * minute, flow.clock.now())).toBe(true);
    expect(isStandard(request, `x${secret}`, 5 * minute, flow.clock.now())).toBe(false);
    expect(isStandard({ ...request, body: Buffer.from(`${request.body} `) }, secret, minute, flow.clock.now())).toBe(
      false,
    );
    expect(isStandard(request, secret, minute, flow.clock.now() + 2 * minute)).toBe(false);
    expect(request.headers["content-type"]).toBe("application/json");
    expect(Number(request.headers["content-length"])).toBe(request.body.length);
    expect(request.headers["transfer-encoding"]).toBeUndefined();
  }
  expect(bodyOf(host.received[0]!)).toMatchObject({
    ...{ event: "message.received", from: `+${others}`, text: "hello, hook" },
    id: headerOf(host.received[0]!, "webhook-id"),
    session_id: (await flow.call("/sessions/shop")).json.id,
    data: { text: "hello, hook", direction: "in" },
  });
});

test("the log shows what was sent and what was answered, and no secret", async () => {
  await using host = await startHttpHost((response) => response.writeHead(201, { "x-receiver": "crm" }).end("thanks"));
  await using flow = await startFlow();
  const line = await flow.link();
  const headers = { Authorization: "Bearer of-the-shop-71c0" };
  const { id, secret } = await makeWebhook(flow, host.port, { headers });
  line.write("for the log");
  await until("it to be delivered", async () => (await deliveriesOf(flow, id, "?status=success")).length === 1);
  expect(host.received[0]!.headers.authorization).toBe(headers.Authorization);
  const [listed] = await deliveriesOf(flow, id);
  expect(listed).toMatchObject({
    ...{ event: "message.received", status: "success", response_code: 201, next_attempt_at: null },
    request_body: host.received[0]!.body.toString(),
    attempts: [{ number: 1, response_code: 201, error: null }],
  });
  expect(await deliveriesOf(flow, id, "?status=failed")).toEqual([]);
  expect(await deliveriesOf(flow, id, "?status=pending")).toEqual([]);
  expect(await deliveriesOf(flow, id, "?event=message.sent")).toEqual([]);
  expect(await deliveriesOf(flow, id, "?since=2026-11-20T10:00:00Z")).toEqual([]);
  const one = await flow.call(`/webhooks/${id}/deliveries/${listed.id}`);
  expect(one.json).toMatchObject({
    request_headers: {
      ...{ "webhook-id": listed.event_id, "webhook-signature": "********", Authorization: "********" },
      "X-Botwave-Signature": "********",
    },
    attempts: [{ response_headers: { "x-receiver": "crm" }, response_body: "thanks" }],
  });
  for (const path of [
    `/webhooks/${id}`,
    "/webhooks",
    `/webhooks/${id}/deliveries`,
    `/webhooks/${id}/deliveries/${listed.id}`,
  ]) {
    const { text } = await flow.call(path);
    for (const hidden of [secret, "71c0"]) expect([path, text.includes(hidden)]).toEqual([path, false]);
  }
  expect(findTraces(String(flow.settings.dataDir), [secret, headers.Authorization])).toEqual([]);
});

test("a test tells at once what the receiver says, whatever it is, and nobody else hears of it", async () => {
  let answer: "ok" | "fail" | "close" = "ok";
  await using host = await startHttpHost((response) => {
    if (answer === "close") response.socket?.destroy();
    else response.writeHead(answer === "ok" ? 200 : 500).end(`it is ${answer}`);
  });
  await using flow = await startFlow();
  const { id, secret } = await makeWebhook(flow, host.port, { paused: true });
  await makeWebhook(flow, host.port, { events: ["*"] });
  const tried = await flow.call(`/webhooks/${id}/test`, { method: "POST" });
  expect([tried.status, tried.json]).toEqual([
    200,
    {
      ...{ status_code: 200, response_body: "it is ok", duration_ms: expect.any(Number), error: null },
      delivery_id: expect.stringMatching(/^dlv_/),
    },
  ]);
  expect(bodyOf(host.received[0]!)).toMatchObject({ event: "webhook.test", session_id: null, data: { id } });
  expect(isStandard(host.received[0]!, secret, minute, flow.clock.now())).toBe(true);
  answer = "fail";
  const failed = await flow.call(`/webhooks/${id}/test`, { method: "POST" });
  expect(failed.json).toMatchObject({ status_code: 500, response_body: "it is fail", error: "It answered 500." });
  answer = "close";
  const closed = await flow.call(`/webhooks/${id}/test`, { method: "POST" });
  expect(closed.json).toMatchObject({ status_code: null, response_body: "", error: expect.any(String) });
  flow.clock.advance(minute);
  await Bun.sleep(1_200);
  expect(host.received).toHaveLength(3);
  expect((await deliveriesOf(flow, id)).map((one: { status: string }) => one.status)).toEqual([
    "failed",
    "failed",
    "success",
  ]);
});

test("with a new secret both sign for a while, and then the new one alone", async () => {
  await using host = await startHttpHost((response) => response.end());
  await using flow = await startFlow();
  const line = await flow.link();
  const { id, secret: former } = await makeWebhook(flow, host.port);
  const rotated = await flow.call(`/webhooks/${id}/rotate-secret`, { body: { grace_seconds: 60 } });
  const { secret } = rotated.json;
  expect(secret).not.toBe(former);
  expect(rotated.json.previous_secret_expires_at).toBe("2026-11-20T09:01:00.000Z");
  line.write("within the grace");
  const within = await until("it", () => host.received.find(textIs("within the grace")));
  const now = flow.clock.now();
  expect([isStandard(within, secret, minute, now), isStandard(within, former, minute, now)]).toEqual([true, true]);
  expect(isPlain(within, "x-botwave-signature", secret)).toBe(true);
  flow.clock.advance(minute);
  line.write("after it");
  const after = await until("it", () => host.received.find(textIs("after it")));
  const later = flow.clock.now();
  expect([isStandard(after, secret, minute, later), isStandard(after, former, minute, later)]).toEqual([true, false]);
});

test("what failed for good is told again on request: one, those that fit, and what was never to be told", async () => {
  let isDown = true;
  await using host = await startHttpHost((response) => response.writeHead(isDown ? 503 : 200).end());
  await using flow = await startFlow();
  const line = await flow.link();
  line.write("before there was a webhook");
  await until("it", async () => (await flow.call("/messages")).json.data.length === 1);
  flow.clock.advance(minute);
  const { id } = await makeWebhook(flow, host.port, { retry: [] });
  line.write("one");
  line.write("two");
  await until("both to have failed", async () => (await deliveriesOf(flow, id, "?status=failed")).length === 2);
  isDown = false;
  const [two] = await deliveriesOf(flow, id);
  const replayed = await flow.call(`/webhooks/${id}/deliveries/${two.id}/replay`, { method: "POST" });
  expect([replayed.status, replayed.json.status]).toEqual([202, "pending"]);
  await until("it to be delivered", async () => (await deliveriesOf(flow, id, "?status=success")).length === 1);
  const again = host.received.filter(textIs("two"));
  expect(again).toHaveLength(2);
  expect(again[1]!.body.equals(again[0]!.body)).toBe(true);
  expect(headerOf(again[1]!, "webhook-id")).toBe(headerOf(again[0]!, "webhook-id"));
  const rest = await flow.call(`/webhooks/${id}/replay`, { method: "POST" });
  expect([rest.status, rest.json]).toEqual([202, { replayed: 1 }]);
  await until("the other", async () => (await deliveriesOf(flow, id, "?status=success")).length === 2);
  expect((await flow.call(`/webhooks/${id}/replay-missing`, { method: "POST" })).json).toEqual({ replayed: 0 });
  const missing = await flow.call(`/webhooks/${id}/replay-missing`, { body: { since: "2026-11-20T08:00:00Z" } });
  expect(missing.json).toEqual({ replayed: 1 });
  await until("what was before it", () => host.received.some(textIs("before there was a webhook")));
  expect((await flow.call(`/webhooks/${id}/replay-missing`, { body: { since: "2026-11-20T08:00:00Z" } })).json).toEqual(
    {
      replayed: 0,
    },
  );
});

test("a webhook that is paused is told later, over a restart too; one that is deleted never", async () => {
  await using host = await startHttpHost((response) => response.end());
  await using flow = await startFlow();
  const line = await flow.link();
  const { id } = await makeWebhook(flow, host.port);
  const gone = await makeWebhook(flow, host.port, { url: `http://127.0.0.1:${host.port}/gone` });
  expect((await flow.call(`/webhooks/${id}/pause`, { method: "POST" })).json.status).toBe("paused");
  expect((await flow.call(`/webhooks/${gone.id}`, { method: "DELETE" })).status).toBe(204);
  expect((await flow.call(`/webhooks/${gone.id}`)).status).toBe(404);
  line.write("while it was paused");
  await until("it", async () => (await flow.call("/messages")).json.data.length === 1);
  await flow.restart();
  await line.reaches("connected");
  expect(host.received).toEqual([]);
  expect((await flow.call(`/webhooks/${id}/resume`, { method: "POST" })).json.status).toBe("active");
  await until("it at last", () => host.received.some(textIs("while it was paused")));
  expect(host.received.every(({ path }) => path === "/hook")).toBe(true);
});

test("only what happens in the chats and sessions that were named is told", async () => {
  await using host = await startHttpHost((response) => response.end());
  await using flow = await startFlow();
  const line = await flow.link();
  flow.control.phones.add({ number: "15550002222" });
  const desk = await flow.link("desk", "15550002222");
  const [alice, group] = [
    "15551000001",
    flow.control.createGroup({ subject: "us", creator: others, members: [mine] }).id,
  ];
  const url = (path: string) => `http://127.0.0.1:${host.port}/${path}`;
  await makeWebhook(flow, host.port, { url: url("alice"), chats: [`+${alice}`] });
  await makeWebhook(flow, host.port, { url: url("group"), chats: [group] });
  await makeWebhook(flow, host.port, { url: url("desk"), sessions: ["desk"] });
  await makeWebhook(flow, host.port, { url: url("all") });
  line.write("of alice", alice);
  line.write("of another", others);
  flow.control.phones.send(others, { to: group, text: "in the group" });
  desk.write("at the desk");
  const told = (path: string) =>
    host.received
      .filter((one) => one.path === `/${path}`)
      .map((one) => bodyOf(one).text)
      .toSorted();
  await until("all", () => told("all").length === 4);
  await until("the others", () => host.received.length === 7);
  expect([told("alice"), told("group"), told("desk")]).toEqual([["of alice"], ["in the group"], ["at the desk"]]);
  const chats = (await flow.call("/chats")).json.data as { id: string; phone: string | null }[];
  const chat = chats.find(({ phone }) => phone === `+${alice}`)!;
  const named = await flow.call("/webhooks", { body: { url: url("named"), chats: [chat.id] } });
  expect([named.status, named.json.chats]).toEqual([201, [`${alice}@s.whatsapp.net`]]);
});

test("somebody who is forgotten is in no body and no answer any more, and what waits is told without them", async () => {
  let isDown = true;
  const zora = "15557654321";
  await using host = await startHttpHost((response, { body }) =>
    response.writeHead(isDown ? 500 : 200, { "x-said": `${bodyOf({ body } as Received).from}` }).end(body.toString()),
  );
  await using flow = await startFlow();
  const line = await flow.link();
  flow.control.phones.add({ number: zora, name: "Zora Quastenflosser" });
  const { id } = await makeWebhook(flow, host.port, { events: ["*"], retry: [60] });
  line.write("xylofon alone", zora);
  await until("it to be tried", () => host.received.some(textIs("xylofon alone")));
  await line.settled();
  await until("all to wait", async () =>
    (await deliveriesOf(flow, id, "?status=pending&limit=200")).every(
      (one: { next_attempt_at: string | null }) => one.next_attempt_at !== null,
    ),
  );
  const traces = [zora, "Quastenflosser", "xylofon"];
  expect(findTraces(String(flow.settings.dataDir), traces).length).toBeGreaterThan(0);
  const contact = (await flow.call("/contacts")).json.data.find(
    (one: { phone: string | null }) => one.phone === `+${zora}`,
  );
  expect((await flow.call(`/contacts/${contact.id}`, { method: "DELETE" })).status).toBe(200);
  expect(findTraces(String(flow.settings.dataDir), traces)).toEqual([]);
  isDown = false;
  const before = host.received.length;
  flow.clock.advance(70 * second);
  await until(
    "the last word",
    () => host.received.slice(before).some((one) => bodyOf(one).event === "contact.forgotten"),
    10_000,
  );
  await until("none to wait", async () => (await deliveriesOf(flow, id, "?status=pending")).length === 0, 10_000);
  const told = host.received
    .slice(before)
    .map(({ body }) => body.toString())
    .join();
  for (const trace of traces) expect([trace, told.includes(trace)]).toEqual([trace, false]);
  expect(findTraces(String(flow.settings.dataDir), traces)).toEqual([]);
}, 30_000);
