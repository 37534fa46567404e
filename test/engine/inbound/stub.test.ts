// What Baileys tells of stanzas that left nothing in the inbox: placeholders for what is missing, names for the rest.
import { expect, test } from "bun:test";
import { proto, type WAMessage, type WAMessageKey } from "@whiskeysockets/baileys";
import { readStub } from "../../../src/engine/inbound/stub.ts";
import { createNetwork } from "../../../src/sandbox/network/network.ts";
import { connectBaileys } from "../../support/baileys.ts";
import { until } from "../../support/until.ts";
import { alice, everybody, group, lid, me, pn, viewOf } from "./stanzas.ts";

const { StubType } = proto.WebMessageInfo;
const nobody = viewOf({});
const key: WAMessageKey = { remoteJid: pn(alice), remoteJidAlt: lid(alice), fromMe: false, id: "3A01" };
const stub = (more: Partial<WAMessage>): WAMessage => ({
  key,
  messageTimestamp: 1_795_143_895,
  pushName: "Alice",
  ...more,
});
const read = (message: WAMessage, isLate = false) => readStub(message, me, nobody, isLate);
const unreadable = { messageStubType: StubType.CIPHERTEXT, messageStubParameters: ["Bad MAC"] };

test("what could not be decrypted is a placeholder, by who wrote it, where and when", () => {
  expect(read(stub(unreadable), true)).toEqual([
    {
      type: "message",
      key: { chat: { kind: "person", face: alice }, waId: "3A01", isFromMe: false, sender: alice },
      at: 1_795_143_895_000,
      pushName: "Alice",
      verifiedName: null,
      isLate: true,
      address: { chat: pn(alice), participant: null },
      content: { kind: "placeholder", reason: "undecryptable" },
      context: { mentions: [], replyTo: null, forwards: 0, expiresInSeconds: null },
      locator: null,
      secret: null,
      raw: new Uint8Array(),
    },
  ]);
});

test("what was absent, and what may be seen once elsewhere, says so", () => {
  const absent = { messageStubType: StubType.CIPHERTEXT, messageStubParameters: ["Message absent from node"] };
  expect(read(stub(absent))).toMatchObject([{ content: { reason: "unavailable" } }]);
  expect(read(stub({ key: { ...key, isViewOnce: true } }))).toMatchObject([{ content: { reason: "view_once" } }]);
});

test("in a group it is the member's, with both names", () => {
  const inGroup = {
    remoteJid: group,
    participant: `${alice.lid}:5@lid`,
    participantAlt: pn(alice),
    id: "3A01",
    fromMe: false,
  };
  expect(read(stub({ key: inGroup, ...unreadable }))).toMatchObject([
    { key: { chat: { kind: "group", jid: group }, sender: alice, isFromMe: false } },
  ]);
});

test("our own, from another device, is nobody else's, even with our own other name beside the chat's", () => {
  const ours = { ...key, fromMe: true, remoteJidAlt: lid(me) };
  expect(read(stub({ key: ours, ...unreadable }))).toMatchObject([
    { key: { chat: { kind: "person", face: { phone: alice.phone, lid: null } }, sender: null, isFromMe: true } },
  ]);
});

test.each([
  ["stub.GROUP_PARTICIPANT_ADD", { messageStubType: StubType.GROUP_PARTICIPANT_ADD }],
  ["stub.CALL_MISSED_VOICE", { messageStubType: StubType.CALL_MISSED_VOICE }],
  ["stub.9999", { messageStubType: 9_999 as typeof StubType.UNKNOWN }],
  ["stub.UNKNOWN", {}],
  ["a peer's message that cannot be read", { ...unreadable, category: "peer" }],
])("%s is passed over by that name", (reason, more) => {
  expect(read(stub(more))).toEqual([{ type: "ignored", reason }]);
});

test("what can name no message or no chat is passed over", () => {
  expect(read(stub({ key: { id: "3A01" } }))).toEqual([{ type: "ignored", reason: "a message without a key" }]);
  const elsewhere = { remoteJid: "1@interop", id: "3A01" };
  expect(read(stub({ key: elsewhere }))).toMatchObject([{ type: "ignored" }]);
});

test("an answer of our own phone has the message in it, and fills the placeholder", () => {
  expect(readStub(stub({ message: { conversation: "here it is" } }), me, viewOf(everybody))).toMatchObject([
    { type: "message", key: { waId: "3A01" }, content: { kind: "text", text: "here it is" } },
  ]);
});

test("what a real client makes of a message that it cannot read is a placeholder here", async () => {
  await using network = await createNetwork();
  const writer = network.world.registry.ensure({ phone: alice.phone ?? "", lid: alice.lid, name: "Alice" });
  await using client = connectBaileys(network.endpoint, { retryRequestDelayMs: 1 });
  const owner = network.world.registry.ensure({ phone: me.phone ?? "", lid: me.lid });
  await network.world.pairings.scan(owner, await client.qr());
  await client.opened();
  await network.settled();
  network.world.faults.add({ name: "unreadable", phone: me.phone, probability: 1, count: 1, delayMs: 0, code: null });
  const sent = network.world.phones.send(writer, { chat: pn(me), message: { conversation: "damaged on the way" } });
  const told = await until("a stub", () =>
    client.messages.find((one) => one.key.id === sent.id && one.messageStubType),
  );
  expect(read(told)).toMatchObject([
    {
      key: { waId: sent.id, sender: alice, isFromMe: false },
      content: { kind: "placeholder", reason: "undecryptable" },
    },
  ]);
});
