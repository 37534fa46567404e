// What is written here is read, by what reads what others write, as what was said.
import { expect, test } from "bun:test";
import { proto } from "@whiskeysockets/baileys";
import type { Content, Context, MediaFacts, MediaKind } from "../../../src/core/content.ts";
import type { ReceivedMessage } from "../../../src/core/inbound.ts";
import type { Writing } from "../../../src/core/ports.ts";
import { createFaces } from "../../../src/engine/inbound/faces.ts";
import { readWebMessage } from "../../../src/engine/inbound/web-message.ts";
import { fillPlace } from "../../../src/engine/outbound/file.ts";
import { bytesOf } from "../media/prepare/files.ts";
import { alice, bob, chat, group, me, medium, text, written } from "./pen.ts";

const bobs = { ...bob, lid: "333444555666777" };
const everybody = [me, alice, bobs];
const people = {
  lidOf: (phone: string) => everybody.find((one) => one.phone === phone)?.lid ?? null,
  phoneOf: (lid: string) => everybody.find((one) => one.lid === lid)?.phone ?? null,
};

/** As Alice's own session would read it. */
function read(raw: Uint8Array, target: string): ReceivedMessage {
  const key = { id: "3EB0", fromMe: false, remoteJid: target === group ? group : `${me.phone}@s.whatsapp.net` };
  const info = {
    key: { ...key, participant: `${me.lid}@lid` },
    message: proto.Message.decode(raw),
    messageTimestamp: 1,
  };
  const [value] = readWebMessage(info, { faces: createFaces(alice, people), isLate: false, isHistory: false });
  if (value?.type !== "message") throw new Error(`read as ${value?.type}`);
  return value;
}

const startsAt = Date.parse("2026-05-01T10:00:00Z");
const card = {
  name: "Ada",
  vcard: "BEGIN:VCARD\nVERSION:3.0\nFN:Ada\nTEL;waid=15550009999:+1 555\nEND:VCARD",
  phones: ["15550009999"],
};
const thumbnail = bytesOf("photo.jpg").toString("base64");
const preview = { url: "https://a.example/", title: "A", description: "B", thumbnail };

test.each<Content>([
  text("hello"),
  { kind: "text", text: "see https://a.example/", preview },
  { kind: "poll", question: "Where?", options: ["a", "b", "c"], selectable: 1 },
  { kind: "poll", question: "Where?", options: ["a", "b", "c"], selectable: 2 },
  { kind: "location", latitude: 50.94, longitude: 6.96, name: "Dom", address: "Köln", isLive: false },
  { kind: "location", latitude: -1, longitude: 0, name: null, address: null, isLive: false },
  { kind: "contacts", contacts: [card] },
  { kind: "contacts", contacts: [card, { ...card, name: "Eve" }] },
  { kind: "event", name: "May", description: "d", startsAt, location: "Park" },
  { kind: "event", name: "May", description: null, startsAt, location: null, isCancelled: true },
  { kind: "group_invite", group, name: "G", code: "abc", text: "come", expiresAt: startsAt },
])("%j", (content) => {
  const { raw, secret } = written(content);
  const value = read(raw, chat);
  expect(value.content).toEqual(content);
  if (secret !== null) expect(Buffer.from(value.secret ?? [])).toEqual(Buffer.from(secret));
});

const facts: MediaFacts = {
  mimeType: "a/b",
  fileName: null,
  bytes: 1_234,
  sha256: Buffer.alloc(32, 3).toString("hex"),
  width: null,
  height: null,
  seconds: null,
  pages: null,
  thumbnail: null,
  waveform: null,
  isAnimated: false,
};
const size = { width: 30, height: 40 };
const waveform = Array.from({ length: 64 }, (_, step) => step);

test.each<[MediaKind, Partial<MediaFacts>, { caption?: string; isViewOnce?: boolean }]>([
  ["image", { ...size, thumbnail }, { caption: "look" }],
  ["image", size, { isViewOnce: true }],
  ["video", { ...size, thumbnail, seconds: 6 }, {}],
  ["gif", { ...size, thumbnail, seconds: 6, isAnimated: true }, { caption: "ha" }],
  ["video_note", { ...size, thumbnail, seconds: 6 }, {}],
  ["audio", { seconds: 6 }, {}],
  ["voice", { seconds: 6, waveform }, {}],
  ["voice", { seconds: 6, waveform }, { isViewOnce: true }],
  ["document", { fileName: "a b.c", pages: 7, thumbnail }, {}],
  ["document", { fileName: "a b.c", pages: 7 }, { caption: "read" }],
  ["sticker", { ...size, isAnimated: true }, {}],
])("%s with %j and %j", (kind, told, more) => {
  const { file } = medium(kind);
  const media = { ...facts, ...told };
  const content: Content = { kind, caption: more.caption ?? null, isViewOnce: more.isViewOnce ?? false, media };
  const raw = fillPlace(written(content, {}, { file }).raw, { url: "https://h/v/x", directPath: "/v/x" });
  const value = read(raw, chat);
  expect(value.content).toEqual(content);
  expect(value.locator).toMatchObject({ ...file, url: "https://h/v/x", directPath: "/v/x", type: expect.any(String) });
});

const reply = { waId: "3AFF", sender: bobs, text: "what Bob said" };

test.each<[Partial<Context>, Partial<Writing>]>([
  [{ mentions: [bobs, alice] }, {}],
  [{ mentions: [bobs, alice] }, { target: group, members: "lid" }],
  [{ mentions: [bobs] }, { target: group, members: "phone" }],
  [{ replyTo: reply }, { target: group, members: "lid" }],
  [{ replyTo: reply }, { target: group, members: "phone" }],
  [{ replyTo: { ...reply, sender: alice }, forwards: 3, expiresInSeconds: 86_400 }, {}],
])("%j in %j", (context, writing) => {
  const { raw } = written(text("yes"), context, writing);
  const nothing = { mentions: [], replyTo: null, forwards: 0, expiresInSeconds: null };
  expect(read(raw, writing.target ?? chat).context).toEqual({ ...nothing, ...context });
});

test("a reply to ourselves names us", () => {
  const { raw } = written(text("yes"), { replyTo: { ...reply, sender: null } }, { target: group });
  expect(read(raw, group).context.replyTo?.sender).toEqual(me);
});
