// The wapiconnect document's webhook: its settings, its five events as they are printed, and its own check of signatures.
import { expect, test } from "bun:test";
import crypto from "node:crypto";
import type { Answer, CallOptions } from "../support/gateway.ts";
import { type Received, startHttpHost } from "../support/http-host.ts";
import { type Flow, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

const secret = "a secret of your own";
const bodyOf = ({ body }: Received) => JSON.parse(body.toString());
const settings = (flow: Flow, options: CallOptions = {}, more = ""): Promise<Answer> =>
  flow.gateway().call(`/api/whatsapp/settings/webhook${more}`, options);
const put = (flow: Flow, body: object) => settings(flow, { method: "PUT", body });

/** As printed. */
function verifyWebhook(payload: unknown, receivedSig: string, secret: string) {
  const expected = crypto.createHmac("sha256", secret).update(JSON.stringify(payload)).digest("hex");
  return expected === receivedSig;
}

/** As its payload says it is to be called: without what it is compared with. */
function isVerified(request: Received, by = secret): boolean {
  const { signature, ...payload } = bodyOf(request);
  return verifyWebhook(payload, signature, by);
}

test("the five events come as printed, and the printed check holds for each", async () => {
  await using host = await startHttpHost((response) => response.end(JSON.stringify({ ok: true })));
  await using flow = await startFlow();
  const webhookUrl = `http://127.0.0.1:${host.port}/whatsapp-webhook`;
  const set = await put(flow, { webhookUrl, webhookSecret: secret });
  expect([set.status, set.json]).toEqual([200, { webhookUrl, webhookSecret: secret }]);
  const told = (event: string) =>
    until(event, () => host.received.find((one) => bodyOf(one).event === event)).then(bodyOf);
  const tenantId = expect.stringMatching(/^admin-[0-9a-f]{6}$/);
  const signature = expect.stringMatching(/^[0-9a-f]{64}$/);
  const frame = { tenantId, sessionId: "main", timestamp: flow.clock.now(), signature };

  const line = await flow.create("main");
  expect(await told("qr")).toEqual({ ...frame, event: "qr", data: { qrCode: expect.any(String) } });
  const [{ data }] = host.received.map(bodyOf);
  const png = Buffer.from(String(data.qrCode).replace("data:image/png;base64,", ""), "base64");
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  await line.link();
  expect(await told("ready")).toEqual({ ...frame, event: "ready", data: { phoneNumber: mine } });
  line.write("Hello! I need help with my order.");
  expect(await told("message")).toEqual({
    ...{ ...frame, event: "message" },
    data: {
      id: expect.stringMatching(/^[0-9A-F]{16,32}$/),
      from: `${others}@s.whatsapp.net`,
      body: "Hello! I need help with my order.",
      type: "text",
      isGroup: false,
      hasMedia: false,
    },
  });
  flow.control.phones.unlink(mine, 1);
  expect(await told("disconnected")).toMatchObject({ ...frame, data: { reason: expect.any(String) } });
  const tried = await settings(flow, { method: "POST" }, "/test");
  const answered = { statusCode: 200, responseBody: '{"ok":true}', durationMs: expect.any(Number), error: null };
  expect([tried.status, tried.json]).toEqual([200, { success: true, ...answered }]);
  expect(await told("test")).toEqual({
    ...{ ...frame, event: "test", sessionId: "" },
    data: { message: expect.any(String) },
  });

  expect(new Set(host.received.map((one) => bodyOf(one).event)).size).toBe(5);
  for (const request of host.received) {
    expect([isVerified(request), isVerified(request, "another")]).toEqual([true, false]);
    // The receiver in Go hashes what it read, and compares it with what the field says: that is in a header here.
    const digest = crypto.createHmac("sha256", secret).update(request.body).digest("hex");
    expect(request.headers["x-webhook-signature"]).toBe(digest);
    expect(Object.keys(bodyOf(request)).slice(0, 4)).toEqual(["tenantId", "event", "sessionId", "timestamp"]);
  }
});

test("in a group it is from the group, and says who of it wrote", async () => {
  await using host = await startHttpHost((response) => response.end());
  await using flow = await startFlow();
  await flow.link("main");
  await put(flow, { webhookUrl: `http://127.0.0.1:${host.port}/hook`, webhookSecret: secret });
  const { id: jid } = flow.control.createGroup({ subject: "Orders", creator: others, members: [mine] });
  flow.control.phones.send(others, { to: jid, text: "to all" });
  const request = await until("it", () => host.received.find((one) => bodyOf(one).event === "message"));
  expect(bodyOf(request).data).toMatchObject({
    ...{ from: jid, body: "to all", isGroup: true, participant: `${others}@s.whatsapp.net` },
  });
  expect(isVerified(request)).toBe(true);
});

test("there is one webhook, which is led elsewhere, signed anew and taken away", async () => {
  await using flow = await startFlow();
  const none = { webhookUrl: null, webhookSecret: null };
  expect((await settings(flow)).json).toEqual(none);
  const untried = await settings(flow, { method: "POST" }, "/test");
  expect([untried.status, untried.json]).toMatchObject([200, { success: false, error: "No webhook URL is set." }]);
  const webhookUrl = "https://hooks.example/one";
  const made = (await put(flow, { webhookUrl })).json;
  expect(made).toEqual({ webhookUrl, webhookSecret: expect.stringMatching(/^whsec_/) });
  const led = "https://hooks.example/two";
  expect((await put(flow, { webhookUrl: led })).json).toEqual({ ...made, webhookUrl: led });
  expect((await put(flow, { webhookSecret: secret })).json).toEqual({ webhookUrl: led, webhookSecret: secret });
  expect((await settings(flow)).json).toEqual({ webhookUrl: led, webhookSecret: secret });
  const { data } = (await flow.call("/webhooks")).json;
  expect(data).toMatchObject([{ url: led, format: "wapiconnect", sessions: null }]);
  const refused = await put(flow, { webhookUrl: "http://hooks.example/" });
  expect([refused.status, refused.json.code]).toEqual([400, "INVALID"]);
  expect((await put(flow, { webhookUrl: "" })).json).toEqual(none);
  expect((await flow.call("/webhooks")).json.data).toEqual([]);
});

test("a QR that nobody could scan any more is told to nobody", async () => {
  await using host = await startHttpHost((response) => response.end());
  await using flow = await startFlow();
  const line = await flow.create("main");
  await line.reaches("pairing");
  const webhookUrl = `http://127.0.0.1:${host.port}/hook`;
  await put(flow, { webhookUrl, webhookSecret: secret });
  const { data } = (await flow.call("/webhooks")).json;
  flow.clock.advance(120_000);
  const since = "2026-01-01T00:00:00Z";
  const missing = await flow.call(`/webhooks/${data[0].id}/replay-missing`, { body: { since } });
  expect(missing.json).toEqual({ replayed: 0 });
});
