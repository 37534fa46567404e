// Bare, unmodified Baileys clients on the network: no gateway in between.
import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { createNetwork, type Network } from "../../src/sandbox/network/network.ts";
import { type Client, connectBaileys } from "../support/baileys.ts";
import { until } from "../support/until.ts";

const mine = "15550001111";
const alices = "15551000001";
const pn = (phone: string) => `${phone}@s.whatsapp.net`;

async function pair(network: Network, phone: string, config = {}): Promise<Client> {
  const client = connectBaileys(network.endpoint, config);
  const person = network.world.registry.ensure({ phone, name: `Owner of ${phone}` });
  await network.world.pairings.scan(person, await client.qr());
  await client.opened();
  await network.settled();
  return client;
}

function inboxOf(network: Network, phone: string) {
  const person = network.world.registry.find(phone);
  return person === null ? [] : network.world.phones.stateOf(person).inbox;
}

const textOf = (message: Client["messages"][number]) =>
  message.message?.conversation ?? message.message?.extendedTextMessage?.text;

test("it pairs by QR, comes back by itself, and nothing is against the protocol", async () => {
  await using network = await createNetwork();
  await using client = await pair(network, mine);
  expect(client.creds.me?.id).toBe(`${mine}:1@s.whatsapp.net`);
  expect(client.creds.me?.lid).toMatch(/^\d+:1@lid$/);
  expect(client.creds.me?.name).toBe(`Owner of ${mine}`);
  expect(client.creds.accountSyncCounter).toBe(1);
  expect(network.world.observer.readViolations()).toEqual([]);
  expect(network.world.observer.readUnknown()).toEqual({});
});

test("it pairs by a code, after a wrong one", async () => {
  await using network = await createNetwork();
  const person = network.world.registry.ensure({ phone: mine });
  await using client = connectBaileys(network.endpoint);
  await client.qr();
  const code = await client.socket().requestPairingCode(mine);
  await network.settled();
  await expect(network.world.pairings.typeCode(person, "AAAAAAAA")).rejects.toThrow("The code is not right.");
  const linked = await network.world.pairings.typeCode(person, `${code.slice(0, 4)}-${code.slice(4).toLowerCase()}`);
  expect(linked).toEqual({ phone: mine, device: 1, jid: `${mine}:1@s.whatsapp.net` });
  await client.opened();
  expect(network.world.observer.readViolations()).toEqual([]);
});

test("texts go both ways, by number and by LID, and arrive as they were written", async () => {
  await using network = await createNetwork();
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  await using client = await pair(network, mine);
  const texts = ["plain", "ünïcödé 🎉", "x".repeat(5_000), " spaces \n and lines "];
  for (const to of [pn(alices), `${alice.lid}@lid`]) {
    for (const text of texts) await client.socket().sendMessage(to, { text });
  }
  await network.settled();
  expect(inboxOf(network, alices).map((item) => item.text)).toEqual([...texts, ...texts]);
  expect(inboxOf(network, mine).map((item) => [item.chat, item.from_me])).toEqual(
    texts.concat(texts).map(() => [alices, true]),
  );
  const me = network.world.registry.find(mine);
  for (const chat of [pn(mine), `${me?.lid}@lid`]) {
    network.world.phones.send(alice, { chat, message: { conversation: `from Alice to ${chat}` } });
    const got = await client.received((message) => textOf(message) === `from Alice to ${chat}`);
    expect(got.pushName).toBe("Alice");
    expect([got.key.remoteJid, got.key.remoteJidAlt].sort()).toEqual([pn(alices), `${alice.lid}@lid`].sort());
  }
  await network.settled();
  const stats = network.world.observer.readMessages(null).filter((one) => one.sent > 0);
  expect(stats.every((one) => one.retries === 0 && Object.values(one.copies).every((copies) => copies === 1))).toBe(
    true,
  );
  expect(network.world.observer.readViolations()).toEqual([]);
});

