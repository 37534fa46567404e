// What became of our messages, as Baileys tells it and as WhatsApp's own stanzas do.
import { expect, test } from "bun:test";
import { type BinaryNode, type MessageUserReceiptUpdate, proto } from "@whiskeysockets/baileys";
import { readHistoryReceipts } from "../../../src/engine/inbound/history-message.ts";
import { readReceiptStanza, readReceipts } from "../../../src/engine/inbound/receipts.ts";
import { createNetwork } from "../../../src/sandbox/network/network.ts";
import { connectBaileys } from "../../support/baileys.ts";
import { until } from "../../support/until.ts";
import { alice, bob, everybody, group, lid, me, pn, viewOf } from "./stanzas.ts";

const { Status } = proto.WebMessageInfo;
const people = viewOf(everybody);
const key = { remoteJid: pn(alice), fromMe: true, id: "3EB0A1" };
const at = 1_795_143_895_000;
const update = { status: Status.READ, messageTimestamp: at / 1_000 };
const withAlice = { kind: "person" as const, face: alice };
const stanza = (attrs: Record<string, string>, content?: BinaryNode[]): BinaryNode => ({
  tag: "receipt",
  attrs: { id: "3EB0A1", t: "1795143895", ...attrs },
  ...(content === undefined ? {} : { content }),
});

test.each([
  [Status.DELIVERY_ACK, "delivered"],
  [Status.READ, "read"],
  [Status.PLAYED, "played"],
] as const)("status %p of a message of ours is %s, by whom it was written to", (status, kind) => {
  const values = readReceipts([{ key, update: { ...update, status } }], me, people);
  expect(values).toEqual([{ chat: withAlice, waIds: ["3EB0A1"], by: alice, kind, at }]);
});

test("several messages read at once are one receipt", () => {
  const changes = ["3EB0A1", "3EB0A2"].map((id) => ({ key: { ...key, id }, update }));
  expect(readReceipts(changes, me, people)).toMatchObject([{ waIds: ["3EB0A1", "3EB0A2"], kind: "read" }]);
});

test("what is no receipt of ours gives nothing: refusals, acknowledgements, edits, what we read ourselves", () => {
  const changes = [
    { key, update: { status: Status.ERROR } },
    { key, update: { status: Status.SERVER_ACK } },
    { key, update: { message: { conversation: "edited" } } },
    { key: { ...key, fromMe: false }, update },
    { key: { id: "3EB0A1", fromMe: true }, update },
  ];
  expect(readReceipts(changes, me, people)).toEqual([]);
});

test("in a group each member tells for themselves, and our own devices for nobody", () => {
  const inGroup = { remoteJid: group, fromMe: true, id: "3EB0A1" };
  const by = (userJid: string, receipt: Partial<proto.IUserReceipt>): MessageUserReceiptUpdate => ({
    key: { ...inGroup, participant: userJid },
    receipt: { userJid, ...receipt },
  });
  const seconds = at / 1_000;
  const changes = [
    by(lid(alice), { receiptTimestamp: seconds }),
    by(pn(bob), { readTimestamp: seconds }),
    by(pn(bob), { playedTimestamp: seconds }),
    by(pn(me), { readTimestamp: seconds }),
    by(lid(me), { readTimestamp: seconds }),
  ];
  const chat = { kind: "group", jid: group } as const;
  expect(readReceipts(changes, me, people)).toEqual([
    { chat, waIds: ["3EB0A1"], by: alice, kind: "delivered", at },
    { chat, waIds: ["3EB0A1"], by: bob, kind: "read", at },
    { chat, waIds: ["3EB0A1"], by: bob, kind: "played", at },
  ]);
});

test("a stanza tells of all messages in its list, of deliveries to who is away, and of what was heard in a group", () => {
  const list = [{ tag: "list", attrs: {}, content: [{ tag: "item", attrs: { id: "3EB0A2" } }] }];
  const read = (node: BinaryNode) => readReceiptStanza(node, me, viewOf({}));
  expect(read(stanza({ from: pn(alice), sender_lid: lid(alice), type: "read" }, list))).toEqual([
    { chat: withAlice, waIds: ["3EB0A1", "3EB0A2"], by: alice, kind: "read", at },
  ]);
  expect(read(stanza({ from: lid(alice), type: "inactive" }))).toMatchObject([
    { kind: "delivered", by: { lid: alice.lid } },
  ]);
  const heard = { from: group, participant: `${alice.lid}:4@lid`, participant_pn: pn(alice), type: "played" };
  expect(read(stanza(heard))).toMatchObject([{ chat: { kind: "group", jid: group }, by: alice, kind: "played" }]);
});

