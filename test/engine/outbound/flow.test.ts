// Every kind on its way: composed by us, brought to the network by a session of the engine, and read by the other
// side's phone, and by an unmodified Baileys that is linked to it, as what was sent.
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BinaryNode, getBinaryNodeChild, type proto } from "@whiskeysockets/baileys";
import { bareContext, type Content, type MediaKind } from "../../../src/core/content.ts";
import type { Network as Sandbox } from "../../../src/sandbox/network/network.ts";
import type { Person } from "../../../src/sandbox/people/person.ts";
import { connectBaileys } from "../../support/baileys.ts";
import type { TestEngine } from "../../support/engine.ts";
import { type HiddenMedia, hiddenMedia, hideMedia } from "../../support/hidden-media.ts";
import { startOrderedClient } from "../../support/ordered-client.ts";
import { until } from "../../support/until.ts";
import { bytesOf, pathOf } from "../media/prepare/files.ts";
import { startPost } from "./post.ts";

/** A device of this person that fetches files by itself. */
async function linkBaileys({ rig, folder }: { rig: TestEngine; folder: string }, person: Person) {
  const caFile = join(folder, "ca.pem");
  writeFileSync(caFile, rig.sandbox.endpoint.ca);
  const linked = startOrderedClient(caFile);
  const { qr = "" } = await linked.tell({ do: "connect", ...rig.sandbox.endpoint });
  await rig.sandbox.world.pairings.scan(person, qr);
  await linked.tell({ do: "opened" });
  await rig.sandbox.settled();
  return linked;
}

const noViolations = (rig: TestEngine) => expect(rig.sandbox.world.observer.readViolations()).toEqual([]);

const files: [MediaKind, string, kind: string][] = [
  ["image", "photo.jpg", "imageMessage"],
  ["image", "opaque.png", "imageMessage"],
  ["video", "clip.mp4", "videoMessage"],
  ["gif", "clip.mp4", "videoMessage"],
  ["video_note", "clip.mp4", "ptvMessage"],
  ["audio", "tone.mp3", "audioMessage"],
  ["voice", "browser.webm", "audioMessage"],
  ["document", "photo.jpg", "documentMessage"],
  ["sticker", "transparent.png", "stickerMessage"],
];

test("every kind of file is read by the phone and by a linked Baileys, byte for byte", async () => {
  await using post = await startPost();
  const { rig, alice } = post;
  await using linked = await linkBaileys(post, alice);
  for (const [kind, name, field] of files) {
    const { waId, path, media } = await post.sendFile(kind, pathOf(name));
    const sent = Buffer.from(await Bun.file(path).arrayBuffer());
    const item = post.inboxOf(alice, waId);
    expect([item.kind, item.media]).toMatchObject([field, { bytes: sent.length, mimetype: media.mimeType }]);
    expect((await post.plainOf(item)).equals(sent)).toBe(true);
    const { bytes = "" } = await linked.tell({ do: "download", id: waId });
    expect(Buffer.from(bytes, "base64").equals(sent)).toBe(true);
    if (path === pathOf(name)) expect(sent.equals(bytesOf(name))).toBe(true);
  }
  // What was encrypted to be uploaded is not left lying about.
  expect(readdirSync(rig.folder)).toEqual([]);
  noViolations(rig);
}, 30_000);

test("captions and what is seen once arrive as such", async () => {
  await using post = await startPost();
  const { rig, alice } = post;
  const document = await post.sendFile("document", pathOf("photo.jpg"), { caption: "read this" });
  const item = post.inboxOf(alice, document.waId);
  expect(item).toMatchObject({ kind: "documentMessage", text: "read this", media: { mimetype: "image/jpeg" } });
  expect((await post.plainOf(item)).equals(bytesOf("photo.jpg"))).toBe(true);
  for (const [kind, name] of [
    ["image", "photo.jpg"],
    ["video", "clip.mp4"],
    ["voice", "voice.ogg"],
  ] as const) {
    const { waId } = await post.sendFile(kind, pathOf(name), { isViewOnce: true });
    const once = post.inboxOf(alice, waId);
    expect(JSON.stringify(once.message)).toContain('"viewOnce":true');
    expect((await post.plainOf(once)).equals(bytesOf(name))).toBe(true);
  }
  noViolations(rig);
});

