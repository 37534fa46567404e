// Every kind of message on its way out: a phone reads it as what was meant, and its file byte for byte.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { databaseFile } from "../../src/store/data-directory.ts";
import { openReader } from "../../src/store/database.ts";
import { bytesOf } from "../engine/media/prepare/files.ts";
import { adminKey } from "../support/gateway.ts";
import { startHttpHost } from "../support/http-host.ts";
import { type Flow, type Line, mine, others, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

let flow: Flow;
let line: Line;
beforeAll(async () => {
  flow = await startFlow();
  line = await flow.link();
});
afterAll(() => flow[Symbol.asyncDispose]());

const send = (body: object) => flow.call("/messages", { body: { session_id: "shop", to: others, ...body } });

/** As the phone has it. */
async function arrived(waId: string) {
  return until(`${waId} to arrive`, async () => {
    const { data } = await flow.control.phones.inbox(others, { limit: 10_000 });
    return data.find(({ id }) => id === waId) ?? null;
  });
}

/** Where the gateway has its file. */
function fileOf(waId: string): string {
  const folder = String(flow.settings.dataDir);
  const client = openReader(databaseFile(folder));
  try {
    const query = "SELECT path FROM media JOIN messages ON messages.id = message_id WHERE wa_id = ?";
    return join(folder, "media", client.query<{ path: string }, [string]>(query).get(waId)!.path);
  } finally {
    client.close();
  }
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const inBase64 = (name: string) => ({ base64: bytesOf(name).toString("base64") });

/** What is sent as it is; the phone's file must be the very same. */
const untouched: [string, string, object, string][] = [
  ["video", "clip.mp4", {}, "videoMessage"],
  ["video_note", "clip.mp4", {}, "ptvMessage"],
  ["gif", "clip.mp4", {}, "videoMessage"],
  ["audio", "tone.mp3", {}, "audioMessage"],
  ["voice", "voice.ogg", {}, "audioMessage"],
  ["document", "transparent.png", { file_name: "Übersicht 1.png" }, "documentMessage"],
];
for (const [type, name, more, kind] of untouched) {
  test(`${type} of ${name}`, async () => {
    const { status, json } = await send({ type, media: { ...inBase64(name), ...more } });
    expect([status, json.type]).toEqual([201, type]);
    expect(["sent", "delivered"]).toContain(json.status);
    const item = await arrived(json.wa_id);
    expect(item.kind).toBe(kind);
    expect(item.media).toMatchObject({ sha256: sha256(bytesOf(name)), bytes: bytesOf(name).length });
    expect(json.media).toMatchObject({ status: "stored", sha256: sha256(bytesOf(name)), size: bytesOf(name).length });
  });
}

test("a picture keeps its caption and is shown small before it is fetched", async () => {
  const { json } = await send({ media: inBase64("photo.jpg"), text: "Our *new* shop" });
  expect(json).toMatchObject({ type: "image", text: "Our *new* shop", media: { mime_type: "image/jpeg" } });
  const item = await arrived(json.wa_id);
  expect([item.kind, item.text]).toEqual(["imageMessage", "Our *new* shop"]);
  expect(item.media).toMatchObject({ sha256: json.media.sha256 });
  expect(Buffer.from(json.media.thumbnail, "base64").subarray(0, 2).toString("hex")).toBe("ffd8");
});

test("sounds and stickers show no text, and are refused with one rather than sent without it", async () => {
  for (const media of [inBase64("tone.mp3"), inBase64("moving.webp")]) {
    const { status, json } = await send({ media, text: "Listen!" });
    expect([status, json.errors?.[0]?.path]).toEqual([422, "/text"]);
    expect((await send({ media, text: "" })).status).toBe(201);
  }
  const { data } = (await flow.call("/messages?session=shop&text=listen")).json;
  expect(data).toEqual([]);
});

test.each([
  ["image", "photo.jpg", "imageMessage"],
  ["video", "clip.mp4", "videoMessage"],
  ["voice", "voice.ogg", "audioMessage"],
])("%s of %s, to be seen or heard once", async (type, name, kind) => {
  const { status, json } = await send({ type, media: { ...inBase64(name), view_once: true } });
  expect([status, json.type, json.media.view_once]).toEqual([201, type, true]);
  const item = await arrived(json.wa_id);
  expect([item.kind, JSON.stringify(item.message)]).toEqual([kind, expect.stringContaining('"viewOnce":true')]);
  expect(item.media).toMatchObject({ sha256: json.media.sha256, bytes: json.media.size });
});

test("a sticker is made square", async () => {
  const { json } = await send({ type: "sticker", media: inBase64("still.webp") });
  expect([json.type, json.media.width, json.media.height]).toEqual(["sticker", 512, 512]);
  const item = await arrived(json.wa_id);
  expect([item.kind, item.media]).toMatchObject(["stickerMessage", { sha256: json.media.sha256 }]);
});

test("a voice note from a browser is repackaged, and has its waveform", async () => {
  const { status, json } = await send({ type: "voice", media: inBase64("voice.webm") });
  expect([status, json.media.mime_type, json.media.waveform.length]).toEqual([201, "audio/ogg; codecs=opus", 64]);
  expect((await arrived(json.wa_id)).media).toMatchObject({ sha256: json.media.sha256 });
});

test("what WhatsApp would not play is refused with a sentence, and leaves nothing behind", async () => {
  const { status, json } = await send({ type: "voice", media: inBase64("tone.mp3") });
  expect([status, json.code]).toEqual([422, "invalid"]);
  expect(json.detail.length).toBeGreaterThan(20);
  const wrong = await send({ type: "image", media: { base64: "not base64!" } });
  expect([wrong.status, wrong.json.errors[0].path]).toEqual([422, "/media/base64"]);
});

test("a file by its address, under the name that it has there", async () => {
  await using host = await startHttpHost((response) => {
    response.setHeader("content-type", "application/pdf");
    response.end("%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF");
  });
  const { status, json } = await send({ media: { url: `http://127.0.0.1:${host.port}/files/Price%20list.pdf` } });
  expect([status, json.type, json.media.file_name]).toEqual([201, "document", "Price list.pdf"]);
  expect((await arrived(json.wa_id)).media).toMatchObject({ mimetype: "application/pdf" });
  const gone = await send({ media: { url: `http://127.0.0.1:${host.port + 1}/nothing` } });
  expect([gone.status, gone.json.errors[0].path]).toEqual([422, "/media/url"]);
});

test("the file of another message, which then is the message's own", async () => {
  const first = (await send({ media: inBase64("clip.mp4") })).json;
  const again = (await send({ media: { message_id: first.id } })).json;
  expect((await arrived(again.wa_id)).media).toMatchObject({ sha256: first.media.sha256 });
});

test("a file that was uploaded before, as often as wanted, and nobody else's", async () => {
  const response = await fetch(`${flow.gateway().url}/api/v1/media?file_name=clip.mp4`, {
    method: "PUT",
    body: new Uint8Array(bytesOf("clip.mp4")),
    headers: { "x-api-key": adminKey },
  });
  const uploaded = (await response.json()) as { id: string; bytes: number };
  expect([response.status, uploaded.bytes]).toEqual([201, bytesOf("clip.mp4").length]);
  for (const text of ["once", "again"]) {
    const { json } = await send({ media: { upload_id: uploaded.id }, text });
    expect((await arrived(json.wa_id)).media).toMatchObject({ sha256: sha256(bytesOf("clip.mp4")) });
  }
  expect((await send({ media: { upload_id: "med_AAAAAAAA" } })).status).toBeGreaterThanOrEqual(400);
});

test("a place, contacts, a poll", async () => {
  const location = { latitude: 52.52, longitude: 13.405, name: "Alexanderplatz" };
  const place = (await send({ location })).json;
  expect((await arrived(place.wa_id)).message).toMatchObject({
    locationMessage: { degreesLatitude: 52.52, degreesLongitude: 13.405, name: "Alexanderplatz" },
  });
  const card = (await send({ contacts: [{ name: "Ada; L", phones: ["+1 555 100 0001"] }] })).json;
  expect((await arrived(card.wa_id)).kind).toBe("contactMessage");
  const poll = (await send({ poll: { question: "When?", options: ["Mon", "Tue"] } })).json;
  expect(poll.poll).toMatchObject({ question: "When?", options: ["Mon", "Tue"] });
  expect((await arrived(poll.wa_id)).kind).toStartWith("pollCreationMessage");
});

test("an answer quotes what it answers, and names people", async () => {
  line.write("what do you think?");
  const [asked] = await until("the question", async () => {
    const { data } = (await flow.call("/messages?direction=in")).json;
    return data.length > 0 ? data : null;
  });
  const { json } = await send({ text: `ask @${mine}`, reply_to: asked.id, mentions: [mine] });
  expect(json.reply_to).toMatchObject({ text: "what do you think?" });
  expect(json.mentions).toMatchObject([{ phone: `+${mine}` }]);
  const { message } = await arrived(json.wa_id);
  expect(message).toMatchObject({
    extendedTextMessage: {
      contextInfo: { stanzaId: asked.wa_id, quotedMessage: {}, mentionedJid: [`${mine}@s.whatsapp.net`] },
    },
  });
});

test("two things at once, and nothing at all, are told apart from one", async () => {
  const two = await send({ poll: { question: "?", options: ["a", "b"] }, location: { latitude: 1, longitude: 2 } });
  const none = await send({});
  const other = await send({ type: "poll", text: "no poll" });
  expect([two.status, none.status, other.status]).toEqual([422, 422, 422]);
});

test("its file is brought there once WhatsApp can be reached, and said to have failed if it is not there any more", async () => {
  await line.act("stop");
  const waiting = (await send({ media: inBase64("clip.mp4"), text: "waits" })).json;
  const lost = (await send({ media: inBase64("tone.mp3") })).json;
  expect([waiting.status, lost.status]).toEqual(["queued", "queued"]);
  rmSync(fileOf(lost.wa_id));
  await line.act("start");
  expect((await arrived(waiting.wa_id)).media).toMatchObject({ sha256: sha256(bytesOf("clip.mp4")) });
  const failed = await until("the lost one to fail", async () => {
    const { json } = await flow.call(`/messages/${lost.id}`);
    return json.status === "failed" ? json : null;
  });
  expect(failed.error.sentence).toContain("not there");
});
