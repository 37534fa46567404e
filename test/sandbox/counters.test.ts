// No counter of a chain may be used twice: the network notices who does, for every kind of chain, over long runs and
// over its own restart.
import { expect, test } from "bun:test";
import { createCounters } from "../../src/sandbox/network/counters.ts";
import { usualLimits } from "../../src/sandbox/network/limits.ts";
import { createNetwork, type Network } from "../../src/sandbox/network/network.ts";
import { createObserver } from "../../src/sandbox/network/observer.ts";
import { makePerson, type Person } from "../../src/sandbox/people/person.ts";
import { createSignalDevice, makeDeviceKeys } from "../../src/sandbox/signal/device.ts";
import { latest, longestStretch, makeMarks, occupy } from "../../src/sandbox/signal/places.ts";
import { node } from "../../src/sandbox/wire/node.ts";
import { connectBaileys } from "../support/baileys.ts";
import { createFolder } from "../support/folder.ts";
import { createKeyStore } from "../support/signal-keys.ts";

const mine = "15550001111";
const alices = "15551000001";
const bobs = "15551000002";
const pn = (phone: string) => `${phone}@s.whatsapp.net`;

async function pairWithOldKeys(network: Network) {
  const store = createKeyStore();
  const client = connectBaileys(network.endpoint, { auth: store.auth });
  await network.world.pairings.scan(network.world.registry.ensure({ phone: mine, name: "Me" }), await client.qr());
  await client.opened();
  await network.settled();
  return { client, store };
}

const reuses = (network: Network) =>
  network.world.observer.readViolations().filter(({ rule }) => rule === "counter reuse");

function say(network: Network, from: Person, to: string, conversation: string) {
  return network.world.phones.send(from, { chat: to.includes("@") ? to : pn(to), message: { conversation } });
}

test("a client that was set back uses a counter again, and the network tells who, for whom and in which message", async () => {
  await using network = await createNetwork();
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  const { client, store } = await pairWithOldKeys(network);
  await using _client = client;
  await client.socket().sendMessage(pn(alices), { text: "one" });
  await network.settled();
  const setBack = store.remember(["session"]);
  await client.socket().sendMessage(pn(alices), { text: "two" });
  await network.settled();
  expect(network.world.observer.readViolations()).toEqual([]);
  setBack();
  const third = await client.socket().sendMessage(pn(alices), { text: "three" });
  await network.settled();
  const found = reuses(network);
  expect(found.map(({ who }) => who)).toEqual([`${mine}:1`, `${mine}:1`]);
  // Its own phone was sent a copy with a counter that was used, and so was Alice's.
  expect(found.map(({ detail }) => detail.split(" ")[0]).sort()).toEqual([`${mine}:0`, `${alices}:0`]);
  expect(network.world.observer.readMessages(third?.key.id ?? "")[0]?.violations).toContain("counter reuse");
  expect(network.world.phones.stateOf(alice).inbox.map((item) => item.text)).toEqual(["one", "two", "three"]);
});

test("a sender key that was set back is noticed in its group", async () => {
  await using network = await createNetwork();
  const alice = network.world.registry.ensure({ phone: alices, name: "Alice" });
  const { client, store } = await pairWithOldKeys(network);
  await using _client = client;
  const me = network.world.registry.ensure({ phone: mine });
  const group = network.world.groups.create({ subject: "G", creator: alice, members: [me] });
  await client.socket().sendMessage(group.jid, { text: "one" });
  await network.settled();
  const setBack = store.remember(["sender-key"]);
  await client.socket().sendMessage(group.jid, { text: "two" });
  await network.settled();
  expect(network.world.observer.readViolations()).toEqual([]);
  setBack();
  await client.socket().sendMessage(group.jid, { text: "three" });
  await network.settled();
  expect(reuses(network)).toMatchObject([{ who: `${mine}:1`, detail: expect.stringContaining(group.jid) }]);
});

test("phones are watched too, and away or refused, it is noticed at once", async () => {
  await using network = await createNetwork();
  const { registry, phones, faults } = network.world;
  const [alice, bob] = [alices, bobs].map((phone) => registry.ensure({ phone })) as [Person, Person];
  say(network, alice, bobs, "one");
  const before = new Map(alice.keys.sessions);
  phones.setOnline(bob, false);
  say(network, alice, bobs, "two");
  alice.keys.sessions = before;
  faults.add({ name: "ack-error", phone: null, probability: 1, count: 1, delayMs: 0, code: null });
  const { id } = say(network, alice, bobs, "three");
  expect(reuses(network)).toMatchObject([{ who: `${alices}:0` }]);
  expect(network.world.observer.readMessages(id)[0]).toMatchObject({ copies: {}, violations: ["counter reuse"] });
});

