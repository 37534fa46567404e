// What contents become on the wire: what Baileys itself would make of them where it can, and else what WhatsApp has.
import { expect, test } from "bun:test";
import { generateWAMessageContent, proto } from "@whiskeysockets/baileys";
import type { Content, MediaKind } from "../../../src/core/content.ts";
import { contentOf } from "../../../src/engine/outbound/encoded.ts";
import { fileOf, fillPlace } from "../../../src/engine/outbound/file.ts";
import { stanzaPartsOf } from "../../../src/engine/outbound/stanza.ts";
import { alice, bob, channel, chat, group, lidChat, me, medium, text, written } from "./pen.ts";

const json = (message: unknown): unknown => JSON.parse(JSON.stringify(message));
const plain = (message: proto.IMessage) => {
  const { messageContextInfo, ...content } = proto.Message.decode(proto.Message.encode(message).finish()).toJSON();
  return content as Record<string, { contextInfo?: Record<string, unknown> }>;
};

const question = { name: "Where?", values: ["here", "there", "nowhere"] };
const place = { degreesLatitude: 50.94, degreesLongitude: 6.96, name: "Dom", address: "Köln" };
const card = { displayName: "Ada", vcard: "BEGIN:VCARD\nVERSION:3.0\nFN:Ada\nEND:VCARD" };
const poll: Content = { kind: "poll", question: "Where?", options: question.values, selectable: 1 };
const location: Content = {
  kind: "location",
  latitude: 50.94,
  longitude: 6.96,
  name: "Dom",
  address: "Köln",
  isLive: false,
};
const contact = { name: "Ada", vcard: card.vcard, phones: [] };

test.each<[Content, Parameters<typeof generateWAMessageContent>[0]]>([
  [text("hello"), { text: "hello" }],
  [
    {
      kind: "text",
      text: "see https://a.example/",
      preview: { url: "https://a.example/", title: "A", description: "B", thumbnail: "AQID" },
    },
    {
      text: "see https://a.example/",
      linkPreview: {
        "canonical-url": "https://a.example/",
        "matched-text": "https://a.example/",
        title: "A",
        description: "B",
        jpegThumbnail: Buffer.from("AQID", "base64"),
      },
    },
  ],
  [poll, { poll: { ...question, selectableCount: 1 } }],
  [{ ...poll, selectable: 2 }, { poll: { ...question, selectableCount: 2 } }],
  [{ ...poll, selectable: 0 }, { poll: { ...question, selectableCount: 0 } }],
  [location, { location: place }],
  [{ kind: "contacts", contacts: [contact] }, { contacts: { displayName: "Ada", contacts: [card] } }],
  [
    { kind: "contacts", contacts: [contact, contact] },
    { contacts: { displayName: "2 contacts", contacts: [card, card] } },
  ],
])("is what Baileys would make of it (%#)", async (content, theirs) => {
  const { message, raw } = written(content);
  const other = await generateWAMessageContent(theirs, {
    upload: async () => ({ mediaUrl: "", directPath: "" }),
  } as never);
  expect(plain(message)).toEqual(plain(other));
  expect(message.messageContextInfo?.messageSecret).toHaveLength(32);
  expect(proto.Message.encode(proto.Message.decode(raw)).finish()).toEqual(Buffer.from(raw));
});

test("every message has an id and a secret of its own, which is given where answers need it", () => {
  const [one, other] = [written(poll), written(poll)];
  expect(one.waId).toMatch(/^3EB0[0-9A-F]{18}$/);
  expect(one.waId).not.toBe(other.waId);
  expect(Buffer.from(one.secret!)).toEqual(Buffer.from(one.message.messageContextInfo!.messageSecret!));
  expect(one.secret).not.toEqual(other.secret);
  expect(written(text("hello")).secret).toBeNull();
});

const fields = { mimetype: "a/b", fileLength: "1234", mediaKeyTimestamp: "1772600767" };
const sealed = {
  ...fields,
  mediaKey: Buffer.alloc(32, 1).toString("base64"),
  fileEncSha256: Buffer.alloc(32, 2).toString("base64"),
  fileSha256: Buffer.alloc(32, 3).toString("base64"),
};
const seen = { jpegThumbnail: Buffer.from("small").toString("base64") };
const size = { width: 30, height: 40 };
const waveform = Buffer.from(Array.from({ length: 64 }, (_, step) => step)).toString("base64");

