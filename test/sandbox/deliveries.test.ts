// Doubled and lost messages: what stats, inboxes and the ledger of each linked device say of them.
import { expect, test } from "bun:test";
import { createControl } from "../../src/sandbox/control/actions.ts";
import { createNetwork, type Network } from "../../src/sandbox/network/network.ts";
import type { Address, Person } from "../../src/sandbox/people/person.ts";
import { seal } from "../../src/sandbox/people/writing.ts";
import { handleMessage } from "../../src/sandbox/server/messages.ts";
import { handleAck, handleReceipt } from "../../src/sandbox/server/receipts.ts";
import { node } from "../../src/sandbox/wire/node.ts";
import { proto } from "../../src/sandbox/wire/proto.ts";
import { type Client, connectBaileys } from "../support/baileys.ts";
import { until } from "../support/until.ts";

const mine = "15550001111";
const alices = "15551000001";
const pn = (phone: string) => `${phone}@s.whatsapp.net`;

async function start() {
  const network = await createNetwork();
  const control = createControl(network);
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  const me = network.world.registry.ensure({ phone: mine, name: "Me" });
  const client = connectBaileys(network.endpoint);
  await network.world.pairings.scan(me, await client.qr());
  await client.opened();
  await network.settled();
  return {
    network,
    control,
    alice,
    me,
    client,
    say: (text: string) => control.phones.send(alices, { to: mine, text }).id,
    device: () => control.phones.get(mine).devices[0]?.messages,
    fate: (id: string) => network.world.observer.readMessages(id)[0],
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await network[Symbol.asyncDispose]();
    },
  };
}

async function disconnect(network: Network, client: Client): Promise<void> {
  const before = client.states.length;
  for (const link of network.world.links.all()) link.cut();
  await client.closeCode(before);
  await network.settled();
}

const textOf = (message: Client["messages"][number]) =>
  message.message?.conversation ?? message.message?.extendedTextMessage?.text;

test("a message that is sent twice under one id is counted twice, and in the inbox once", async () => {
  await using all = await start();
  const { network, client, control, alice, fate } = all;
  control.phones.change(alices, { behaviour: { echo: true } });
  const messageId = "3EB0AAAAAAAAAAAAAAAAAA";
  for (let time = 0; time < 2; time++) {
    await client.socket().sendMessage(pn(alices), { text: "only once" }, { messageId });
    await network.settled();
  }
  const { inbox } = network.world.phones.stateOf(alice);
  expect(inbox.filter((item) => !item.from_me)).toMatchObject([{ id: messageId, text: "only once", copies: 2 }]);
  // Nor is it answered twice.
  expect(inbox.filter((item) => item.from_me)).toHaveLength(1);
  expect(fate(messageId)).toMatchObject({
    sent: 2,
    resent: 0,
    acks: 2,
    senders: { [`${mine}:1`]: 2 },
    copies: { [`${alices}:0`]: 2, [`${mine}:0`]: 2 },
    deliveries: { [`${alices}:0`]: "received", [`${mine}:0`]: "received" },
  });
  expect(network.world.observer.readViolations()).toEqual([]);
});

test("an id that is used for two messages is against the protocol: nobody sees the second", async () => {
  await using all = await start();
  const { network, client, alice, fate } = all;
  const messageId = "3EB0BBBBBBBBBBBBBBBBBB";
  for (const text of ["the first", "the second"]) {
    await client.socket().sendMessage(pn(alices), { text }, { messageId });
    await network.settled();
  }
  expect(network.world.phones.stateOf(alice).inbox).toMatchObject([{ text: "the first", copies: 2 }]);
  const rules = network.world.observer.readViolations().map(({ who, rule }) => [who, rule]);
  expect(rules).toContainEqual([`${mine}:1`, "id reuse"]);
  expect(fate(messageId)?.violations).toContain("id reuse");
});

test("the very same stanza again, ciphertext and all, is confirmed once more and held against nobody", async () => {
  await using network = await createNetwork();
  const { world } = network;
  const [alice, bob] = [alices, "15551000002"].map((phone) => world.registry.ensure({ phone })) as [Person, Person];
  const [own, target] = [bob, alice].map((person) => ({ person, device: 0 })) as [Address, Address];
  const plain = proto.Message.encode({ conversation: "once" }).finish();
  const sealed = seal(world, own, target, plain);
  const enc = node("enc", { v: "2", type: sealed?.type }, sealed?.body);
  const participants = node("participants", {}, [node("to", { jid: pn(alices) }, [enc])]);
  const stanza = node("message", { id: "3A01", to: pn(alices), type: "text" }, [participants]);
  for (let time = 0; time < 3; time++) handleMessage(world, own, stanza, () => {});
  expect(world.phones.stateOf(alice).inbox).toMatchObject([{ id: "3A01", text: "once", copies: 3 }]);
  expect(world.observer.readMessages("3A01")).toMatchObject([{ sent: 3, resent: 0, retries: 0, violations: [] }]);
  expect(world.observer.readViolations()).toEqual([]);
});

