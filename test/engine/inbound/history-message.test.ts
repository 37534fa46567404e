// Messages of history: late, in our own view, with what has become of them since.
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { proto } from "@whiskeysockets/baileys";
import { readHistoryMessage } from "../../../src/engine/inbound/history-message.ts";
import { createNetwork } from "../../../src/sandbox/network/network.ts";
import { webMessage } from "../../../src/sandbox/people/sync.ts";
import { alice, bob, bytesOf, everybody, group, lid, me, pn, viewOf } from "./stanzas.ts";

const people = viewOf(everybody);
const key = { remoteJid: pn(alice), fromMe: false, id: "3A01" };
const info = (more: proto.IWebMessageInfo): proto.IWebMessageInfo => ({
  key,
  messageTimestamp: 1_795_143_895,
  ...more,
});
/** As it comes out of a chunk. */
const read = (message: proto.IWebMessageInfo) =>
  readHistoryMessage(proto.WebMessageInfo.decode(proto.WebMessageInfo.encode(message).finish()), me, people);
const chat = { kind: "person" as const, face: alice };
const { Type } = proto.Message.ProtocolMessage;
const { StubType } = proto.WebMessageInfo;

test("a message is the same as if it had just come, but late", () => {
  const message = { conversation: "long ago" };
  expect(read(info({ message, pushName: "Alice", verifiedBizName: "Shop" }))).toEqual([
    {
      type: "message",
      key: { chat, waId: "3A01", isFromMe: false, sender: alice },
      at: 1_795_143_895_000,
      pushName: "Alice",
      verifiedName: "Shop",
      isLate: true,
      address: { chat: pn(alice), participant: null },
      content: { kind: "text", text: "long ago", preview: null },
      context: { mentions: [], replyTo: null, forwards: 0, expiresInSeconds: null },
      locator: null,
      secret: null,
      raw: new Uint8Array(bytesOf(message)),
    },
  ]);
});

test("in a group it is the member's, by the message or by its key; ours is ours", () => {
  const message = { conversation: "x" };
  const inGroup = { remoteJid: group, fromMe: false, id: "3A01" };
  const senderOf = (one: proto.IWebMessageInfo) => read(info({ message, ...one }))[0];
  expect(senderOf({ key: { ...inGroup, participant: lid(bob) } })).toMatchObject({ key: { sender: bob } });
  expect(senderOf({ key: inGroup, participant: pn(bob) })).toMatchObject({ key: { sender: bob } });
  expect(senderOf({ key: { ...inGroup, fromMe: true } })).toMatchObject({ key: { sender: null, isFromMe: true } });
  expect(senderOf({ key: { ...inGroup, participant: lid(me) } })).toMatchObject({
    key: { sender: null, isFromMe: true },
  });
});

test("reactions come after their message, by who made them", () => {
  const reactions = [
    {
      key: { remoteJid: group, fromMe: false, participant: lid(bob), id: "3A02" },
      text: "👍",
      senderTimestampMs: 1_795_143_900_123,
    },
    { key: { remoteJid: group, fromMe: true, id: "3A03" }, text: "🙏" },
    { key: { remoteJid: group, fromMe: false, id: "3A04" }, text: "👻" },
    { key: { remoteJid: group, fromMe: true, id: "3A05" }, text: "" },
  ];
  const inGroup = { remoteJid: group, fromMe: false, participant: lid(alice), id: "3A01" };
  const [message, ...rest] = read(info({ key: inGroup, message: { conversation: "x" }, reactions }));
  const target = message?.type === "message" ? message.key : null;
  expect(rest).toEqual([
    {
      type: "reaction",
      key: { chat: { kind: "group", jid: group }, waId: "3A02", isFromMe: false, sender: bob },
      target: target!,
      emoji: "👍",
      at: 1_795_143_900_123,
      pushName: null,
    },
    {
      type: "reaction",
      key: { chat: { kind: "group", jid: group }, waId: "3A03", isFromMe: true, sender: null },
      target: target!,
      emoji: "🙏",
      at: 0,
      pushName: null,
    },
  ]);
});

