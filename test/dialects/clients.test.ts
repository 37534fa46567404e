// The clients dialect, as its document prints it: each request as it stands there, each answer in the same shape.
import { expect, test } from "bun:test";
import { hour, minute } from "../../src/core/clock.ts";
import { encodeQr } from "../../src/core/qr/encode.ts";
import { pngOf } from "../../src/core/qr/render.ts";
import { adminKey, adminPassword } from "../support/gateway.ts";
import { mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";
import { add, ask, isoTime, link, received, signedIn, told, unixTime, waId } from "./clients-calls.ts";

test("a number is added, shows its QR, is linked, and is listed as the document has it", async () => {
  await using flow = await startFlow();
  const added = await add(flow);
  expect(told(added)).toEqual([
    200,
    {
      status: "pending_auth",
      message: "QR Code generated for authentication",
      qrCode: expect.stringMatching(/^data:image\/png;base64,iVBORw0KGgo/),
      apiKey: expect.stringMatching(/^wg_live_/),
    },
  ]);
  const { apiKey } = added.json;
  const pending = { clientId: "client-id", phoneNumber: mine, apiKey };
  expect(told(await ask(flow, "/api/clients"))).toEqual([
    200,
    [{ ...pending, connectedNumber: "Not Connected", status: "Pending Authentication" }],
  ]);
  const picture = await ask(flow, "/api/qr/client-id");
  expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/png"]);
  expect(
    told(await ask(flow, "/api/send-message", { body: { clientId: "client-id", number: others, message: "Hi" } })),
  ).toEqual([400, { error: expect.any(String), code: "SESSION_NOT_READY" }]);
  await flow.line("client-id").link();
  expect(told(await ask(flow, "/api/clients"))).toEqual([
    200,
    [{ ...pending, connectedNumber: `${mine}@c.us`, status: "Authenticated" }],
  ]);
  const again = { status: "connected", message: "Client is already connected", qrCode: null, apiKey };
  expect(told(await add(flow))).toEqual([200, again]);
  expect(told(await ask(flow, "/api/qr/client-id"))).toMatchObject([404, { code: "QR_NOT_AVAILABLE" }]);
});

test("a client key is good for its client alone; a key that may less sees how it begins", async () => {
  await using flow = await startFlow();
  const { apiKey } = (await add(flow)).json;
  await flow.create("other", { start: false });
  const listed = (await ask(flow, "/api/clients", { key: apiKey })).json;
  expect(listed.map(({ clientId }: { clientId: string }) => clientId)).toEqual(["client-id"]);
  expect(told(await ask(flow, "/api/received-messages/other", { key: apiKey }))).toEqual([
    404,
    { error: "Client not found", code: "CLIENT_NOT_FOUND" },
  ]);
  expect(told(await add(flow, { clientId: "third" }, apiKey))).toMatchObject([403, { code: "ACCESS_DENIED" }]);
  const { json: reader } = await flow.call("/keys", { body: { name: "reader", scopes: ["read"] } });
  const [shown] = (await ask(flow, "/api/clients", { key: reader.key })).json;
  expect(shown.apiKey).toBe(`${apiKey.slice(0, 12)}...`);
  const { json: profile } = await ask(flow, "/api/profile", { key: apiKey });
  expect(profile).toMatchObject({ clientCount: 1, apiKey: `${reader.key.slice(0, 12)}...` });
});

test("the profile shows the very key that was used, and a reset replaces it at once", async () => {
  await using flow = await startFlow();
  const profile = { username: "admin", role: "admin", clientCount: 0 };
  expect(told(await ask(flow, "/api/profile"))).toEqual([200, { ...profile, apiKey: adminKey }]);
  const body = { username: "admin", currentApiKey: adminKey };
  const wrong = { error: "Invalid username or API key.", code: "AUTH_ERROR" };
  const reset = (more: object = {}) => ask(flow, "/api/reset-api-key", { body: { ...body, ...more }, key: null });
  expect(told(await reset({ username: "somebody" }))).toEqual([401, wrong]);
  expect(told(await reset({ currentApiKey: "wrong-key-0123456789" }))).toEqual([401, wrong]);
  expect(told(await reset({ currentApiKey: 5 }))).toMatchObject([400, { code: "INVALID_REQUEST" }]);
  const done = await reset();
  expect(told(done)).toEqual([
    200,
    { message: "API key reset successfully.", newApiKey: expect.stringMatching(/^wg_live_/) },
  ]);
  expect((await ask(flow, "/api/profile")).status).toBe(401);
  expect((await ask(flow, "/api/profile", { key: done.json.newApiKey })).json.apiKey).toBe(done.json.newApiKey);
  for (let n = 0; n < 2; n++) await reset();
  const over = await reset();
  expect(told(over)).toMatchObject([429, { code: "RATE_LIMIT_EXCEEDED" }]);
  expect(Number(over.headers.get("retry-after"))).toBeGreaterThan(3_000);
  flow.clock.advance(hour);
  expect((await reset()).status).toBe(401);
});

test("messages go out and come in, and are listed as the document has them", async () => {
  await using flow = await startFlow();
  const { apiKey } = await link(flow);
  const body = { clientId: "client-id", number: others, message: "Hey! Its a test message" };
  const sent = await ask(flow, "/api/send-message", { body, key: apiKey });
  expect(told(sent)).toEqual([
    200,
    { success: true, message: "Message sent successfully.", messageId: waId, timestamp: unixTime },
  ]);
  await flow.network.settled();
  expect(await flow.line("client-id").delivered()).toEqual([body.message]);
  expect(told(await ask(flow, "/api/sent-messages", { key: apiKey }))).toEqual([
    200,
    [
      {
        id: expect.any(Number),
        clientId: "client-id",
        senderNumber: mine,
        recipient: others,
        message: body.message,
        status: "sent",
        sentAt: isoTime,
      },
    ],
  ]);
  flow.line("client-id").write("Hello!");
  const [row] = await received(flow, 1);
  const shown = { id: expect.any(Number), client_id: "client-id", sender: others, message: "Hello!" };
  expect(row).toEqual({ ...shown, received_at: isoTime });
  expect((await ask(flow, "/api/received-messages/client-id", { key: apiKey })).json.status).toBe("success");
});

test("a file is fetched from its address and sent with the message below it", async () => {
  const picture = Buffer.from(pngOf(encodeQr("hello", "M")));
  const host = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ url }) =>
      url.endsWith("/image.png")
        ? new Response(picture, { headers: { "content-type": "image/png" } })
        : new Response("gone", { status: 404 }),
  });
  await using flow = await startFlow({ adminPassword });
  await link(flow);
  const send = (mediaUrl: string, message?: string) =>
    ask(flow, "/api/send-message", { body: { clientId: "client-id", number: others, message, mediaUrl } });
  const sent = await send(new URL("/image.png", host.url).href, "Look!");
  expect(told(sent)).toMatchObject([200, { success: true, messageId: waId }]);
  expect(told(await send(new URL("/gone.png", host.url).href))).toMatchObject([400, { code: "MEDIA_ERROR" }]);
  await flow.network.settled();
  const { data } = await flow.control.phones.inbox(others, {});
  expect(data.map(({ id, kind }) => [id, kind])).toEqual([[sent.json.messageId, "imageMessage"]]);
  const { json: chat } = await ask(flow, `/api/chats/client-id/${others}@c.us/messages`, await signedIn(flow));
  expect(chat.messages).toMatchObject([{ type: "image", hasMedia: true, body: "Look!", fromMe: true }]);
  await host.stop(true);
});