test("texts, polls, places and contacts arrive as they were said", async () => {
  await using post = await startPost();
  const { alice, bob } = post;
  const preview = { url: "https://a.example/", title: "A", description: null, thumbnail: null };
  const contact = { name: "Ada", vcard: "", phones: ["15551000009"] };
  const said: [Content, object][] = [
    [
      { kind: "text", text: "hello", preview: null },
      { kind: "extendedTextMessage", text: "hello" },
    ],
    [{ kind: "text", text: "at https://a.example/", preview }, { text: "at https://a.example/" }],
    [
      { kind: "poll", question: "Where?", options: ["a", "b"], selectable: 1 },
      { kind: "pollCreationMessageV3", text: "Where?" },
    ],
    [
      { kind: "poll", question: "Where?", options: ["a", "b"], selectable: 0 },
      { kind: "pollCreationMessage", text: "Where?" },
    ],
    [
      { kind: "location", latitude: 1, longitude: 2, name: "X", address: null, isLive: false },
      { kind: "locationMessage", text: "X" },
    ],
    [
      { kind: "contacts", contacts: [contact] },
      { kind: "contactMessage", text: "Ada" },
    ],
    [{ kind: "contacts", contacts: [contact, contact] }, { kind: "contactsArrayMessage" }],
    [{ kind: "event", name: "May", description: null, startsAt: 1_000, location: null }, { kind: "eventMessage" }],
  ];
  for (const [content, shown] of said) {
    const { waId } = await post.say(content);
    expect(post.inboxOf(alice, waId)).toMatchObject(shown);
  }
  const asked = post.rig.sandbox.world.phones.send(alice, {
    chat: `${post.me.phone}@s.whatsapp.net`,
    message: { conversation: "when?" },
  });
  const context = {
    replyTo: { waId: asked.id, sender: { phone: alice.phone, lid: alice.lid }, text: "when?" },
    mentions: [{ phone: bob.phone, lid: bob.lid }],
    expiresInSeconds: 86_400,
  };
  const { waId } = await post.say({ kind: "text", text: `ask @${bob.phone}`, preview: null }, context);
  const { extendedTextMessage } = post.inboxOf(alice, waId).message as proto.IMessage;
  expect(extendedTextMessage).toMatchObject({
    text: `ask @${bob.phone}`,
    contextInfo: {
      stanzaId: asked.id,
      participant: post.toAlice,
      quotedMessage: { conversation: "when?" },
      mentionedJid: [`${bob.phone}@s.whatsapp.net`],
      expiration: 86_400,
    },
  });
  noViolations(post.rig);
});

test("in a group everybody reads it, files too", async () => {
  await using post = await startPost();
  const { rig, me, alice, bob } = post;
  const group = rig.sandbox.world.groups.create({
    subject: "G",
    creator: alice,
    members: [me, bob],
    addressing: "lid",
  });
  const target = `${group.facts.id}@g.us`;
  const mentions = [{ phone: bob.phone, lid: bob.lid }];
  const text = await post.say({ kind: "text", text: `@${bob.phone}!`, preview: null }, { mentions }, { target });
  const image = await post.sendFile("image", pathOf("photo.jpg"), { target });
  for (const person of [alice, bob]) {
    expect(post.inboxOf(person, text.waId)).toMatchObject({ chat: target, text: `@${bob.lid}!` });
    expect((await post.plainOf(post.inboxOf(person, image.waId))).equals(bytesOf("photo.jpg"))).toBe(true);
  }
  noViolations(rig);
});

test("reactions, edits and deletions reach the message they speak of", async () => {
  await using post = await startPost();
  const { rig, alice } = post;
  const target = await post.say({ kind: "text", text: "frist", preview: null });
  const own = { waId: target.waId, sender: null };
  const act = async (action: Parameters<typeof rig.engine.composeAction>[0]) => {
    const { waId, raw } = await rig.engine.composeAction(action, post.writing({}));
    await post.post(post.toAlice, waId, raw);
    return waId;
  };
  await act({
    kind: "edit",
    target: own,
    content: { kind: "text", text: "first", preview: null },
    context: bareContext,
    original: target.raw,
  });
  expect(post.inboxOf(alice, target.waId)).toMatchObject({ text: "first", edited: true });
  const reaction = await act({ kind: "reaction", target: own, emoji: "👍" });
  expect(post.inboxOf(alice, reaction).message).toMatchObject({
    reactionMessage: { text: "👍", key: { id: target.waId } },
  });
  const deletion = await act({ kind: "deletion", target: own });
  expect(post.inboxOf(alice, deletion)).toMatchObject({ kind: "protocolMessage" });
  noViolations(rig);
});

test("the stanza says what it is about, for wrapped media as well", async () => {
  await using post = await startPost();
  const { rig, alice } = post;
  await using linked = connectBaileys(rig.sandbox.endpoint);
  await rig.sandbox.world.pairings.scan(alice, await linked.qr());
  await linked.opened();
  await rig.sandbox.settled();
  const seen = new Map<string, BinaryNode>();
  linked.socket().ws.on("CB:message", (node: BinaryNode) => void seen.set(node.attrs.id ?? "", node));
  const stanza = async (waId: string) => {
    const node = await until("the stanza", () => seen.get(waId));
    const { mediatype } = getBinaryNodeChild(node, "enc")?.attrs ?? {};
    return [node.attrs.type, mediatype, node.attrs.edit, getBinaryNodeChild(node, "meta")?.attrs];
  };
  const send = async (...how: Parameters<typeof post.sendFile>) => stanza((await post.sendFile(...how)).waId);
  expect(await send("image", pathOf("photo.jpg"))).toEqual(["media", "image", undefined, undefined]);
  expect(await send("voice", pathOf("voice.ogg"))).toEqual(["media", "ptt", undefined, undefined]);
  expect(await send("gif", pathOf("clip.mp4"))).toEqual(["media", "gif", undefined, undefined]);
  const wrapped = await send("document", pathOf("photo.jpg"), { caption: "x" });
  expect(wrapped).toEqual(["media", "document", undefined, undefined]);
  const once = await send("image", pathOf("photo.jpg"), { isViewOnce: true });
  expect(once).toEqual(["media", "image", undefined, undefined]);
  const poll = await post.say({ kind: "poll", question: "?", options: ["a", "b"], selectable: 1 });
  expect(await stanza(poll.waId)).toEqual(["poll", undefined, undefined, { polltype: "creation" }]);
  const deletion = await rig.engine.composeAction(
    { kind: "deletion", target: { waId: poll.waId, sender: null } },
    post.writing({}),
  );
  await post.post(post.toAlice, deletion.waId, deletion.raw);
  expect(await stanza(deletion.waId)).toEqual(["text", undefined, "7", undefined]);
});

