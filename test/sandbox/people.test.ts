// Who is on the network and how they live there: several devices, with and without a LID, away and back, seen and typing.
import { expect, test } from "bun:test";
import { createNetwork, type Network } from "../../src/sandbox/network/network.ts";
import type { Person } from "../../src/sandbox/people/person.ts";
import { type Client, connectBaileys } from "../support/baileys.ts";
import { until } from "../support/until.ts";

const mine = "15550001111";
const alices = "15551000001";
const pn = (phone: string) => `${phone}@s.whatsapp.net`;
const textOf = (message: Client["messages"][number]) =>
  message.message?.conversation ?? message.message?.extendedTextMessage?.text;

async function pair(network: Network, phone: string): Promise<Client> {
  const client = connectBaileys(network.endpoint);
  await network.world.pairings.scan(
    network.world.registry.ensure({ phone, name: `Owner of ${phone}` }),
    await client.qr(),
  );
  await client.opened();
  await network.settled();
  return client;
}

/** Messages that reach my phone and none of its clients, now or later. */
function sendToPhoneAlone(network: Network, from: Person, texts: string[]) {
  const me = network.world.registry.find(mine);
  if (me === null) throw new Error("nobody is there");
  for (const link of network.world.links.all()) link.isActive = false;
  const ids = texts.map(
    (conversation) => network.world.phones.send(from, { chat: pn(mine), message: { conversation } }).id,
  );
  me.companions.get(1)?.queue.splice(0);
  for (const link of network.world.links.all()) link.isActive = true;
  return { me, ids };
}

test("two devices of one person both get what comes, and see what the other has written", async () => {
  await using network = await createNetwork();
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  await using one = await pair(network, mine);
  await using two = await pair(network, mine);
  network.world.phones.send(alice, { chat: pn(mine), message: { conversation: "to both" } });
  for (const client of [one, two]) await client.received((message) => textOf(message) === "to both");
  await one.socket().sendMessage(pn(alices), { text: "from the first" });
  const seen = await two.received((message) => textOf(message) === "from the first");
  expect([seen.key.fromMe, seen.key.remoteJid]).toEqual([true, pn(alices)]);
  const me = network.world.registry.find(mine);
  if (me === null) throw new Error("nobody is there");
  network.world.phones.send(me, { chat: pn(alices), message: { conversation: "typed on the phone" } });
  for (const client of [one, two]) {
    const got = await client.received((message) => textOf(message) === "typed on the phone");
    expect([got.key.fromMe, got.key.remoteJid]).toEqual([true, pn(alices)]);
  }
  await network.settled();
  expect(network.world.observer.readViolations()).toEqual([]);
});

test("somebody without a LID writes and is heard; rc14 finds nobody to encrypt an answer for", async () => {
  await using network = await createNetwork();
  const plain = network.world.registry.ensure({ phone: alices, name: "No LID", lid: null });
  await using client = await pair(network, mine);
  network.world.phones.send(plain, { chat: pn(mine), message: { conversation: "no LID here" } });
  const got = await client.received((message) => textOf(message) === "no LID here");
  expect([got.key.remoteJid, got.key.remoteJidAlt]).toEqual([pn(alices), undefined]);
  const [known] = (await client.socket().onWhatsApp(alices)) ?? [];
  expect(known).toMatchObject({ jid: pn(alices), exists: true });
});

test("a phone that is away gets everything when it is back, in order", async () => {
  await using network = await createNetwork();
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  await using client = await pair(network, mine);
  network.world.phones.setOnline(alice, false);
  for (const text of ["one", "two", "three"]) await client.socket().sendMessage(pn(alices), { text });
  await network.settled();
  const { inbox, receipts } = network.world.phones.stateOf(alice);
  expect([inbox, [...receipts]]).toEqual([[], []]);
  network.world.phones.setOnline(alice, true);
  await network.settled();
  expect(network.world.phones.stateOf(alice).inbox.map((item) => item.text)).toEqual(["one", "two", "three"]);
});

test("who is on the network, what they say of themselves, how they look, who is there and who types", async () => {
  await using network = await createNetwork();
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  alice.about = { text: "on holiday", at: 1 };
  await using client = await pair(network, mine);
  const socket = client.socket();
  expect(await socket.onWhatsApp(alices, "15559999999")).toMatchObject([{ jid: pn(alices), exists: true }]);
  expect(JSON.stringify(await socket.fetchStatus(pn(alices)))).toContain("on holiday");
  await expect(socket.profilePictureUrl(pn(alices))).rejects.toThrow("item-not-found");
  alice.picture = { id: "77", bytes: Buffer.from("jpeg") };
  expect(await socket.profilePictureUrl(pn(alices), "image")).toBe(`https://${network.endpoint.media}/pictures/77.jpg`);
  const seen: unknown[] = [];
  socket.ev.on(
    "presence.update",
    ({ presences }) => void seen.push(...Object.values(presences).map((one) => one.lastKnownPresence)),
  );
  network.world.phones.type(alice, pn(mine), "text");
  await socket.sendPresenceUpdate("available");
  await socket.presenceSubscribe(pn(alices));
  await until("the first presence", () => seen.length > 0);
  network.world.phones.type(alice, pn(mine), "text");
  network.world.phones.type(alice, pn(mine), "audio");
  network.world.phones.type(alice, pn(mine), null);
  await until("the presences", () => seen.length >= 4);
  expect(seen).toEqual(["available", "composing", "recording", "available"]);
  await socket.updateProfileStatus("at work");
  await socket.updateBlockStatus(pn(alices), "block").catch(() => {});
  await network.settled();
  expect(network.world.registry.find(mine)?.about.text).toBe("at work");
});

