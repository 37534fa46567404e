// What chats of the clients dialect show of messages of every kind, and their files, asked for as the document prints it.
import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { bytesOf } from "../engine/media/prepare/files.ts";
import { adminKey, adminPassword, type CallOptions } from "../support/gateway.ts";
import { startHttpHost } from "../support/http-host.ts";
import { sendFile } from "../support/sent-media.ts";
import { type Flow, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";
import { ask, link, received, signedIn, told } from "./clients-calls.ts";

/** Asked until something has happened, and no program of anybody's. */
const often = { adminPassword, clientsChatPerMinute: 100_000 };

type Row = { id: { _serialized: string }; body: string; type: string; hasMedia: boolean; filename: string | null };
type Reaction = { reaction: string; senderId: string };
type Shown = Row & { ack: number; hasReaction: boolean; reactions: Reaction[] | null; fromMe: boolean };

const chat = `${others}@c.us`;
const chatPath = `/api/chats/client-id/${chat}/messages?limit=50`;
const filePath = (waId: string, client = "client-id") => `/api/chats/${client}/media/${waId}`;
const missing = (error: string, code: string) => [404, { error, code }];

/** With the header that the document prints, though there is no body. */
async function fileAt(flow: Flow, path: string, { headers = {} }: CallOptions) {
  const url = `${flow.gateway().url}${path}`;
  const answer = await fetch(url, { headers: { "content-type": "application/json", ...headers } });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

async function shown(flow: Flow, as: CallOptions): Promise<Shown[]> {
  return (await ask(flow, chatPath, as)).json.messages;
}

test("each kind of message has the document's name, what it says, and its file's name", async () => {
  await using flow = await startFlow(often);
  await link(flow);
  const write = (words: object) => flow.control.phones.send(others, { to: mine, ...words }).id;
  const file = (kind: string, mimetype: string, more: object = {}) =>
    sendFile(flow, { kind, mimetype, bytes: randomBytes(2_000), ...more }).waId;
  const poll = { name: "Which one?", options: ["This one", "That one"] };
  const expected: [string, string, string, string | null][] = [
    [write({ text: "Hello!" }), "chat", "Hello!", null],
    [file("image", "image/jpeg", { caption: "Look!" }), "image", "Look!", null],
    [file("video", "video/mp4"), "video", "", null],
    [file("audio", "audio/mpeg"), "audio", "", null],
    [file("ptt", "audio/ogg; codecs=opus"), "ptt", "", null],
    [file("document", "application/pdf", { file_name: "bill.pdf", caption: "March" }), "document", "March", "bill.pdf"],
    [file("sticker", "image/webp"), "sticker", "", null],
    [write({ location: { latitude: 52.5, longitude: 13.4, name: "The shop" } }), "location", "The shop", null],
    [write({ contact: { name: "Ada", number: others } }), "vcard", "Ada", null],
    [write({ poll }), "poll_creation", "Which one?", null],
  ];
  await received(flow, expected.length);
  const as = await signedIn(flow);
  const rows = await shown(flow, as);
  expect(rows.map(({ id, type, body, filename }) => [id._serialized, type, body, filename])).toEqual(expected);
  const files = ["image", "video", "audio", "ptt", "document", "sticker"];
  expect(rows.map(({ hasMedia }) => hasMedia)).toEqual(expected.map(([, type]) => files.includes(type)));
  const [text = "", picture = ""] = expected.map(([id]) => id);
  for (const revoke of [text, picture]) write({ revoke });
  const taken = await until("both to be taken back", async () => {
    const found = (await shown(flow, as)).filter(({ type }) => type === "revoked");
    return found.length === 2 ? found : null;
  });
  const nothing = { body: "", hasMedia: false, filename: null, hasReaction: false, reactions: null };
  expect(taken).toMatchObject([nothing, nothing]);
  expect((await fileAt(flow, filePath(picture), as)).status).toBe(404);
});

test("what a sound cannot show follows it as a text; both are listed", async () => {
  await using flow = await startFlow(often);
  await link(flow);
  await using host = await startHttpHost((response) => void response.end(bytesOf("tone.mp3")));
  const mediaUrl = `http://127.0.0.1:${host.port}/tone.mp3`;
  const body = { clientId: "client-id", number: others, message: "Hey! Its a test message", mediaUrl };
  const { status, json: sent } = await ask(flow, "/api/send-message", { body });
  expect(status).toBe(200);
  const as = await signedIn(flow);
  const both = await until("both to have arrived", async () => {
    const rows = await shown(flow, as);
    return rows.length === 2 && rows.every(({ ack }) => ack === 2) ? rows : null;
  });
  expect(both.map(({ type, body: text }) => [type, text])).toEqual([
    ["audio", ""],
    ["chat", body.message],
  ]);
  expect(both[0]?.id._serialized).toBe(sent.messageId);
  const { data } = await flow.control.phones.inbox(others, {});
  expect(data.map(({ kind, text }) => [kind, text])).toEqual([
    ["audioMessage", null],
    [expect.stringMatching(/^(conversation|extendedTextMessage)$/), body.message],
  ]);
});

test("reactions name whoever they are from, our own phone too, and go when they are taken back", async () => {
  await using flow = await startFlow(often);
  await link(flow);
  const as = await signedIn(flow);
  const line = flow.line("client-id");
  const id = line.write("Hello!");
  await received(flow, 1);
  const react = (from: string, to: string, emoji: string) =>
    flow.control.phones.send(from, { to, react: { id, emoji } });
  const reactionsAre = (expected: Reaction[] | null) =>
    until(`the reactions to be ${JSON.stringify(expected)}`, async () => {
      const [row] = await shown(flow, as);
      const sorted = row?.reactions?.toSorted((a, b) => b.senderId.localeCompare(a.senderId)) ?? null;
      return row?.hasReaction === (expected !== null) && Bun.deepEquals(sorted, expected);
    });
  const theirs = { reaction: "👍", senderId: chat };
  react(others, mine, "👍");
  await reactionsAre([theirs]);
  react(mine, others, "❤️");
  await reactionsAre([theirs, { reaction: "❤️", senderId: `${mine}@c.us` }]);
  react(mine, others, "");
  react(others, mine, "");
  await reactionsAre(null);
});

test("how far a message has come is a number: failed, kept, sent, delivered, read", async () => {
  await using flow = await startFlow(often);
  await link(flow);
  const as = await signedIn(flow);
  const send = (message: string) => ask(flow, `/api/chats/client-id/${chat}/send`, { ...as, body: { message } });
  const ackOf = async (text: string) => (await shown(flow, as)).find(({ body }) => body === text)?.ack;
  flow.strike("ack-error", { code: 479, count: 1 });
  expect((await send("refused")).status).toBe(400);
  expect(await ackOf("refused")).toBe(-1);
  flow.control.phones.change(others, { online: false });
  expect((await send("on its way")).status).toBe(200);
  expect(await ackOf("on its way")).toBe(1);
  flow.control.phones.change(others, { online: true });
  await until("it to be delivered", async () => (await ackOf("on its way")) === 2);
  flow.control.phones.read(others, {});
  await until("it to be read", async () => (await ackOf("on its way")) === 3);
  await flow.line("client-id").act("stop");
  expect((await send("for later")).status).toBe(200);
  expect(await ackOf("for later")).toBe(0);
});

test("the file of a message comes as it was sent, with its type and its name", async () => {
  await using flow = await startFlow({ adminPassword });
  await link(flow);
  const as = await signedIn(flow);
  const named = { kind: "document", mimetype: "image/jpeg", file_name: "photo.jpg" };
  const photo = sendFile(flow, named);
  const picture = sendFile(flow);
  const bill = sendFile(flow, { kind: "document", mimetype: "application/pdf", file_name: "Rechnung März.pdf" });
  const voice = sendFile(flow, { kind: "ptt", mimetype: "audio/ogg; codecs=opus" });
  await received(flow, 4);
  const nameOf = { photo: `inline; filename="photo.jpg"`, picture: `inline; filename="image-${picture.waId}.jpg"` };
  const billName = `attachment; filename="Rechnung M_rz.pdf"; filename*=UTF-8''Rechnung%20M%C3%A4rz.pdf`;
  const expected = [
    [photo, "image/jpeg", nameOf.photo],
    [picture, "image/jpeg", nameOf.picture],
    [bill, "application/pdf", billName],
    [voice, "audio/ogg", `inline; filename="voice-${voice.waId}.ogg"`],
  ] as const;
  for (const [{ waId, bytes }, type, disposition] of expected) {
    const answer = await fileAt(flow, filePath(waId), as);
    expect([answer.status, answer.bytes.equals(bytes)]).toEqual([200, true]);
    const { headers } = answer;
    expect([headers.get("content-type"), headers.get("content-disposition")]).toEqual([type, disposition]);
  }
  const range = { headers: { ...as.headers, range: "bytes=0-9" } };
  const part = await fileAt(flow, filePath(voice.waId), range);
  expect([part.status, part.bytes.equals(voice.bytes.subarray(0, 10))]).toEqual([206, true]);
  // And what went out from here.
  const media = { base64: bytesOf("photo.jpg").toString("base64") };
  const { json: sent } = await flow.call("/messages", { body: { session_id: "client-id", to: others, media } });
  const own = await fileAt(flow, filePath(sent.wa_id), as);
  expect([own.status, own.headers.get("content-type"), own.bytes.length]).toEqual([200, "image/jpeg", sent.media.size]);
});

test("a file that is not here yet is fetched for whoever asks; many pictures of a page are no many requests", async () => {
  await using flow = await startFlow({ adminPassword, clientsChatPerMinute: 1 });
  await link(flow);
  await flow.call("/sessions/client-id", { method: "PATCH", body: { media_download: "off" } });
  const files = [sendFile(flow), sendFile(flow), sendFile(flow)];
  await received(flow, 3);
  const { headers } = await ask(flow, "/api/v1/login", {
    body: { username: "admin", password: adminPassword },
    key: null,
  });
  const cookie = headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  const inPage = { headers: { cookie, "sec-fetch-site": "same-origin", "sec-fetch-dest": "image" } };
  const [first] = files;
  const hurried = await fileAt(flow, `${filePath(String(first?.waId))}?wait=0`, inPage);
  expect([hurried.status, JSON.parse(`${hurried.bytes}`).code]).toEqual([404, "MEDIA_NOT_AVAILABLE"]);
  expect(Number(hurried.headers.get("retry-after"))).toBeGreaterThan(0);
  const all = await Promise.all(files.map(({ waId }) => fileAt(flow, filePath(waId), inPage)));
  expect(all.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(all.map(({ bytes }, index) => files[index]?.bytes.equals(bytes))).toEqual([true, true, true]);
});

test("what has no file, is not there or is somebody else's is told in the document's shape", async () => {
  await using flow = await startFlow({ adminPassword });
  await link(flow);
  await flow.create("other", { start: false });
  const as = await signedIn(flow);
  const text = flow.line("client-id").write("Only a text");
  flow.network.world.media.put = () => "/v/never-there";
  const gone = sendFile(flow);
  await received(flow, 2);
  const get = async (path: string, options: CallOptions = as) => told(await ask(flow, path, options));
  const printed = filePath("3EB0C767F26AFC1F8B");
  expect(await get(printed)).toEqual(missing("There is no such message.", "MESSAGE_NOT_FOUND"));
  expect(await get(filePath(text))).toEqual(missing("This message has no file, or was deleted.", "MEDIA_NOT_FOUND"));
  expect(await get(filePath(gone.waId))).toMatchObject([404, { code: expect.stringMatching(/^MEDIA_NOT_/) }]);
  expect(await get(filePath(text, "other"))).toEqual(missing("There is no such message.", "MESSAGE_NOT_FOUND"));
  expect(await get(filePath(text, "nobody"))).toEqual(missing("Client not found", "CLIENT_NOT_FOUND"));
  expect(await get(printed, { key: null })).toMatchObject([401, { code: "AUTH_ERROR" }]);
  expect(await get(printed, { key: adminKey })).toMatchObject([403, { code: "SESSION_REQUIRED" }]);
  expect(await get(`${printed}?wait=soon`)).toMatchObject([400, { code: "INVALID_REQUEST" }]);
  const beyond = await ask(flow, filePath(text), { ...as, method: "POST", body: {} });
  expect(told(beyond)).toMatchObject([405, { error: expect.any(String) }]);
});