test("a file is uploaded as often as need be, with the very same bytes, and sent again without", async () => {
  await using post = await startPost();
  const { alice } = post;
  const { waId, raw, path, target } = await post.draft("image", pathOf("photo.jpg"));
  const [first, again] = [await post.upload(raw, path), await post.upload(raw, path)];
  expect(first).toEqual(again);
  if (first.outcome !== "uploaded") throw new Error(first.sentence);
  await post.post(target, waId, first.raw);
  // As after a crash: what was uploaded is on disk, and goes out with its id once more.
  await post.post(target, waId, first.raw);
  const item = post.inboxOf(alice, waId);
  expect(item.copies).toBe(2);
  expect((await post.plainOf(item)).equals(bytesOf("photo.jpg"))).toBe(true);
});

test("a file that is gone or is another one now is refused for good", async () => {
  await using post = await startPost();
  const path = join(post.folder, "photo");
  writeFileSync(path, bytesOf("photo.jpg"));
  const { raw } = await post.draft("image", path);
  const open = await post.draft("image", path, { target: "120363000000000002@newsletter" });
  writeFileSync(path, Buffer.concat([bytesOf("photo.jpg"), Buffer.of(0)]));
  const changed = { outcome: "refused", sentence: "The file is not the one that was accepted any more." } as const;
  expect(await post.upload(raw, path)).toEqual(changed);
  expect(await post.upload(open.raw, path)).toEqual(changed);
  rmSync(path);
  expect(await post.upload(raw, path)).toEqual({ outcome: "refused", sentence: "The file is not there any more." });
  expect(readdirSync(post.rig.folder)).toEqual([]);
});

test("files for a channel lie on the media host as they are", async () => {
  await using post = await startPost();
  const target = "120363000000000002@newsletter";
  const { raw, path, waId } = await post.draft("image", pathOf("photo.jpg"), { target });
  const outcome = await post.upload(raw, path);
  if (outcome.outcome !== "uploaded") throw new Error(outcome.sentence);
  const name = createHash("sha256").update(bytesOf("photo.jpg")).digest("base64url");
  expect(post.rig.sandbox.world.media.read(`/v/${name}`)?.equals(bytesOf("photo.jpg"))).toBe(true);
  await post.post(target, waId, outcome.raw);
});

test("media hosts that are not there now make another attempt worth while, and nothing is left behind", async () => {
  await using post = await startPost();
  const { rig } = post;
  const { raw, path } = await post.draft("image", pathOf("photo.jpg"));
  rig.sandbox.world.mediaHost = () => "127.0.0.1:1";
  await expect(post.upload(raw, path)).rejects.toMatchObject({ code: "unavailable" });
  expect(readdirSync(rig.folder)).toEqual([]);
});

test("whoever could not read it gets it again, with the place of its file in it", async () => {
  await using post = await startPost();
  const { rig, alice } = post;
  await using linked = await linkBaileys(post, alice);
  const fault = { name: "unreadable", phone: alice.phone, probability: 1, count: 1, delayMs: 0, code: null } as const;
  rig.sandbox.world.faults.add(fault);
  const { waId } = await post.sendFile("voice", pathOf("voice.ogg"));
  const { bytes = "" } = await linked.tell({ do: "download", id: waId });
  expect(Buffer.from(bytes, "base64").equals(bytesOf("voice.ogg"))).toBe(true);
  expect(rig.sandbox.world.observer.messages.read(waId)).toMatchObject([{ sent: 1, resent: 1 }]);
});

test("a session's files go through its proxy alone", async () => {
  await using opened = new AsyncDisposableStack();
  let hidden: HiddenMedia | undefined;
  const network = async (sandbox: Sandbox) => {
    hidden = opened.use(await hideMedia(sandbox, "socks5"));
    return { ca: hidden.ca };
  };
  await using post = await startPost({ network, proxy: () => hidden!.proxy.url });
  const { waId } = await post.sendFile("image", pathOf("photo.jpg"));
  expect((await post.plainOf(post.inboxOf(post.alice, waId))).equals(bytesOf("photo.jpg"))).toBe(true);
  expect(hidden!.proxy.asked).toContain(`${hiddenMedia}:443`);
  expect(hidden!.connections()).toBe(hidden!.proxy.asked.filter((place) => place === `${hiddenMedia}:443`).length);
});