test("a stanza tells of many members at once", () => {
  const user = (jid: string, t: string): BinaryNode => ({ tag: "user", attrs: { jid, t } });
  const content = [user(lid(alice), "1795143895"), user(pn(bob), "1795143896"), user(lid(me), "1795143896")];
  const many = stanza({ from: group, type: "read" }, [{ tag: "participants", attrs: { key: "3EB0A1" }, content }]);
  const chat = { kind: "group", jid: group } as const;
  expect(readReceiptStanza(many, me, people)).toEqual([
    { chat, waIds: ["3EB0A1"], by: alice, kind: "read", at },
    { chat, waIds: ["3EB0A1"], by: bob, kind: "read", at: at + 1_000 },
  ]);
});

test.each(["sender", "read-self", "played-self", "retry", "server-error", "hist_sync", "peer_msg"])(
  "a stanza of the type %s is no word of anybody's",
  (type) => expect(readReceiptStanza(stanza({ from: pn(alice), type }), me, people)).toEqual([]),
);

test("our other devices' own receipts are nobody's", () => {
  expect(readReceiptStanza(stanza({ from: pn(me), recipient: pn(alice), type: "read" }), me, people)).toEqual([]);
});

test("a message of history tells who has got it, or at least how far it came", () => {
  const userReceipt = [
    { userJid: lid(alice), receiptTimestamp: at / 1_000, readTimestamp: at / 1_000 + 1 },
    { userJid: pn(bob), receiptTimestamp: at / 1_000 },
  ];
  expect(readHistoryReceipts({ key: { ...key, remoteJid: group }, userReceipt }, me, people)).toMatchObject([
    { by: alice, kind: "delivered", at },
    { by: alice, kind: "read", at: at + 1_000 },
    { by: bob, kind: "delivered" },
  ]);
  expect(readHistoryReceipts({ key, status: Status.PLAYED, messageTimestamp: at / 1_000 }, me, people)).toMatchObject([
    { by: alice, kind: "played", at },
  ]);
  expect(readHistoryReceipts({ key: { ...key, fromMe: false }, status: Status.READ }, me, people)).toEqual([]);
});

test("the same comes of a real client's events as of the stanzas they were made of", async () => {
  await using network = await createNetwork();
  const { registry, phones, pairings } = network.world;
  const reader = registry.ensure({ phone: alice.phone ?? "", lid: alice.lid, name: "Alice" });
  const owner = registry.ensure({ phone: me.phone ?? "", lid: me.lid });
  await using client = connectBaileys(network.endpoint);
  await pairings.scan(owner, await client.qr());
  await client.opened();
  await network.settled();
  const [stanzas, members]: [BinaryNode[], MessageUserReceiptUpdate[]] = [[], []];
  client.socket().ws.on("CB:receipt", (node: BinaryNode) => void stanzas.push(node));
  client.socket().ev.on("message-receipt.update", (changed) => void members.push(...changed));
  const chat = network.world.groups.create({ subject: "G", creator: reader, members: [owner] }).jid;
  for (const to of [pn(alice), chat]) {
    const sent = await client.socket().sendMessage(to, { text: "read me" });
    await network.settled();
    const item = phones.find(reader, owner, sent?.key.id ?? "");
    if (item === null) throw new Error("nothing arrived");
    // What comes before Baileys has told of the message itself is merged into that.
    await until("the message itself", () => client.messages.find((one) => one.key.id === sent?.key.id));
    phones.read(reader, item);
    await network.settled();
  }
  const fromStanzas = stanzas.flatMap((node) => readReceiptStanza(node, me, people));
  const summary = (values: ReturnType<typeof readReceipts>) =>
    values.map(({ kind, by, waIds, chat: where }) => ({ kind, by, waIds, where }));
  expect(fromStanzas.map(({ kind }) => kind)).toEqual(["delivered", "read", "delivered", "read"]);
  await until("both readings", () => client.updates.length > 0 && members.length > 0);
  const fromEvents = [...readReceipts(client.updates, me, people), ...readReceipts(members, me, people)];
  expect(summary(fromEvents.filter(({ kind }) => kind === "read"))).toEqual(
    summary(fromStanzas.filter(({ kind }) => kind === "read")),
  );
});