test.each<[MediaKind, object]>([
  ["image", { imageMessage: { ...sealed, ...seen, ...size } }],
  ["video", { videoMessage: { ...sealed, ...seen, ...size, seconds: 6 } }],
  ["gif", { videoMessage: { ...sealed, ...seen, ...size, seconds: 6, gifPlayback: true } }],
  ["video_note", { ptvMessage: { ...sealed, ...seen, ...size, seconds: 6 } }],
  ["audio", { audioMessage: { ...sealed, seconds: 6 } }],
  ["voice", { audioMessage: { ...sealed, seconds: 6, ptt: true, waveform } }],
  ["sticker", { stickerMessage: { ...sealed, ...size, isAnimated: true } }],
  ["document", { documentMessage: { ...sealed, ...seen, fileName: "a file.b", title: "a file.b", pageCount: 7 } }],
])("%s has everything of its file but where it is", (kind, wanted) => {
  const { content, file } = medium(kind);
  const { message, raw } = written(content, {}, { file });
  expect(plain(message)).toEqual(wanted as never);
  const filled = proto.Message.decode(fillPlace(raw, { url: "https://h/v/x", directPath: "/v/x" }));
  const [name = ""] = Object.keys(wanted);
  expect(plain(filled)).toEqual({
    [name]: { ...Object.values(wanted)[0], url: "https://h/v/x", directPath: "/v/x" },
  } as never);
  expect(filled.messageContextInfo).toEqual(message.messageContextInfo!);
});

test("a place that was filled in before is replaced, within wrappers too", () => {
  const { content, file } = medium("document", { caption: "read" });
  const { raw } = written(content, {}, { file });
  const first = fillPlace(raw, { url: "https://one/v/1", directPath: "/v/1" });
  const second = proto.Message.decode(fillPlace(first, { url: "", directPath: "/v/2" }));
  const { documentMessage } = second.documentWithCaptionMessage!.message!;
  expect([documentMessage?.url, documentMessage?.directPath, documentMessage?.caption]).toEqual(["", "/v/2", "read"]);
});

test("captions stand where phones look for them", () => {
  const of = (kind: MediaKind) => plain(written(medium(kind, { caption: "look" }).content, {}, medium(kind)).message);
  expect(of("image")).toMatchObject({ imageMessage: { caption: "look" } });
  expect(of("gif")).toMatchObject({ videoMessage: { caption: "look" } });
  expect(of("document")).toMatchObject({
    documentWithCaptionMessage: { message: { documentMessage: { caption: "look", fileName: "a file.b" } } },
  });
});

test("what is to be seen once is wrapped, has no thumbnail, and is refused for what WhatsApp does not have it for", () => {
  const of = (kind: MediaKind) => {
    const { content, file } = medium(kind, { isViewOnce: true });
    return plain(written(content, {}, { file }).message);
  };
  expect(of("image")).toMatchObject({ viewOnceMessageV2: { message: { imageMessage: { viewOnce: true } } } });
  expect(of("video")).toMatchObject({ viewOnceMessageV2: { message: { videoMessage: { viewOnce: true } } } });
  expect(of("voice")).toMatchObject({
    viewOnceMessageV2Extension: { message: { audioMessage: { viewOnce: true, ptt: true } } },
  });
  expect(JSON.stringify(of("image"))).not.toContain("jpegThumbnail");
  for (const kind of ["gif", "audio", "sticker", "document", "video_note"] as const)
    expect(() => of(kind)).toThrow("Only pictures, videos and voice notes can be shown once.");
});

test("files in channels are not encrypted", () => {
  const { content, file } = medium("image");
  const { message, raw } = written(content, {}, { target: channel, file });
  const { mediaKey, fileEncSha256, mediaKeyTimestamp, ...open } = sealed;
  expect(plain(message)).toEqual({ imageMessage: { ...open, ...seen, ...size } } as never);
  expect(fileOf(raw)).toMatchObject({ kind: "image", mediaKey: null, fileEncSha256: null });
});

test("each file is known again by the kind that its key is made with", () => {
  const kinds = {
    image: "image",
    video: "video",
    gif: "gif",
    video_note: "ptv",
    audio: "audio",
    voice: "ptt",
    sticker: "sticker",
    document: "document",
  } as const;
  for (const [kind, wire] of Object.entries(kinds)) {
    const { content, file } = medium(kind as MediaKind, kind === "document" ? { caption: "x" } : {});
    expect(fileOf(written(content, {}, { file }).raw)).toEqual({
      kind: wire,
      mediaKey: Buffer.alloc(32, 1),
      fileEncSha256: Buffer.alloc(32, 2),
      fileSha256: Buffer.alloc(32, 3),
    });
  }
  expect(fileOf(written(text("x")).raw)).toBeNull();
});

