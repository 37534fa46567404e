// The clients document's webhook: its three events as they are printed, and receivers that answer back.
import { expect, test } from "bun:test";
import { hour } from "../../src/core/clock.ts";
import { adminKey } from "../support/gateway.ts";
import { type HttpHost, type Received, type Reply, startHttpHost } from "../support/http-host.ts";
import { type Flow, holds, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";
import { add, ask, link, told, waId } from "./clients-calls.ts";

const bodyOf = ({ body }: Received) => JSON.parse(body.toString());
const eventsAt = (host: HttpHost) => host.received.map((one) => bodyOf(one).event);
const json = (value: unknown): Reply => {
  return (response) => response.setHeader("content-type", "application/json").end(JSON.stringify(value));
};
const update = (flow: Flow, webhookUrl: string | null, clientId = "client-id") =>
  ask(flow, "/api/update-webhook", { body: { clientId, webhookUrl } });
const urlOf = ({ port }: HttpHost) => `http://127.0.0.1:${port}/webhook.php`;
const delivered = async (flow: Flow) => {
  await flow.network.settled();
  return flow.line("client-id").delivered(others);
};
const isQuiet = (flow: Flow, count: number) =>
  holds(`there are ${count}`, 1_000, async () => (await delivered(flow)).length === count);
const call = (flow: Flow, input: object = {}) => flow.control.phones.call(others, { to: mine, ...input });

test("a webhook is set, led elsewhere and taken away, with the printed request and answer", async () => {
  await using flow = await startFlow();
  await add(flow);
  const webhookUrl = "https://your-domain.com/webhook.php";
  const updated = (url: string) => [
    200,
    { status: "success", message: "Webhook updated successfully.", webhookUrl: url },
  ];
  const listed = async () => (await flow.call("/webhooks")).json.data;
  expect(told(await update(flow, webhookUrl))).toEqual(updated(webhookUrl));
  expect(told(await update(flow, "https://your-domain.com/other"))).toEqual(updated("https://your-domain.com/other"));
  const { id } = (await flow.call("/sessions/client-id")).json;
  expect(await listed()).toMatchObject([
    { url: "https://your-domain.com/other", format: "clients", sessions: [id], timeout_seconds: 5, status: "active" },
  ]);
  expect(told(await update(flow, ""))).toEqual(updated(""));
  expect(await listed()).toEqual([]);
  expect(told(await update(flow, null))).toEqual(updated(""));
  expect(told(await update(flow, webhookUrl, "nobody"))).toEqual([
    404,
    { error: "Client not found", code: "CLIENT_NOT_FOUND" },
  ]);
  const plain = await update(flow, "http://your-domain.com/webhook.php");
  expect([plain.status, plain.json.code]).toEqual([400, "INVALID_REQUEST"]);
});

test("a client may be added with its webhook; an address that will not do adds nobody", async () => {
  await using flow = await startFlow();
  const refused = await add(flow, { webhookUrl: "http://your-domain.com/webhook.php" });
  expect([refused.status, refused.json.code]).toEqual([400, "INVALID_REQUEST"]);
  expect((await ask(flow, "/api/clients")).json).toEqual([]);
  const { json: added } = await add(flow, { webhookUrl: "https://your-domain.com/webhook.php" });
  await add(flow, { webhookUrl: "https://your-domain.com/again" });
  const { data } = (await flow.call("/webhooks")).json;
  expect(data).toMatchObject([{ url: "https://your-domain.com/again", format: "clients" }]);
  const own = await ask(flow, "/api/update-webhook", {
    body: { clientId: "client-id", webhookUrl: "" },
    key: added.apiKey,
  });
  expect(own.status).toBe(200);
  expect((await flow.call("/webhooks")).json.data).toEqual([]);
});

test("what is received and sent is told as printed, with the client's key, and the answer comes back once", async () => {
  const thanks = "Thank you for your message! We'll get back to you soon.";
  await using host = await startHttpHost((response, request) => {
    const isIn = bodyOf(request).event === "message_received";
    return json(isIn ? { status: "success", response: thanks } : { status: "success", response: "not asked" })(
      response,
      request,
    );
  });
  await using flow = await startFlow();
  const { apiKey } = await link(flow);
  await update(flow, urlOf(host));
  const id = flow.line("client-id").write("Hello, this is a test message");
  await until("both", () => host.received.length === 2);
  const [received, sent] = host.received.map(bodyOf);
  const frame = { timestamp: expect.any(Number), chatId: `${others}@c.us` };
  const hello = { body: "Hello, this is a test message", message: "Hello, this is a test message" };
  expect(received).toEqual({
    event: "message_received",
    data: { from: others, to: "client-id", ...hello, ...frame, messageId: id, type: "received_message" },
  });
  expect(sent).toEqual({
    event: "message_sent",
    data: {
      ...{ from: "client-id", to: others, body: thanks, message: thanks, ...frame },
      ...{ messageId: waId, type: "sent_message" },
    },
  });
  for (const { headers, rawHeaders } of host.received) {
    expect(headers).toMatchObject({ "content-type": "application/json", "x-api-key": apiKey });
    expect(rawHeaders).toContain("X-Api-Key");
    expect(headers["x-api-key"]).not.toBe(adminKey);
  }
  expect(await delivered(flow)).toEqual([thanks]);
  // Told again, the receiver says it again: it has been said.
  const { data } = (await flow.call("/webhooks")).json;
  const replay = await flow.call(`/webhooks/${data[0].id}/replay`, { body: { status: "success" } });
  expect(replay.json).toEqual({ replayed: 2 });
  await until("all again", () => host.received.length === 4);
  await isQuiet(flow, 1);
});

test("the client's key is nowhere in the log, whatever the receiver says back", async () => {
  await using host = await startHttpHost((response, { headers }) =>
    json({ you: headers["x-api-key"] })(response, null!),
  );
  await using flow = await startFlow();
  const { apiKey } = await link(flow);
  await update(flow, urlOf(host));
  flow.line("client-id").write("hello");
  const { data } = (await flow.call("/webhooks")).json;
  const path = `/webhooks/${data[0].id}/deliveries`;
  const one = await until("it", async () => (await flow.call(`${path}?status=success`)).json.data[0]);
  const { text, json: shown } = await flow.call(`${path}/${one.id}`);
  expect(text).not.toContain(apiKey);
  expect(shown.request_headers).toMatchObject({ "X-Api-Key": "********" });
  expect(shown.attempts[0].response_body).toBe('{"you":"********"}');
});

test("an answer that is none is nothing to say: an error, no JSON, no text, or in a group", async () => {
  const replies: Reply[] = [
    (response) => response.writeHead(500).end(JSON.stringify({ response: "no" })),
    (response) => response.end("Thank you!"),
    json({ status: "success", response: "" }),
    json({ response: { text: "no" } }),
    json(null),
    json({ response: "to the group" }),
    json({ response: "the last" }),
  ];
  let turn = 0;
  await using host = await startHttpHost((response, request) => {
    const { event } = bodyOf(request);
    return event === "message_received" ? replies[turn++]?.(response, request) : response.end();
  });
  await using flow = await startFlow();
  await link(flow);
  await update(flow, urlOf(host));
  const { id: group } = flow.control.createGroup({ subject: "Orders", creator: others, members: [mine] });
  for (const word of ["1", "2", "3", "4", "5"]) {
    flow.line("client-id").write(word);
    await until(`${word} to be told`, () => turn === Number(word));
  }
  flow.control.phones.send(others, { to: group, text: "6" });
  await until("the group's", () => turn === 6);
  flow.line("client-id").write("7");
  await until("the last", async () => (await delivered(flow)).length > 0);
  expect(await delivered(flow)).toEqual(["the last"]);
  const inGroup = host.received.map(bodyOf).find(({ data }) => data.body === "6");
  expect(inGroup.data).toMatchObject({ from: others, to: "client-id", chatId: group });
});

test("stopped before the answer was written down it is asked for again, and stopped before it went out it goes out: once", async () => {
  let reply: Reply = () => null;
  await using host = await startHttpHost((response, request) =>
    bodyOf(request).event === "message_received" ? reply(response, request) : response.end(),
  );
  await using flow = await startFlow();
  await link(flow);
  await update(flow, urlOf(host));
  const asked = () => eventsAt(host).filter((event) => event === "message_received").length;
  flow.line("client-id").write("is anybody there?");
  await until("it to be told", () => asked() === 1);
  await flow.restart(() => {
    reply = json({ response: "an answer" });
  });
  await until("the answer", async () => (await delivered(flow)).length === 1);
  expect(asked()).toBe(2);
  const line = flow.line("client-id");
  await line.reaches("connected");
  let mend = () => {};
  reply = (response, request) => {
    mend = flow.strike("upgrade-error");
    line.cut();
    return json({ response: "another" })(response, request);
  };
  line.write("and now?");
  const isOther = ({ text }: { text: string }) => text === "another";
  const kept = await until("the answer", async () => (await flow.call("/messages")).json.data.find(isOther));
  expect([await delivered(flow), kept.status]).toEqual([["an answer"], "queued"]);
  await flow.restart();
  mend();
  await until("both answers", async () => (await delivered(flow)).length === 2, 20_000);
  await isQuiet(flow, 2);
  expect([await delivered(flow), asked()]).toEqual([["an answer", "another"], 3]);
}, 30_000);

test("a rejected call is told as printed, and the caller gets the receiver's word, once", async () => {
  const word = "מצטער אינני זמין כעת. אנא שלח הודעה או אחזור אליך בהקדם.";
  await using host = await startHttpHost(json({ status: "success", rejectionMessage: word }));
  await using flow = await startFlow();
  const { apiKey } = await link(flow);
  await update(flow, urlOf(host));
  call(flow);
  const request = await until("it", () => host.received.find((one) => bodyOf(one).event === "call_rejected"));
  expect(bodyOf(request)).toEqual({
    event: "call_rejected",
    data: { from: others, to: "client-id", isVideo: false, timestamp: flow.clock.now(), type: "call_rejected" },
  });
  expect(request.headers["x-api-key"]).toBe(apiKey);
  await until("the word", async () => (await delivered(flow)).length > 0);
  await isQuiet(flow, 1);
  expect(await delivered(flow)).toEqual([word]);
  call(flow, { video: true });
  const second = await until("the other", () => host.received.map(bodyOf).find(({ data }) => data.isVideo === true));
  expect(second.event).toBe("call_rejected");
  const listed = (await flow.call("/events?events=call.rejected")).json.data;
  expect(listed).toMatchObject([
    {
      event: "call.rejected",
      from: `+${others}`,
      data: { caller: { phone: `+${others}` }, video: false, group: false },
    },
    { data: { video: true } },
  ]);
});

test("without a word of the receiver, or without a receiver, it is the usual one; after 3 seconds, and once", async () => {
  const usual = "מצטער אינני זמין כעת.";
  let reply: Reply = json({ status: "success" });
  await using host = await startHttpHost((response, request) =>
    bodyOf(request).event === "call_rejected" ? reply(response, request) : response.end(),
  );
  await using flow = await startFlow();
  await link(flow);
  call(flow);
  await until("without a webhook", async () => (await delivered(flow)).length === 1);
  await update(flow, urlOf(host));
  call(flow);
  await until("without a word", async () => (await delivered(flow)).length === 2);
  reply = () => null;
  const begun = performance.now();
  call(flow);
  await until("in time", async () => (await delivered(flow)).length === 3);
  expect(performance.now() - begun).toBeGreaterThan(2_900);
  expect(performance.now() - begun).toBeLessThan(4_900);
  // The receiver comes to, and has a word: the caller has had one.
  reply = json({ rejectionMessage: "too late" });
  const before = host.received.length;
  flow.clock.advance(hour / 30);
  await until("another attempt", () => host.received.length > before);
  await isQuiet(flow, 3);
  expect(await delivered(flow)).toEqual([usual, usual, usual]);
}, 30_000);