test("an answer to somebody who could not read it is no second sending, and whoever had it has it once", async () => {
  await using all = await start();
  const { network, client, alice, me, fate } = all;
  await client.socket().sendMessage(pn(alices), { text: "readable" });
  await network.settled();
  alice.device.forgetSessions(`${mine}:1`);
  const { id } = (await client.socket().sendMessage(pn(alices), { text: "unreadable at first" }))?.key ?? {};
  await until("the answer", () => fate(id ?? "")?.resent === 1);
  await network.settled();
  for (const person of [alice, me]) {
    const texts = network.world.phones.stateOf(person).inbox.map((item) => item.text);
    expect(texts).toEqual(["readable", "unreadable at first"]);
  }
  expect(fate(id ?? "")).toMatchObject({ sent: 1, resent: 1, retries: 1, senders: { [`${mine}:1`]: 1 } });
});

test("what a phone writes to a client that is away is queued, and received once it is back", async () => {
  await using all = await start();
  const { network, client, control, say, device, fate } = all;
  const before = device()?.received ?? 0;
  await disconnect(network, client);
  const ids = ["one", "two", "three"].map(say);
  expect(device()).toMatchObject({ queued: 3, unacknowledged: 0, received: before, refused: 0, dropped: 0 });
  expect(control.phones.deliveries(mine, 1)).toMatchObject({ queued: ids, unacknowledged: [] });
  expect(fate(ids[0] ?? "")?.deliveries).toEqual({ [`${mine}:0`]: "received", [`${mine}:1`]: "queued" });
  client.reconnect();
  await client.received((message) => textOf(message) === "three");
  await network.settled();
  expect(device()).toMatchObject({ queued: 0, unacknowledged: 0, received: before + 3, refused: 0, dropped: 0 });
  expect(ids.map((id) => fate(id)?.deliveries[`${mine}:1`])).toEqual(["received", "received", "received"]);
});

test("what a client has not told to have when its connection goes comes again", async () => {
  await using all = await start();
  const { network, client, control, say, device, fate } = all;
  for (const link of network.world.links.all()) link.silence();
  const ids = ["one", "two"].map(say);
  expect(control.phones.deliveries(mine, 1)).toMatchObject({ queued: [], unacknowledged: ids });
  expect(fate(ids[1] ?? "")?.deliveries[`${mine}:1`]).toBe("sent");
  // It comes again while the network still holds the dead connection for alive.
  client.reconnect();
  await client.received((message) => textOf(message) === "two");
  await network.settled();
  expect(device()).toMatchObject({ queued: 0, unacknowledged: 0, refused: 0 });
  expect(ids.map((id) => fate(id)?.deliveries[`${mine}:1`])).toEqual(["received", "received"]);
});

test("what a client refuses is listed, until it has got it after all", async () => {
  await using all = await start();
  const { network, client, control, say, fate } = all;
  say("readable");
  await client.received((message) => textOf(message) === "readable");
  control.addFault({ name: "unreadable", count: 1 });
  const garbled = say("garbled once");
  await client.received((message) => textOf(message) === "garbled once");
  await network.settled();
  // A client that takes its copy for used up says so, and asks for nothing.
  expect(control.phones.deliveries(mine, 1)).toMatchObject({ refused: [], unacknowledged: [], queued: [] });
  expect(fate(garbled)?.deliveries[`${mine}:1`]).toBe("received");
  const link = network.world.links.all()[0];
  if (link === undefined) throw new Error("nobody is there");
  link.send = () => {};
  const refused = say("never read");
  handleAck(network.world, link, node("ack", { class: "message", id: refused, error: "487" }));
  expect(control.phones.deliveries(mine, 1)).toMatchObject({ refused: [refused], unacknowledged: [] });
  expect(fate(refused)).toMatchObject({ receipts: { "nack 487": 1 }, deliveries: { [`${mine}:1`]: "refused" } });
});

test("a refusal of the first copy does not settle the second one, which is on its way", async () => {
  await using all = await start();
  const { network, control, say, alice } = all;
  const link = network.world.links.all()[0];
  if (link === undefined) throw new Error("nobody is there");
  link.send = () => {};
  const id = say("garbled");
  const asked = [node("retry", { count: "1", id }), node("registration", {}, Buffer.alloc(4))];
  handleReceipt(network.world, link, node("receipt", { id, type: "retry", to: pn(alice.phone) }, asked));
  handleAck(network.world, link, node("ack", { class: "message", id, error: "500" }));
  expect(control.phones.deliveries(mine, 1)).toMatchObject({ unacknowledged: [id], refused: [] });
  handleReceipt(network.world, link, node("receipt", { id, to: pn(alice.phone) }));
  expect(control.phones.deliveries(mine, 1)).toMatchObject({ unacknowledged: [], refused: [] });
});

test("beyond the limit of a queue the oldest is dropped, and that is told", async () => {
  await using all = await start();
  const { network, client, control, say, device, fate } = all;
  await disconnect(network, client);
  control.changeSettings({ limits: { queue: 2 } });
  const ids = ["one", "two", "three"].map(say);
  expect(device()).toMatchObject({ queued: 2, dropped: 1 });
  expect(control.phones.deliveries(mine, 1)).toMatchObject({ queued: ids.slice(1), dropped: [ids[0]] });
  expect(fate(ids[0] ?? "")?.deliveries[`${mine}:1`]).toBe("dropped");
});