test("a status goes to those it is for", async () => {
  await using network = await createNetwork();
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  await using client = await pair(network, mine);
  await client
    .socket()
    .sendMessage("status@broadcast", { text: "my status" }, { statusJidList: [pn(alices), pn(mine)] });
  await network.settled();
  expect(network.world.phones.stateOf(alice).inbox).toMatchObject([
    { chat: "status@broadcast", from: mine, text: "my status" },
  ]);
  expect(network.world.observer.readViolations()).toEqual([]);
});

test("what a client changes of its chats reaches its other devices", async () => {
  await using network = await createNetwork();
  await using one = await pair(network, mine);
  await using two = await pair(network, mine);
  const told: string[] = [];
  two
    .socket()
    .ev.on(
      "chats.update",
      (chats) => void told.push(...chats.flatMap((chat) => (chat.pinned == null ? [] : (chat.id ?? [])))),
    );
  await one.socket().chatModify({ pin: true }, pn(alices));
  await until("the pin", () => told.includes(pn(alices)));
});

test("a request that nobody knows gets an empty result and is listed", async () => {
  await using network = await createNetwork();
  await using client = await pair(network, mine);
  const answer = await client.socket().query({
    tag: "iq",
    attrs: { to: "@s.whatsapp.net", type: "get", xmlns: "w:nobody:knows" },
    content: [{ tag: "thing", attrs: {} }],
  });
  expect(answer.attrs).toMatchObject({ type: "result" });
  expect(network.world.observer.readUnknown()).toEqual({ "w:nobody:knows get thing": 1 });
});

test("what is against the protocol is noticed: a wrong signature, a stranger's key, a message without a ciphertext", async () => {
  await using network = await createNetwork();
  await using client = await pair(network, mine);
  const socket = client.socket();
  const key = {
    tag: "skey",
    attrs: {},
    content: [
      node("id", Buffer.of(0, 0, 9)),
      node("value", Buffer.alloc(32, 1)),
      node("signature", Buffer.alloc(64, 2)),
    ],
  };
  await socket.query({
    tag: "iq",
    attrs: { to: "@s.whatsapp.net", type: "set", xmlns: "encrypt" },
    content: [{ tag: "rotate", attrs: {}, content: [key] }],
  });
  await socket.sendNode({ tag: "message", attrs: { id: "X1", to: pn(mine), type: "text" } });
  await socket.sendNode({ tag: "message", attrs: { id: "X2", to: pn(mine) } });
  await socket.sendNode({ tag: "receipt", attrs: { id: "X3" } });
  await network.settled();
  const rules = network.world.observer.readViolations().map(({ rule, detail }) => `${rule}: ${detail}`);
  expect(rules).toEqual([
    "prekeys: the signed pre-key does not verify",
    "message: a message without a ciphertext",
    "message: a message lacks id, to or type",
    "receipt: a receipt lacks id or to",
  ]);
});

function node(tag: string, content: Buffer) {
  return { tag, attrs: {}, content };
}

test("the network's clock can be moved, and its stanzas go by it", async () => {
  await using network = await createNetwork();
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  await using client = await pair(network, mine);
  const week = 7 * 24 * 3600;
  const before = Math.floor(Date.now() / 1_000);
  network.clock.advance(week * 1_000);
  network.world.phones.send(alice, { chat: pn(mine), message: { conversation: "next week" } });
  const got = await client.received((message) => textOf(message) === "next week");
  expect(Number(got.messageTimestamp)).toBeGreaterThanOrEqual(before + week);
});

test("a client asks its phone for older messages, and gets them", async () => {
  await using network = await createNetwork();
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  await using client = await pair(network, mine);
  // What a client knows from its first synchronisation Baileys would not tell again.
  const texts = Array.from({ length: 5 }, (_, n) => `long ago ${n}`);
  const { me } = sendToPhoneAlone(network, alice, texts);
  network.clock.advance(3_600_000);
  const histories: string[][] = [];
  client
    .socket()
    .ev.on(
      "messaging-history.set",
      ({ messages }) => void histories.push(messages.flatMap((one) => textOf(one) ?? [])),
    );
  network.world.phones.send(alice, { chat: pn(mine), message: { conversation: "today" } });
  const today = await client.received((message) => textOf(message) === "today");
  await client.socket().fetchMessageHistory(3, today.key, Number(today.messageTimestamp) * 1_000);
  const older = await until("the history", () => histories.find((texts) => texts.length > 0));
  expect(older.toSorted()).toEqual(["long ago 2", "long ago 3", "long ago 4"]);
  expect(network.world.phones.stateOf(me).inbox).toHaveLength(6);
});

test("a message that never came is asked for at the phone", async () => {
  await using network = await createNetwork();
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  await using client = await pair(network, mine);
  const [id = ""] = sendToPhoneAlone(network, alice, ["only on the phone"]).ids;
  await client.socket().requestPlaceholderResend({ remoteJid: pn(alices), fromMe: false, id });
  const got = await client.received((message) => textOf(message) === "only on the phone");
  expect(got.key.id).toBe(id);
});