test("the same ciphertext again is no second use", async () => {
  await using network = await createNetwork();
  const { registry } = network.world;
  const [alice] = [alices, bobs].map((phone) => registry.ensure({ phone })) as [Person, Person];
  const counters = createCounters(network.world.observer, usualLimits);
  const from = { person: alice, device: 0 };
  const other = createSignalDevice(makeDeviceKeys());
  alice.device.begin("other", other.takeBundle());
  const first = alice.device.seal("other", Buffer.from("first"));
  const enc = node("enc", { type: first.type }, first.body);
  for (let time = 0; time < 3; time++) counters.notice(from, "other", enc, "ID");
  expect(reuses(network)).toEqual([]);
});

test("a network that was restarted still knows the counters of its live chains", async () => {
  using folder = createFolder();
  const first = await createNetwork({ folder: folder.path });
  const [alice] = [alices, bobs].map((phone) => first.world.registry.ensure({ phone })) as [Person, Person];
  for (let n = 0; n < 10; n++) say(first, alice, bobs, `message ${n}`);
  const before = new Map(alice.keys.sessions);
  for (let n = 10; n < 20; n++) say(first, alice, bobs, `message ${n}`);
  await first[Symbol.asyncDispose]();

  await using second = await createNetwork({ folder: folder.path });
  const again = second.world.registry.find(alices);
  if (again === null) throw new Error("Alice is gone");
  say(second, again, bobs, "goes on");
  expect(reuses(second)).toEqual([]);
  again.keys.sessions = before;
  say(second, again, bobs, "goes back");
  expect(reuses(second)).toHaveLength(1);
});

test("a phone that remembers less than it sent, after a crash, goes on well beyond what it may have used", async () => {
  using folder = createFolder();
  const first = await createNetwork({ folder: folder.path });
  const [alice] = [alices, bobs].map((phone) => first.world.registry.ensure({ phone })) as [Person, Person];
  say(first, alice, bobs, "one");
  const group = first.world.groups.create({ subject: "G", creator: alice, members: [] });
  say(first, alice, group.jid, "one");
  await first[Symbol.asyncDispose]();
  // As if that had not been a close: the network was open again, and gone without a word.
  const open = await createNetwork({ folder: folder.path });
  using crashed = createFolder();
  Bun.spawnSync(["cp", "-r", `${folder.path}/.`, crashed.path]);
  await open[Symbol.asyncDispose]();

  await using second = await createNetwork({ folder: crashed.path });
  const again = second.world.registry.find(alices);
  const [session] = again?.keys.sessions.get(`${bobs}:0`) ?? [];
  expect(session?.sending.next).toBe(201);
  expect(again?.keys.ownSenderKeys.get(group.jid)?.key.chain.next).toBe(201);
  if (again !== null) say(second, again, bobs, "two");
  const bob = second.world.registry.find(bobs);
  expect(bob === null ? [] : second.world.phones.stateOf(bob).inbox.map((item) => item.text)).toEqual(["one", "two"]);
  expect(second.world.observer.readViolations()).toEqual([]);
});

test("a chain of half a million keeps a stretch of marks, and a second use in it is noticed", () => {
  const marks = makeMarks();
  const last = 500_000;
  let accused = 0;
  for (let counter = 0; counter <= last; counter++) if (!occupy(marks, counter, counter + 1)) accused += 1;
  expect(accused).toBe(0);
  expect(marks.marks.length).toBeLessThanOrEqual(longestStretch);
  expect(occupy(marks, last - 20_000, last - 20_000 + 1)).toBe(true);
  expect(occupy(marks, last - 20_000, 7)).toBe(false);
  // Far back nothing is known any more, and nobody is accused.
  expect(occupy(marks, 5, 7)).toBe(true);
  expect(latest(marks, 100)).toMatchObject({ floor: last - 99 });
  // A leap of a stranger's takes no room.
  expect(occupy(marks, 2 ** 40, 1)).toBe(true);
  expect(marks.marks.length).toBeLessThanOrEqual(longestStretch);
});

test("however many chains there are, the marks stay within their limit", () => {
  const limits = { ...usualLimits, counters: 10_000 };
  const counters = createCounters(
    createObserver(() => 0, limits),
    limits,
  );
  const sender = createSignalDevice(makeDeviceKeys());
  const person = makePerson({ phone: alices }, 0);
  for (let chain = 0; chain < 400; chain++) {
    const receiver = createSignalDevice(makeDeviceKeys());
    sender.begin("receiver", receiver.takeBundle());
    const { type, body } = sender.seal("receiver", Buffer.from("text"));
    counters.notice({ person, device: 0 }, `receiver ${chain}`, node("enc", { type }, body), "ID");
  }
  expect(counters.taken()).toBeLessThanOrEqual(10_000);
  expect(counters.keptOf(alices).length).toBeGreaterThan(50);
});