const mentions = [alice, bob];
const said = `@${alice.phone} and @${bob.phone}, not @${alice.phone}9`;

test("people are named as the chat names them, in the text as well", () => {
  const named = (target: string, members: "phone" | "lid") => {
    const { extendedTextMessage } = written(text(said), { mentions }, { target, members }).message;
    return [extendedTextMessage?.text, extendedTextMessage?.contextInfo?.mentionedJid];
  };
  const phones = [`${alice.phone}@s.whatsapp.net`, `${bob.phone}@s.whatsapp.net`];
  const lids = [`${alice.lid}@lid`, `${bob.phone}@s.whatsapp.net`];
  const inLids = said.replace(`@${alice.phone} `, `@${alice.lid} `);
  expect(named(chat, "lid")).toEqual([said, phones]);
  expect(named(group, "phone")).toEqual([said, phones]);
  expect(named(group, "lid")).toEqual([inLids, lids]);
  expect(named(lidChat, "phone")).toEqual([inLids, lids]);
  const { content, file } = medium("image", { caption: said });
  expect(written(content, { mentions }, { target: group, file }).message.imageMessage?.caption).toBe(inLids);
});

const reply = { waId: "3EB0AA", sender: alice, text: "what she said" };
const quotedIn = (context: Parameters<typeof written>[1], writing: Parameters<typeof written>[2]) =>
  written(text("yes"), context, writing).message.extendedTextMessage!.contextInfo;

test("a reply quotes what is at hand, and names its author as the chat does", () => {
  const bare = quotedIn({ replyTo: reply }, {});
  expect(json(bare)).toEqual({
    stanzaId: "3EB0AA",
    participant: chat,
    quotedMessage: { conversation: "what she said" },
  });
  expect(quotedIn({ replyTo: reply }, { target: group })?.participant).toBe(`${alice.lid}@lid`);
  expect(quotedIn({ replyTo: { ...reply, sender: null } }, {})?.participant).toBe(`${me.phone}@s.whatsapp.net`);
  expect(quotedIn({ replyTo: { ...reply, sender: null } }, { target: group })?.participant).toBe(`${me.lid}@lid`);
  expect(quotedIn({ replyTo: { ...reply, text: null } }, {})?.quotedMessage?.conversation).toBe("");
  expect(quotedIn({ replyTo: reply }, { target: channel })).toBeNull();
});

test("a quoted message is its content alone, without what it was about itself, and nothing that was to be seen once", () => {
  const photo = medium("document", { caption: "read" });
  const quoted = written(photo.content, { replyTo: reply, expiresInSeconds: 60 }, { file: photo.file }).raw;
  const info = quotedIn({ replyTo: reply }, { quoted });
  expect(Object.keys(json(info!.quotedMessage) as object)).toEqual(["documentMessage"]);
  expect(info?.quotedMessage?.documentMessage?.caption).toBe("read");
  expect(info?.quotedMessage?.documentMessage?.contextInfo).toBeNull();
  const once = medium("image", { isViewOnce: true });
  const shy = quotedIn({ replyTo: { ...reply, text: null } }, { quoted: written(once.content, {}, once).raw });
  expect(json(shy?.quotedMessage)).toEqual({ conversation: "" });
  const spoken = proto.Message.encode({ conversation: "by phone" }).finish();
  expect(quotedIn({ replyTo: reply }, { quoted: spoken })?.quotedMessage?.conversation).toBe("by phone");
});

test("what is passed on, and what disappears, says so, whatever its kind", () => {
  const context = { forwards: 2, expiresInSeconds: 86_400 };
  const info = { forwardingScore: 2, isForwarded: true, expiration: 86_400 };
  const contents = [text("x"), poll, location, { kind: "contacts", contacts: [contact] } as Content];
  for (const content of contents) {
    const [message] = Object.values(plain(written(content, context).message));
    expect(message?.contextInfo).toEqual(info);
  }
  for (const kind of ["image", "video_note", "voice", "sticker", "document"] as const) {
    const { content, file } = medium(kind);
    const [message] = Object.values(plain(written(content, context, { file }).message));
    expect(message?.contextInfo).toEqual(info);
  }
  const [inChannel] = Object.values(plain(written(text("x"), context, { target: channel }).message));
  expect(inChannel?.contextInfo).toEqual({ forwardingScore: 2, isForwarded: true });
});