test("receipts tell when something is delivered, read and typed", async () => {
  await using network = await createNetwork();
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  await using client = await pair(network, mine);
  const sent = await client.socket().sendMessage(pn(alices), { text: "read me" });
  await network.settled();
  const [item] = inboxOf(network, alices);
  if (item === undefined) throw new Error("nothing arrived");
  network.world.phones.read(alice, item);
  await network.settled();
  const statuses = () => client.updates.filter(({ key }) => key.id === sent?.key.id).map(({ update }) => update.status);
  // What comes at once Baileys merges into the upsert of the message itself.
  await until(
    "the reading",
    () => statuses().includes(4) || client.messages.some((one) => one.key.id === sent?.key.id && one.status === 4),
  );
  await client.socket().sendPresenceUpdate("composing", pn(alices));
  await network.settled();
  expect(network.world.phones.stateOf(alice).typing.at(-1)).toMatchObject({ from: mine, typing: "text" });
  network.world.phones.send(alice, { chat: pn(mine), message: { conversation: "and me" } });
  const got = await client.received((message) => textOf(message) === "and me");
  await client.socket().readMessages([got.key]);
  await network.settled();
  expect(network.world.phones.stateOf(alice).receipts.get(got.key.id ?? "")).toEqual({
    delivered: [mine],
    read: [mine],
  });
});

test("two clients write to each other, over the network alone", async () => {
  await using network = await createNetwork();
  await using one = await pair(network, mine);
  await using two = await pair(network, alices);
  await one.socket().sendMessage(pn(alices), { text: "hello two" });
  expect((await two.received((message) => textOf(message) === "hello two")).key.remoteJid).toBe(pn(mine));
  await two.socket().sendMessage(pn(mine), { text: "hello one" });
  await one.received((message) => textOf(message) === "hello one");
  await network.settled();
  expect(inboxOf(network, mine).map((item) => item.text)).toEqual(["hello two", "hello one"]);
  expect(inboxOf(network, alices).map((item) => item.text)).toEqual(["hello two", "hello one"]);
  expect(network.world.observer.readViolations()).toEqual([]);
});

test.each(["lid", "pn"] as const)("a group addressed by %s: made, written in by all, left", async (addressing) => {
  await using network = await createNetwork();
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  const bob = network.world.registry.ensure({ phone: "15551000002", name: "Bob" });
  await using one = await pair(network, mine);
  await using two = await pair(network, "15550002222");
  const me = network.world.registry.find(mine);
  const other = network.world.registry.find("15550002222");
  if (me === null || other === null) throw new Error("nobody is there");
  const group = network.world.groups.create({ subject: "G", creator: alice, members: [bob, me, other], addressing });
  for (let turn = 0; turn < 3; turn++) {
    await one.socket().sendMessage(group.jid, { text: `one ${turn}` });
    await network.settled();
    await two.socket().sendMessage(group.jid, { text: `two ${turn}` });
    await network.settled();
    network.world.phones.send(alice, { chat: group.jid, message: { conversation: `alice ${turn}` } });
    await network.settled();
  }
  const expected = [0, 1, 2].flatMap((turn) => [`one ${turn}`, `two ${turn}`, `alice ${turn}`]);
  expect(inboxOf(network, "15551000002").map((item) => item.text)).toEqual(expected);
  expect(inboxOf(network, alices).map((item) => item.text)).toEqual(expected);
  for (const client of [one, two]) {
    const texts = client.messages.flatMap((message) => (message.key.fromMe ? [] : (textOf(message) ?? [])));
    expect(texts).toEqual(expected.filter((text) => !text.startsWith(client === one ? "one" : "two")));
  }
  const metadata = await one.socket().groupMetadata(group.jid);
  expect([metadata.subject, metadata.participants.length, metadata.addressingMode]).toEqual([
    "G",
    4,
    addressing as never,
  ]);
  await one.socket().groupLeave(group.jid);
  await network.settled();
  expect(group.has(me)).toBe(false);
  await expect(one.socket().groupMetadata(group.jid)).rejects.toThrow("forbidden");
  expect(network.world.observer.readViolations()).toEqual([]);
});