test("a poll comes with its votes, which are open already, and with the secret that is kept beside it", () => {
  const message = {
    pollCreationMessageV3: { name: "Lunch?", options: [{ optionName: "Soup" }, { optionName: "Salad" }] },
  };
  const vote = { selectedOptions: [createHash("sha256").update("Salad").digest()] };
  const pollUpdates = [
    { pollUpdateMessageKey: { remoteJid: pn(alice), fromMe: true, id: "3A02" }, vote, senderTimestampMs: 5_000 },
  ];
  const messageSecret = new Uint8Array(32).fill(4);
  expect(read(info({ message, pollUpdates, messageSecret }))).toMatchObject([
    { type: "message", content: { kind: "poll" }, secret: messageSecret },
    { type: "vote", key: { waId: "3A02", isFromMe: true }, poll: { waId: "3A01" }, options: ["Salad"], at: 5_000 },
  ]);
});

test("a message that was edited reads as it does now; an edit of another one is an edit", () => {
  const editOf = (id: string): proto.IMessage => ({
    editedMessage: {
      message: {
        protocolMessage: { key: { ...key, id }, type: Type.MESSAGE_EDIT, editedMessage: { conversation: "better" } },
      },
    },
  });
  const raw = new Uint8Array(bytesOf({ conversation: "better" }));
  expect(read(info({ message: editOf("3A01") }))).toMatchObject([
    { type: "message", key: { waId: "3A01" }, content: { kind: "text", text: "better" }, raw },
  ]);
  expect(read(info({ message: editOf("3A00") }))).toMatchObject([{ type: "edit", target: { waId: "3A00" } }]);
});

test("a better copy of a picture is the picture: history has no other", () => {
  const { HD_IMAGE_DUAL_UPLOAD: associationType } = proto.MessageAssociation.AssociationType;
  const message = {
    associatedChildMessage: { message: { imageMessage: { caption: "sea", directPath: "/v/1" } } },
    messageContextInfo: { messageAssociation: { associationType, parentMessageKey: { ...key, id: "3A00" } } },
  };
  expect(read(info({ message }))).toMatchObject([{ type: "message", content: { kind: "image", caption: "sea" } }]);
});

test("what was deleted, could not be read or is a notice says so", () => {
  expect(read(info({ messageStubType: StubType.REVOKE }))).toMatchObject([
    { type: "deletion", target: { waId: "3A01" } },
  ]);
  expect(read(info({ messageStubType: StubType.CIPHERTEXT }))).toMatchObject([
    { type: "message", isLate: true, content: { kind: "placeholder", reason: "undecryptable" } },
  ]);
  expect(read(info({ messageStubType: StubType.GROUP_CREATE }))).toEqual([
    { type: "ignored", reason: "stub.GROUP_CREATE" },
  ]);
  expect(read({})).toEqual([{ type: "ignored", reason: "a message without a key" }]);
});

test("what a phone of the sandbox has in its history is read as what was written", async () => {
  await using network = await createNetwork();
  const { registry, phones } = network.world;
  const writer = registry.ensure({ phone: alice.phone ?? "", lid: alice.lid, name: "Alice" });
  const owner = registry.ensure({ phone: me.phone ?? "", lid: me.lid });
  phones.send(writer, { chat: pn(me), message: { conversation: "from Alice" } });
  phones.send(owner, { chat: pn(alice), message: { conversation: "from us" } });
  await network.settled();
  const values = phones
    .stateOf(owner)
    .inbox.flatMap((item) => read(proto.WebMessageInfo.fromObject(webMessage(network.world, owner, item))));
  expect(values).toMatchObject([
    { key: { chat, sender: alice, isFromMe: false }, content: { text: "from Alice" }, isLate: true },
    { key: { chat, sender: null, isFromMe: true }, content: { text: "from us" }, isLate: true },
  ]);
});
