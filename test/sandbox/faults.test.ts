// Every fault as a bare Baileys client meets it, with the close code that the protocol gives it.
import { expect, test } from "bun:test";
import { type FaultName, faultNames } from "../../src/sandbox/network/faults.ts";
import { createNetwork, type Network } from "../../src/sandbox/network/network.ts";
import { type Client, connectBaileys } from "../support/baileys.ts";
import { until } from "../support/until.ts";

const mine = "15550001111";
const alices = "15551000001";
const to = `${alices}@s.whatsapp.net`;
/** In media.test.ts and logins.test.ts here, and in flows/media.test.ts. */
const triedElsewhere: FaultName[] = [
  "media-expired",
  "media-corrupt",
  "media-silence",
  "iq-silence",
  "ping-silence",
  "slow-backlog",
  "edge-routing",
  "dirty",
  "qr-refs",
  "passkey-required",
];
const tested = new Set<FaultName>(triedElsewhere);

async function start(config = {}): Promise<{ network: Network; client: Client } & AsyncDisposable> {
  const network = await createNetwork();
  const client = connectBaileys(network.endpoint, config);
  network.world.registry.ensure({ phone: alices, name: "Alice" });
  await network.world.pairings.scan(network.world.registry.ensure({ phone: mine, name: "Me" }), await client.qr());
  await client.opened();
  await network.settled();
  return {
    network,
    client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await network[Symbol.asyncDispose]();
    },
  };
}

function strike(
  network: Network,
  name: FaultName,
  more: { count?: number; delayMs?: number; code?: number } = {},
): void {
  tested.add(name);
  const { count = 1, delayMs = 0, code = null } = more;
  network.world.faults.add({ name, phone: null, probability: 1, count, delayMs, code });
}

/** Returns the message's id. */
const sendTo = async (client: Client, text: string) => (await client.socket().sendMessage(to, { text }))?.key.id ?? "";

const statusesOf = (client: Client, id: string | null | undefined) => [
  ...client.messages.filter((one) => one.key.id === id).map((one) => one.status),
  ...client.updates.filter(({ key }) => key.id === id).map(({ update }) => update.status),
];

test.each<[FaultName, number]>([
  ["drop-tcp", 428],
  ["stream-503", 503],
  ["stream-515", 515],
  ["replaced", 440],
  ["logged-out", 401],
  ["banned", 403],
])("%s ends the connection with %i", async (name, code) => {
  await using both = await start();
  strike(both.network, name);
  const before = both.client.states.length;
  both.client
    .socket()
    .sendPresenceUpdate("available")
    .catch(() => {});
  expect(await both.client.closeCode(before)).toBe(code);
});

test.each<[FaultName, number, number | undefined]>([
  ["banned", 403, undefined],
  ["version-refused", 405, undefined],
  ["login-refused", 401, undefined],
  ["login-refused", 503, 503],
])("%s refuses a login with %i", async (name, reason, code) => {
  await using both = await start();
  for (const link of both.network.world.links.all()) link.cut();
  await both.client.closeCode();
  strike(both.network, name, code === undefined ? {} : { code });
  const before = both.client.states.length;
  both.client.reconnect();
  expect(await both.client.closeCode(before)).toBe(reason);
});

test("a second login of the same device replaces the first", async () => {
  await using both = await start();
  both.client.reconnect();
  expect(await both.client.closeCode()).toBe(440);
});

test("logged out from the phone, and refused from then on", async () => {
  await using both = await start();
  const me = both.network.world.registry.find(mine);
  if (me !== null) both.network.world.phones.unlink(me, 1);
  expect(await both.client.closeCode()).toBe(401);
  const before = both.client.states.length;
  both.client.reconnect();
  expect(await both.client.closeCode(before)).toBe(401);
});

test.each<[FaultName]>([["handshake-silence"], ["upgrade-error"]])(
  "%s shows as 408 after the connect time-out",
  async (name) => {
    await using network = await createNetwork();
    strike(network, name);
    await using client = connectBaileys(network.endpoint, { connectTimeoutMs: 700 });
    expect(await client.closeCode()).toBe(408);
  },
);

test("refused: nobody listens for a while, and then again", async () => {
  await using network = await createNetwork();
  strike(network, "refused", { delayMs: 300 });
  await using refused = connectBaileys(network.endpoint);
  expect(await refused.closeCode()).toBe(408);
  await until(
    "somebody to listen again",
    async () => (await fetch(`http://127.0.0.1:${network.port}`).catch(() => null)) !== null,
  );
  await using welcome = connectBaileys(network.endpoint);
  await welcome.qr();
});