test("a client makes a group and changes it, and everybody hears of it", async () => {
  await using network = await createNetwork();
  network.world.registry.ensure({ phone: alices, name: "Alice" });
  await using client = await pair(network, mine);
  const socket = client.socket();
  const events: unknown[] = [];
  socket.ev.on("group-participants.update", (event) => void events.push(event.action));
  const group = await socket.groupCreate("Friends", [pn(alices)]);
  await socket.groupUpdateSubject(group.id, "Old friends");
  await socket.groupUpdateDescription(group.id, "since school");
  await socket.groupParticipantsUpdate(group.id, [pn(alices)], "promote");
  await socket.groupSettingUpdate(group.id, "announcement");
  const metadata = await socket.groupMetadata(group.id);
  expect([metadata.subject, metadata.desc, metadata.announce]).toEqual(["Old friends", "since school", true]);
  expect(metadata.participants.map((one) => one.admin).sort()).toEqual(["admin", "superadmin"]);
  expect(await socket.groupInviteCode(group.id)).toMatch(/^[\w-]{22}$/);
  await socket.groupParticipantsUpdate(group.id, [pn(alices)], "remove");
  await network.settled();
  expect(events).toEqual(["promote", "remove"]);
  expect(Object.keys(await socket.groupFetchAllParticipating())).toEqual([group.id]);
});

test("what came while a client was away comes when it is back, in order and once", async () => {
  await using network = await createNetwork();
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  await using client = await pair(network, mine);
  const me = network.world.registry.find(mine);
  for (const link of network.world.links.all()) link.cut();
  await client.closeCode();
  await network.settled();
  for (let n = 0; n < 20; n++)
    network.world.phones.send(alice, { chat: pn(mine), message: { conversation: `missed ${n}` } });
  expect(me?.companions.get(1)?.queue).toHaveLength(20);
  client.reconnect();
  await client.received((message) => textOf(message) === "missed 19");
  await network.settled();
  const texts = client.messages.flatMap((message) => textOf(message) ?? []);
  expect(texts).toEqual(Array.from({ length: 20 }, (_, n) => `missed ${n}`));
  expect(me?.companions.get(1)?.queue).toHaveLength(0);
});

test("many one-time keys are used up, and the client is asked for more in time", async () => {
  await using network = await createNetwork();
  await using client = await pair(network, mine);
  const companion = network.world.registry.find(mine)?.companions.get(1);
  expect(companion?.preKeys.size).toBeGreaterThan(800);
  for (const id of [...(companion?.preKeys.keys() ?? [])].slice(5)) companion?.preKeys.delete(id);
  for (let n = 0; n < 3; n++) {
    const person = network.world.registry.ensure({ phone: `1555300000${n}`, name: `P${n}` });
    network.world.phones.send(person, { chat: pn(mine), message: { conversation: `first word of ${n}` } });
    await client.received((message) => textOf(message) === `first word of ${n}`);
  }
  await network.settled();
  expect(companion?.preKeys.size).toBeGreaterThanOrEqual(5);
  expect(network.world.observer.readViolations()).toEqual([]);
  expect(randomBytes(1)).toHaveLength(1);
});

test("logging out on the client and unlinking on the phone both end it", async () => {
  await using network = await createNetwork();
  await using one = await pair(network, mine);
  const me = network.world.registry.find(mine);
  if (me === null) throw new Error("nobody is there");
  await one.socket().logout();
  await network.settled();
  expect(me.companions.size).toBe(0);
  await using two = await pair(network, mine);
  network.world.phones.unlink(me, 2);
  expect(await two.closeCode()).toBe(401);
  expect(me.companions.size).toBe(0);
});