test("what cannot be sent is told with the document's codes", async () => {
  await using flow = await startFlow({ clientsSendsPerQuarter: 5 });
  await link(flow);
  const send = (more: object, key: string | null = adminKey) =>
    ask(flow, "/api/send-message", { body: { clientId: "client-id", number: others, message: "Hi", ...more }, key });
  expect(told(await send({}, null))).toEqual([401, { error: expect.any(String), code: "AUTH_ERROR" }]);
  expect(told(await send({ clientId: "nobody" }))).toEqual([
    404,
    { error: "Client not found", code: "CLIENT_NOT_FOUND" },
  ]);
  expect(told(await send({ message: "" }))).toEqual([
    400,
    { error: "Either message or mediaUrl is required.", code: "INVALID_REQUEST" },
  ]);
  expect(told(await send({ number: "12" }))).toMatchObject([400, { code: "INVALID_REQUEST" }]);
  expect(told(await send({ mediaUrl: "https://169.254.169.254/image.jpg" }))).toMatchObject([
    400,
    { code: "MEDIA_ERROR" },
  ]);
  flow.strike("ack-error", { code: 463 });
  expect(told(await send({}))).toMatchObject([400, { code: "SEND_FAILED" }]);
  expect((await ask(flow, "/api/sent-messages")).json).toMatchObject([{ status: "failed", sentAt: null }]);
  expect(told(await send({}))).toMatchObject([429, { code: "RATE_LIMIT_EXCEEDED" }]);
  flow.clock.advance(15 * minute);
  expect((await send({ number: "12" })).status).toBe(400);
});