test("half-open: silence while connected shows as 408 after the keep-alive", async () => {
  await using both = await start({ keepAliveIntervalMs: 300 });
  strike(both.network, "half-open");
  const before = both.client.states.length;
  both.client
    .socket()
    .sendPresenceUpdate("available")
    .catch(() => {});
  // The peer answers the WebSocket's close all the same, so that the client need not wait for that as well.
  expect(await both.client.closeCode(before)).toBe(408);
  // A client gives the other side five seconds more than its keep-alive's interval.
}, 20_000);

test("slow: answers come late, and in order", async () => {
  await using both = await start();
  strike(both.network, "slow", { count: 5, delayMs: 150 });
  const began = performance.now();
  await both.client.socket().fetchBlocklist();
  expect(performance.now() - began).toBeGreaterThanOrEqual(145);
});

test("acks: dropped, doubled, late, refused", async () => {
  await using both = await start();
  const { network, client } = both;
  const acks: string[] = [];
  client
    .socket()
    .ws.on(
      "CB:ack,class:message",
      (node: { attrs: Record<string, string> }) => void acks.push(`${node.attrs.id} ${node.attrs.error ?? ""}`.trim()),
    );
  const send = (text: string) => sendTo(client, text);
  strike(network, "drop-ack");
  const dropped = await send("dropped");
  await network.settled();
  strike(network, "duplicate-ack");
  const doubled = await send("doubled");
  await network.settled();
  strike(network, "reorder-ack", { delayMs: 100 });
  const late = await send("late");
  const next = await send("next");
  await network.settled();
  strike(network, "ack-error");
  const refused = await send("refused");
  await network.settled();
  expect(acks).toEqual([doubled, doubled, next, late, `${refused} 463`]);
  expect(acks.join()).not.toContain(dropped);
  await until("the refusal", () => statusesOf(client, refused).includes(0));
  const alice = network.world.registry.find(alices);
  const texts = alice === null ? [] : network.world.phones.stateOf(alice).inbox.map((item) => item.text);
  expect(texts).toEqual(["dropped", "doubled", "late", "next"]);
});

test("receipts: dropped, doubled, late", async () => {
  await using both = await start();
  const { network, client } = both;
  const got: string[] = [];
  client.socket().ws.on("CB:receipt", (node: { attrs: Record<string, string> }) => void got.push(node.attrs.id ?? ""));
  const send = (text: string) => sendTo(client, text);
  strike(network, "drop-receipt");
  await send("dropped");
  await network.settled();
  strike(network, "duplicate-receipt");
  const doubled = await send("doubled");
  await network.settled();
  strike(network, "reorder-receipt", { delayMs: 100 });
  const late = await send("late");
  const next = await send("next");
  await network.settled();
  expect(got).toEqual([doubled, doubled, next, late]);
});

test("an unreadable message is asked for again and read in the end", async () => {
  await using both = await start();
  const { network, client } = both;
  const alice = network.world.registry.find(alices);
  if (alice === null) throw new Error("nobody is there");
  network.world.phones.send(alice, { chat: `${mine}@s.whatsapp.net`, message: { conversation: "readable" } });
  await client.received((message) => message.message?.conversation === "readable");
  strike(network, "unreadable");
  const sent = network.world.phones.send(alice, {
    chat: `${mine}@s.whatsapp.net`,
    message: { conversation: "garbled" },
  });
  const got = await client.received((message) => message.message?.conversation === "garbled");
  expect(got.key.id).toBe(sent.id);
  await network.settled();
  expect(network.world.observer.readMessages(sent.id)[0]).toMatchObject({ retries: 1 });
});

test("a client whose one-time keys were lost uploads new ones", async () => {
  await using both = await start();
  const { network, client } = both;
  const companion = network.world.registry.find(mine)?.companions.get(1);
  strike(network, "lost-prekeys");
  for (const link of network.world.links.all()) link.cut();
  await client.closeCode();
  client.reconnect();
  await until("new keys", () => (companion?.preKeys.size ?? 0) > 100);
});

test("every fault there is was tried", () => {
  expect([...tested].sort()).toEqual((Object.keys(faultNames) as FaultName[]).sort());
});