test("a card is made for a contact of whom only name and numbers are known", () => {
  const { message } = written({
    kind: "contacts",
    contacts: [{ name: "Müller; Ada,\nCEO", vcard: "", phones: ["+1 555 100 0001"] }],
  });
  expect(message.contactMessage?.vcard?.split("\n")).toEqual([
    "BEGIN:VCARD",
    "VERSION:3.0",
    "N:;Müller\\; Ada\\,\\nCEO;;;",
    "FN:Müller\\; Ada\\,\\nCEO",
    "TEL;type=CELL;type=VOICE;waid=15551000001:+15551000001",
    "END:VCARD",
  ]);
});

test("events and invitations go out as well", () => {
  const startsAt = Date.parse("2026-05-01T10:00:00Z");
  const event = written({ kind: "event", name: "May", description: null, startsAt, location: "Park" });
  expect(json(event.message.eventMessage)).toEqual({
    name: "May",
    startTime: String(startsAt / 1_000),
    location: { name: "Park" },
    isCanceled: false,
  });
  expect(event.secret).toHaveLength(32);
  const invite = written({ kind: "group_invite", group, name: "G", code: "abc", text: "come", expiresAt: startsAt });
  expect(json(invite.message.groupInviteMessage)).toEqual({
    groupJid: group,
    groupName: "G",
    inviteCode: "abc",
    caption: "come",
    inviteExpiration: String(startsAt / 1_000),
  });
});

test.each<[Content, string]>([
  [text(""), "A text message needs a text."],
  [text("x".repeat(65_537)), "A text message has at most 65536 characters."],
  [{ ...poll, options: ["one"] }, "A poll needs 2 to 12 options."],
  [{ ...poll, options: Array.from({ length: 13 }, (_, n) => `${n}`) }, "A poll needs 2 to 12 options."],
  [{ ...poll, options: ["a", "a"] }, "The options of a poll must differ."],
  [{ ...poll, options: ["a", ""] }, "An option of a poll has 1 to 100 characters."],
  [{ ...poll, question: "" }, "A poll needs a question of at most 255 characters."],
  [{ ...poll, selectable: 4 }, "Of a poll's options, 0 (any number) up to all of them may be selectable."],
  [{ ...poll, selectable: 0.5 }, "Of a poll's options, 0 (any number) up to all of them may be selectable."],
  [{ ...location, latitude: 91 }, "A location needs a latitude from -90 to 90 and a longitude from -180 to 180."],
  [
    { ...location, longitude: Number.NaN },
    "A location needs a latitude from -90 to 90 and a longitude from -180 to 180.",
  ],
  [{ ...location, isLive: true }, "A live location can only be sent from a phone."],
  [{ kind: "contacts", contacts: [] }, "A message of contacts needs at least one."],
  [{ kind: "contacts", contacts: [{ ...contact, name: "" }] }, "A contact needs a name."],
  [
    { kind: "event", name: "x", description: null, startsAt: null, location: null },
    "An event needs a name and the time it starts.",
  ],
  [{ kind: "choice", id: null, text: "x" }, "A message of the kind choice cannot be sent."],
  [{ kind: "placeholder", reason: "unavailable" }, "A message of the kind placeholder cannot be sent."],
])("what WhatsApp would not take is refused (%#)", (content, sentence) => {
  expect(() => written(content)).toThrow(sentence);
});

test("stanzas say what sendMessage would say on them", () => {
  const of = (content: Content) => stanzaPartsOf(contentOf(written(content).raw), chat);
  const none = { additionalAttributes: {}, additionalNodes: [] };
  expect(of(text("x"))).toEqual(none);
  for (const selectable of [0, 1, 2])
    expect(of({ ...poll, selectable })).toEqual({
      ...none,
      additionalNodes: [{ tag: "meta", attrs: { polltype: "creation" } }],
    });
  const event: Content = { kind: "event", name: "x", description: null, startsAt: 1, location: null };
  expect(of(event).additionalNodes).toEqual([{ tag: "meta", attrs: { event_type: "creation" } }]);
  const pin = { pinInChatMessage: { key: { id: "x" }, type: 1 } };
  expect(stanzaPartsOf(pin, chat).additionalAttributes).toEqual({ edit: "2" });
});

test("what is in a wrapper is seen by Baileys, and encoded only where it is", () => {
  const { content, file } = medium("document", { caption: "read" });
  const { raw, message } = written(content, {}, { file });
  const shown = contentOf(raw);
  expect(shown.documentMessage?.fileName).toBe("a file.b");
  expect(Buffer.from(proto.Message.encode(shown).finish()).equals(raw)).toBe(true);
  const forOwn = proto.Message.encode({ deviceSentMessage: { destinationJid: chat, message: shown } }).finish();
  expect(json(proto.Message.decode(forOwn).deviceSentMessage?.message)).toEqual(json(message));
});