test("the chat page's routes are for those who are signed in", async () => {
  await using flow = await startFlow({ adminPassword });
  await flow.create("client-id", { start: false });
  const paths = [
    ["GET", "/api/chats/client-id"],
    ["GET", `/api/chats/client-id/${others}@c.us/messages?limit=50`],
    ["POST", `/api/chats/client-id/${others}@c.us/send`],
    ["POST", `/api/chats/client-id/${others}@c.us/read`],
    ["DELETE", "/clients/client-id"],
  ] as const;
  for (const [method, path] of paths) {
    const body = method === "GET" ? {} : { body: { message: "x", password: "x" } };
    expect(told(await ask(flow, path, { method, ...body, key: null }))).toMatchObject([401, { code: "AUTH_ERROR" }]);
    expect(told(await ask(flow, path, { method, ...body }))).toMatchObject([403, { code: "SESSION_REQUIRED" }]);
  }
  const cookie = (
    await ask(flow, "/api/v1/login", { body: { username: "admin", password: adminPassword }, key: null })
  ).headers
    .get("set-cookie")
    ?.split(";", 1)[0];
  const asBrowser = { key: null, headers: { cookie: cookie ?? "" } };
  expect(told(await ask(flow, "/api/chats/client-id", asBrowser))).toEqual([200, { chats: [] }]);
});

test("a chat is listed, read, answered and marked as read", async () => {
  await using flow = await startFlow({ adminPassword, clientsChatPerMinute: 100_000 });
  await link(flow);
  const as = await signedIn(flow);
  const line = flow.line("client-id");
  const theirs = line.write("Hello!");
  await received(flow, 1);
  const chat = `${others}@c.us`;
  const listed = await ask(flow, "/api/chats/client-id", as);
  expect(told(listed)).toEqual([
    200,
    {
      chats: [
        {
          id: { _serialized: chat },
          name: expect.any(String),
          profilePic: null,
          lastMessage: { body: "Hello!", timestamp: unixTime, fromMe: false },
          timestamp: unixTime,
          unreadCount: 1,
          isMuted: false,
          pinned: false,
        },
      ],
    },
  ]);
  flow.control.phones.send(others, { to: mine, react: { id: theirs, emoji: "👍" } });
  const messages = (query = "?limit=50") => ask(flow, `/api/chats/client-id/${chat}/messages${query}`, as);
  const [first] = await until("the reaction", async () => {
    const found = (await messages()).json.messages;
    return found[0].hasReaction ? found : null;
  });
  const plain = { body: "Hello!", fromMe: false, timestamp: unixTime, type: "chat", hasMedia: false, filename: null };
  const reactions = [{ reaction: "👍", senderId: chat }];
  expect(first).toEqual({ id: { _serialized: theirs }, ...plain, hasReaction: true, reactions, ack: 2 });

  const answer = { message: "Hello! How can I help you?" };
  const sent = await ask(flow, `/api/chats/client-id/${chat}/send`, { ...as, body: answer });
  expect(told(sent)).toEqual([
    200,
    { success: true, message: { id: { _serialized: waId }, body: answer.message, timestamp: unixTime } },
  ]);
  const read = await ask(flow, `/api/chats/client-id/${encodeURIComponent(chat)}/read`, { ...as, method: "POST" });
  expect(told(read)).toEqual([200, { success: true }]);
  await flow.network.settled();
  expect(flow.control.phones.receipts(others, theirs).read).toEqual([mine]);
  flow.control.phones.read(others, {});
  type Row = { body: string; ack: number; fromMe: boolean };
  const acks = async () => {
    const { messages: rows } = (await messages("")).json;
    return new Map(rows.map(({ body, ack, fromMe }: Row) => [body, [ack, fromMe]]));
  };
  const both = new Map([
    ["Hello!", [3, false]],
    [answer.message, [3, true]],
  ]);
  await until("both to be read", async () => Bun.deepEquals(await acks(), both));
  expect((await ask(flow, "/api/chats/client-id", as)).json.chats[0].unreadCount).toBe(0);
  expect(told(await ask(flow, "/api/chats/client-id/15559999999@c.us/messages", as))).toEqual([
    404,
    { error: "There is no such chat.", code: "CHAT_NOT_FOUND" },
  ]);
  const empty = await ask(flow, `/api/chats/client-id/${chat}/send`, { ...as, body: {} });
  expect(told(empty)).toMatchObject([400, { code: "INVALID_REQUEST" }]);
});

