// The wapiconnect document's printed requests and responses, against a real gateway with the sandbox at its other side.
import { expect, test } from "bun:test";
import { inflateSync } from "node:zlib";
import { day } from "../../src/core/clock.ts";
import { bytesOf } from "../engine/media/prepare/files.ts";
import type { Answer, CallOptions } from "../support/gateway.ts";
import { startHttpHost } from "../support/http-host.ts";
import { readQr } from "../support/qr-reader.ts";
import { type Flow, mine, type Shown, shownIn, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

/** Whom the document writes to. */
const customer = "919876543210";

function wapi(flow: Flow, path: string, options: CallOptions = {}): Promise<Answer> {
  return flow.gateway().call(`/api/whatsapp${path}`, options);
}
const send = (flow: Flow, body: unknown, options: CallOptions = {}) =>
  wapi(flow, "/session/main/send", { body, ...options });

async function linked(): Promise<Flow> {
  const flow = await startFlow();
  await flow.link("main");
  flow.control.phones.add({ number: customer, name: "A customer" });
  return flow;
}

async function got(flow: Flow): Promise<(string | null)[]> {
  await flow.network.settled();
  return flow.line("main").delivered(customer);
}

/** Somebody with an account and a key of their own, on a plan like this. */
async function newcomer(flow: Flow, plan: Record<string, unknown>): Promise<{ key: string }> {
  const limits = { requests_per_minute: null, webhook_events_per_minute: null, sessions: null, messages_per_day: null };
  const body = { username: "ada", password: "a long and lovely phrase" };
  shownIn(await flow.call("/plans", { body: { name: "small", ...limits, ...plan } }));
  shownIn(await flow.call("/accounts", { body: { ...body, plan: "small" } }));
  const { json: login } = await flow.call("/login", { body, key: null });
  const headers = { authorization: `Bearer ${login.token}` };
  const { json } = await flow.call("/keys", { body: { name: "shop" }, headers, key: null });
  return { key: json.key };
}

/** As the phone's camera reads it. */
function scanned(dataUrl: string): string {
  const [head, base64 = ""] = dataUrl.split(",");
  expect(head).toBe("data:image/png;base64");
  const png = Buffer.from(base64, "base64");
  const [margin, scale] = [4, 8];
  const side = png.readUInt32BE(16);
  const idat = png.indexOf("IDAT");
  const pixels = inflateSync(png.subarray(idat + 4, idat + 4 + png.readUInt32BE(idat - 4)));
  const at = (module: number) => (module + margin) * scale;
  const isDark = (x: number, y: number) => {
    const byte = pixels[at(y) * (1 + side / 8) + 1 + (at(x) >> 3)] ?? 0;
    return ((byte >> (7 - (at(x) & 7))) & 1) === 0;
  };
  return readQr({ size: side / scale - 2 * margin, isDark }).text;
}

test("quick start: a session is made, its QR scanned, and a message sent, as the three steps have it", async () => {
  await using flow = await startFlow();
  flow.control.phones.add({ number: customer });
  const made = await wapi(flow, "/session", { body: { sessionId: "main", name: "Sales Number" } });
  expect([made.status, made.json]).toEqual([
    200,
    { success: true, sessionId: "main", isNew: true, status: "initializing" },
  ]);
  const status = async () => (await wapi(flow, "/session/main/status")).json;
  const waiting = await until("the QR", async () => {
    const now = await status();
    return now.status === "qr_ready" ? now : null;
  });
  expect(waiting).toEqual({ status: "qr_ready", connected: false, qrCode: expect.any(String) });
  expect((await wapi(flow, "/session", { body: { sessionId: "main" } })).json).toEqual({
    success: true,
    sessionId: "main",
    isNew: false,
    status: "qr_ready",
  });
  await flow.control.phones.scan(mine, { qr: scanned(waiting.qrCode) });
  await flow.line("main").reaches("connected");
  expect(await status()).toEqual({ status: "ready", connected: true, phoneNumber: mine });

  const sent = await send(flow, { to: customer, message: "Hello from WapiConnect!" });
  const timestamp = Math.floor(flow.clock.now() / 1_000);
  expect([sent.status, sent.json]).toEqual([200, { success: true, messageId: expect.any(String), timestamp }]);
  expect(await got(flow)).toEqual(["Hello from WapiConnect!"]);
  expect((await flow.call("/messages")).json.data[0].wa_id).toBe(sent.json.messageId);
  const { json: listed } = await wapi(flow, "/sessions");
  const { json: native } = await flow.call("/sessions/main");
  expect(listed).toEqual({
    sessions: [
      {
        sessionId: "main",
        name: "Sales Number",
        status: "ready",
        connected: true,
        phoneNumber: mine,
        createdAt: native.created_at,
      },
    ],
  });
});

test("the header is bold, the footer in italics, and a full JID is as good as a number", async () => {
  await using flow = await linked();
  const otp = { header: "Verification Code", footer: "WapiConnect Security" };
  const bodies = [
    { to: customer, message: "Your order #1234 has been shipped!" },
    { to: `${customer}@s.whatsapp.net`, message: "Your OTP is *123456*. Valid for 10 minutes.", ...otp },
    { to: customer, message: "Only a header", header: "Order Update", footer: null, type: "text", extra: [1] },
    { to: customer, message: "Only a footer", header: "", footer: "WapiConnect Store" },
  ];
  for (const body of bodies) expect((await send(flow, body)).json).toMatchObject({ success: true });
  expect(await got(flow)).toEqual([
    "Your order #1234 has been shipped!",
    "*Verification Code*\n\nYour OTP is *123456*. Valid for 10 minutes.\n\n_WapiConnect Security_",
    "*Order Update*\n\nOnly a header",
    "Only a footer\n\n_WapiConnect Store_",
  ]);
});

test("media by address or in base64 with a caption, and polls", async () => {
  await using flow = await linked();
  await using host = await startHttpHost((response) => void response.end(bytesOf("photo.jpg")));
  const pdf = Buffer.from("%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF").toString("base64");
  const bodies = [
    {
      to: customer,
      type: "image",
      mediaUrl: `http://127.0.0.1:${host.port}/invoice.jpg`,
      message: "Your invoice for March 2026",
    },
    {
      to: customer,
      type: "document",
      mediaBase64: pdf,
      mediaMimeType: "application/pdf",
      fileName: "invoice-march-2026.pdf",
    },
    { to: customer, type: "document", mediaBase64: `data:application/pdf;base64,${pdf}`, fileName: "again.pdf" },
    { to: customer, type: "poll", message: "Which one?", options: ["This one", "That one"], selectableCount: 0 },
  ];
  for (const body of bodies) expect((await send(flow, body)).json).toMatchObject({ success: true });
  await flow.network.settled();
  const { data } = await flow.control.phones.inbox(customer, { limit: 10 });
  expect(data).toMatchObject([
    { kind: "imageMessage", text: "Your invoice for March 2026", media: { mimetype: "image/jpeg" } },
    { kind: "documentMessage", media: { mimetype: "application/pdf" } },
    { kind: "documentMessage", media: { mimetype: "application/pdf" } },
    { kind: expect.stringMatching(/^pollCreationMessage/) },
  ]);
  const { messages } = (await wapi(flow, "/messages")).json;
  expect(messages.map(({ type }: { type: string }) => type)).toEqual(["poll", "document", "document", "image"]);
  expect(messages[0]).toMatchObject({ message: "Which one?" });
});

test("the caption of a sound, which shows none, follows it as a text, with header and footer", async () => {
  await using flow = await linked();
  const [mediaBase64, mediaMimeType] = [bytesOf("tone.mp3").toString("base64"), "audio/mpeg"];
  const dress = { header: "News", message: "Listen!", footer: "WapiConnect Store" };
  const { json } = await send(flow, { to: customer, type: "audio", mediaBase64, mediaMimeType, ...dress });
  expect(json.success).toBe(true);
  const text = "*News*\n\nListen!\n\n_WapiConnect Store_";
  await until("both to be there", async () => (await got(flow)).length === 2);
  expect(await got(flow)).toEqual([null, text]);
});

test("what went out and what came in is in the log, by pages", async () => {
  await using flow = await linked();
  const { json: first } = await send(flow, { to: customer, message: "Hello!" });
  flow.clock.advance(1_000);
  flow.line("main").write("Hello yourself", customer);
  const createdAt = "2026-11-20T09:00:00.000Z";
  const outgoing = { sessionId: "main", to: customer, message: "Hello!", type: "text", createdAt };
  const log = async (query = "") => (await wapi(flow, `/messages${query}`)).json;
  const whole = await until("both messages", async () => {
    const now = await log();
    return now.total === 2 && now.messages.some(({ status }: Shown) => String(status) === "delivered") ? now : null;
  });
  expect(whole).toMatchObject({ total: 2, page: 1, pages: 1 });
  const sent = whole.messages.find(({ direction }: { direction: string }) => direction === "out");
  expect(sent).toEqual({ ...outgoing, status: "delivered", messageId: first.messageId, direction: "out", from: mine });
  const received = whole.messages.find(({ direction }: { direction: string }) => direction === "in");
  expect(received).toMatchObject({ to: mine, from: customer, message: "Hello yourself", status: "received" });
  expect((await wapi(flow, "/logs")).json).toEqual(whole);
  expect(await log("?page=2&limit=1")).toEqual({ messages: [whole.messages[1]], total: 2, page: 2, pages: 2 });
  expect(await log("?page=1&limit=20&sessionId=&direction=")).toEqual(whole);
  expect((await log("?sessionId=main&direction=out")).messages).toEqual([sent]);
  expect((await log("?direction=incoming")).messages).toEqual([received]);
});

test("a session that was never linked is not ready; one that is away keeps what it is given", async () => {
  await using flow = await linked();
  await wapi(flow, "/session", { body: { sessionId: "new" } });
  const refused = await wapi(flow, "/session/new/send", { body: { to: customer, message: "Hello!" } });
  expect([refused.status, refused.json]).toEqual([400, { error: expect.any(String), code: "SESSION_NOT_READY" }]);

  await flow.line("main").act("stop");
  expect((await wapi(flow, "/session/main/status")).json).toEqual({
    status: "disconnected",
    connected: false,
    phoneNumber: mine,
  });
  const kept = await send(flow, { to: customer, message: "For later" });
  expect([kept.status, kept.json.success]).toEqual([200, true]);
  expect(await got(flow)).toEqual([]);
  await wapi(flow, "/session", { body: { sessionId: "main" } });
  await until("it to be there", async () => (await got(flow)).length > 0);
  expect(await got(flow)).toEqual(["For later"]);
});

test("disconnected it is logged out and stopped, stays in the list, and can be linked anew", async () => {
  await using flow = await linked();
  const ended = { success: true, sessionId: "main", status: "disconnected" };
  expect((await wapi(flow, "/session/main", { method: "DELETE" })).json).toEqual(ended);
  expect((await wapi(flow, "/session/main/disconnect", { method: "POST" })).json).toEqual(ended);
  expect(flow.control.phones.get(mine).devices).toEqual([]);
  const { json } = await wapi(flow, "/sessions");
  expect(json.sessions).toMatchObject([{ sessionId: "main", status: "disconnected", phoneNumber: null }]);
  expect((await flow.call("/sessions/main")).json.wanted).toBe(false);
  expect((await wapi(flow, "/session", { body: { sessionId: "main" } })).json).toMatchObject({ isNew: false });
  await flow.line("main").link();
  expect((await send(flow, { to: customer, message: "Back again" })).status).toBe(200);
});

test("what is missing or does not fit is 400, with a sentence", async () => {
  await using flow = await linked();
  const wrong: [unknown, string][] = [
    ["{", "The body is not valid JSON."],
    [{ message: "Hello!" }, "/to: This field is missing."],
    [{ to: customer }, "/message: This field is missing."],
    [{ to: customer, message: "" }, "/message: This field is missing."],
    [{ to: customer, message: 17 }, "/message: Expected string."],
    [
      { to: customer, message: "Hello!", type: "hologram" },
      '/type: Expected one of "text", "image", "video", "document", "audio", "poll".',
    ],
    [{ to: customer, type: "image", message: "No picture" }, "Media needs a file"],
    [{ to: customer, type: "image", mediaBase64: "AAAA" }, "needs its mediaMimeType"],
    [{ to: customer, type: "document", mediaBase64: "?!", mediaMimeType: "text/plain" }, "This is not base64."],
    [{ to: customer, type: "poll", message: "Which one?" }, "A poll needs options"],
    [{ to: customer, type: "poll", message: "Which one?", options: ["this one"] }, "/options: "],
    [{ to: "nobody", message: "Hello!" }, "Give the number with its country code"],
  ];
  for (const [body, sentence] of wrong) {
    const { status, json } = await send(flow, body);
    expect([status, Object.keys(json)]).toEqual([400, ["error", "code"]]);
    expect(json.error).toContain(sentence);
  }
  expect((await wapi(flow, "/session", { body: { sessionId: "a/b" } })).status).toBe(400);
  expect((await wapi(flow, "/messages?page=0")).status).toBe(400);
  expect(await got(flow)).toEqual([]);
});

test("a refusal of WhatsApp's is no success", async () => {
  await using flow = await linked();
  flow.strike("ack-error", { code: 463 });
  const { status, json } = await send(flow, { to: customer, message: "Hello!" });
  expect([status, json]).toEqual([400, { error: expect.stringContaining("has not talked with"), code: "SEND_FAILED" }]);
});

test("a missing or wrong key is 401, and what is not there or somebody else's is 404", async () => {
  await using flow = await linked();
  const { key } = await newcomer(flow, {});
  const body = { to: customer, message: "Hello!" };
  for (const bad of [null, "wg_live_wrong", "your_api_key_here"]) {
    const { status, json } = await send(flow, body, { key: bad });
    expect([status, json]).toEqual([401, { error: expect.any(String), code: "UNAUTHENTICATED" }]);
  }
  const gone = { error: "There is no such session.", code: "NOT_FOUND" };
  const asked = (name: string, as: CallOptions) => [
    wapi(flow, `/session/${name}/status`, as),
    wapi(flow, `/session/${name}/send`, { body, ...as }),
    wapi(flow, `/session/${name}`, { method: "DELETE", ...as }),
    wapi(flow, `/session/${name}/disconnect`, { method: "POST", ...as }),
    wapi(flow, `/messages?sessionId=${name}`, as),
  ];
  for (const answer of await Promise.all([...asked("unknown", {}), ...asked("main", { key })])) {
    expect([answer.status, answer.json]).toEqual([404, gone]);
  }
  expect((await wapi(flow, "/sessions", { key })).json).toEqual({ sessions: [] });
  expect((await wapi(flow, "/messages", { key })).json).toEqual({ messages: [], total: 0, page: 1, pages: 0 });
  // The same name is free in another account.
  expect((await wapi(flow, "/session", { body: { sessionId: "main" }, key })).json.isNew).toBe(true);
});

test("the plan's messages of a day: told with their number when they are used up, and there again the next day", async () => {
  await using flow = await startFlow();
  const { key } = await newcomer(flow, { messages_per_day: 2, sessions: 1 });
  await wapi(flow, "/session", { body: { sessionId: "main" }, key });
  const beyond = await wapi(flow, "/session", { body: { sessionId: "another" }, key });
  const told = { error: expect.any(String), code: "SESSION_LIMIT_EXCEEDED", limit: 1, used: 1 };
  expect([beyond.status, beyond.json]).toEqual([400, told]);

  const status = async () => (await wapi(flow, "/session/main/status", { key })).json;
  const { qrCode } = await until("the QR", async () => ((await status()).qrCode ? status() : null));
  await flow.control.phones.scan(mine, { qr: scanned(qrCode) });
  await until("it to be ready", async () => (await status()).status === "ready");
  flow.control.phones.add({ number: customer });
  const body = { to: customer, message: "Hello!" };
  const asked = await Promise.all([1, 2, 3].map(() => send(flow, body, { key })));
  expect(asked.map((answer) => answer.status).toSorted()).toEqual([200, 200, 429]);
  const { json, headers } = await send(flow, body, { key });
  expect(json).toEqual({ error: "Daily sent message limit reached", code: "SENT_LIMIT_EXCEEDED", limit: 2, used: 2 });
  expect(headers.get("retry-after")).toBe(String(15 * 3_600));
  const native = await flow.call("/messages", { body: { session_id: "main", to: customer, text: "Hello!" }, key });
  const counted = { code: "daily_limit_reached", limit: 2, used: 2, resets_at: "2026-11-21T00:00:00.000Z" };
  expect([native.status, native.json]).toMatchObject([429, counted]);
  flow.clock.advance(day);
  expect((await send(flow, body, { key })).status).toBe(200);
});

test("asked for many times at once, a session is made once", async () => {
  await using flow = await startFlow();
  const asked = Array.from({ length: 8 }, () => wapi(flow, "/session", { body: { sessionId: "main" } }));
  const answers = await Promise.all(asked);
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  expect(answers.filter(({ json }) => json.isNew)).toHaveLength(1);
});

test("a key resets itself: the new one has its rights, the old one is dead at once", async () => {
  await using flow = await startFlow();
  const { key } = await newcomer(flow, {});
  const reset = (options: CallOptions) => wapi(flow, "/settings/reset-api-key", { method: "POST", ...options });
  const { status, json } = await reset({ key });
  expect([status, json]).toEqual([200, { success: true, apiKey: expect.stringMatching(/^wg_live_/) }]);
  expect((await wapi(flow, "/sessions", { key })).status).toBe(401);
  expect((await wapi(flow, "/sessions", { key: json.apiKey })).status).toBe(200);
});

test("a key that may only read sees that there is a QR, and not the QR", async () => {
  await using flow = await startFlow();
  await wapi(flow, "/session", { body: { sessionId: "main" } });
  const { json: reader } = await flow.call("/keys", { body: { name: "reader", scopes: ["read"] } });
  const status = async () => (await wapi(flow, "/session/main/status", { key: reader.key })).json;
  await until("the QR", async () => (await status()).status === "qr_ready");
  expect(await status()).toEqual({ status: "qr_ready", connected: false });
});