test("chat requests are limited per minute", async () => {
  await using flow = await startFlow({ adminPassword, clientsChatPerMinute: 2 });
  await flow.create("client-id", { start: false });
  const as = await signedIn(flow);
  const list = async () => (await ask(flow, "/api/chats/client-id", as)).status;
  expect([await list(), await list(), await list()]).toEqual([200, 200, 429]);
  flow.clock.advance(minute);
  expect(await list()).toBe(200);
});

test("a client is deleted with the password, unlinked, and its key with it", async () => {
  await using flow = await startFlow({ adminPassword });
  const { apiKey } = await link(flow);
  const as = await signedIn(flow);
  const remove = (body: object, name = "client-id") => ask(flow, `/clients/${name}`, { ...as, method: "DELETE", body });
  expect(told(await remove({}))).toMatchObject([400, { error: "Password is required" }]);
  const wrong = { error: "Invalid password or client not owned by user", code: "ACCESS_DENIED" };
  expect(told(await remove({ password: "your-password" }))).toEqual([403, wrong]);
  expect(told(await remove({ password: adminPassword }, "nobody"))).toMatchObject([404, { error: "Client not found" }]);
  expect(told(await remove({ password: adminPassword }))).toEqual([200, { message: "Client deleted successfully." }]);
  expect(flow.control.phones.get(mine).devices).toEqual([]);
  expect((await ask(flow, "/api/clients", { key: apiKey })).status).toBe(401);
  expect((await ask(flow, "/api/clients")).json).toEqual([]);
  expect((await remove({ password: adminPassword })).status).toBe(404);
  expect((await remove({ password: adminPassword })).status).toBe(429);
  const { data } = (await flow.call("/audit")).json;
  expect(data.map(({ action }: { action: string }) => action)).toContain("password.failed");
});

test("the log is the account's own", async () => {
  await using flow = await startFlow();
  await link(flow);
  const { status, json: body } = await ask(flow, "/api/logs");
  expect([status, body.status]).toEqual([200, "success"]);
  for (const line of body.logs) {
    expect(line).toMatchObject({ time: isoTime, level: expect.any(String), message: expect.any(String) });
  }
  expect(body.logs.map(({ clientId }: { clientId?: string }) => clientId)).toContain("client-id");
});

test("what was done through the native API shows in a chat: the own reaction, the new wording, and that a message is gone", async () => {
  await using flow = await startFlow({ adminPassword });
  await link(flow);
  const as = await signedIn(flow);
  const send = async (text: string) =>
    (await flow.call("/messages", { body: { session_id: "client-id", to: others, text } })).json.id;
  const [mended, gone] = [await send("Helo!"), await send("not for you")];
  await flow.call(`/messages/${mended}`, { method: "PATCH", body: { text: "Hello!" } });
  await flow.call(`/messages/${mended}/reaction`, { method: "PUT", body: { emoji: "🎉" } });
  await flow.call(`/messages/${gone}`, { method: "DELETE" });
  const { json } = await ask(flow, `/api/chats/client-id/${others}@c.us/messages`, as);
  expect(json.messages).toMatchObject([
    { type: "chat", body: "Hello!", hasReaction: true, reactions: [{ reaction: "🎉", senderId: `${mine}@c.us` }] },
    { type: "revoked", body: "", hasReaction: false, reactions: null },
  ]);
});
