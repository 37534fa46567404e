// Linking and logging in, where the network makes it hard: passkeys, few references, refusals, silence, slow backlogs.
import { expect, test } from "bun:test";
import { createControl } from "../../src/sandbox/control/actions.ts";
import { createNetwork, type Network } from "../../src/sandbox/network/network.ts";
import { type Client, connectBaileys } from "../support/baileys.ts";
import { until } from "../support/until.ts";

const mine = "15550001111";
const alices = "15551000001";
const pn = (phone: string) => `${phone}@s.whatsapp.net`;
type BinaryNode = { tag: string; attrs: Record<string, string>; content?: unknown };

async function open() {
  const network = await createNetwork();
  const control = createControl(network);
  for (const number of [mine, alices]) control.phones.add({ number });
  return { network, control, [Symbol.asyncDispose]: () => network[Symbol.asyncDispose]() };
}

async function start(config = {}) {
  const { network, control } = await open();
  const client = connectBaileys(network.endpoint, config);
  await control.phones.scan(mine, { qr: await client.qr() });
  await client.opened();
  await network.settled();
  return {
    network,
    control,
    client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await network[Symbol.asyncDispose]();
    },
  };
}

async function cut(network: Network, client: Client): Promise<void> {
  const before = client.states.length;
  for (const link of network.world.links.all()) link.cut();
  await client.closeCode(before);
}

async function comeBack({ states }: Client, act: () => void): Promise<void> {
  const before = states.length;
  act();
  await until("an open connection", () => states.slice(before).some((state) => state.connection === "open"));
}

const textOf = (message: Client["messages"][number]) =>
  message.message?.conversation ?? message.message?.extendedTextMessage?.text;

/** Everything that the client is sent of one kind. */
function listen(client: Client, event: string): BinaryNode[] {
  const heard: BinaryNode[] = [];
  client.socket().ws.on(event, (node: BinaryNode) => void heard.push(node));
  return heard;
}

test("a number with a passkey: the scan is answered with a sentence, the client asked for the passkey, nothing linked", async () => {
  await using both = await open();
  await using client = connectBaileys(both.network.endpoint);
  const qr = await client.qr();
  const heard = listen(client, "CB:notification,type:passkey_prologue_request");
  both.control.addFault({ name: "passkey-required", phone: mine });
  await expect(both.control.phones.scan(mine, { qr })).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("passkey"),
  });
  const [asked] = await until("the request", () => (heard.length > 0 ? heard : null));
  expect(asked?.attrs).toMatchObject({ from: "@s.whatsapp.net", type: "passkey_prologue_request" });
  const [direct, wrapped] = (asked?.content ?? []) as BinaryNode[];
  const options = JSON.parse(String(direct?.content));
  expect(options).toMatchObject({ rpId: "whatsapp.com", userVerification: "required", challenge: expect.any(String) });
  const [inner] = (wrapped?.content ?? []) as BinaryNode[];
  expect([wrapped?.tag, inner?.tag, JSON.parse(String(inner?.content))]).toEqual([
    "passkey_prologue_request",
    "request_options",
    options,
  ]);
  expect(both.control.phones.get(mine).devices).toEqual([]);
  // The client goes on waiting: without the passkey the same QR links it.
  expect(await both.control.phones.scan(mine, { qr })).toMatchObject({ device: 1 });
  await client.opened();
});

test("a passkey is asked for after the right code too", async () => {
  await using both = await open();
  await using client = connectBaileys(both.network.endpoint);
  await client.qr();
  const heard = listen(client, "CB:notification,type:passkey_prologue_request");
  both.control.addFault({ name: "passkey-required" });
  const code = await client.socket().requestPairingCode(mine);
  await both.network.settled();
  await expect(both.control.phones.typeCode(mine, { code })).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("passkey"),
  });
  await until("the request", () => heard.length === 1);
  expect(both.control.phones.get(mine).devices).toEqual([]);
});

test("few references run out soon, and a client that comes again gets new ones", async () => {
  await using both = await open();
  both.control.addFault({ name: "qr-refs", code: 2 });
  await using client = connectBaileys(both.network.endpoint, { qrTimeout: 60 });
  expect(await client.closeCode()).toBe(408);
  const shown = client.states.flatMap((state) => state.qr ?? []);
  expect(new Set(shown).size).toBe(2);
  await expect(both.control.phones.scan(mine, { qr: shown[0] })).rejects.toMatchObject({ code: "conflict" });
  client.reconnect();
  const fresh = await until(
    "a new QR",
    () => client.states.findLast((state) => !shown.includes(state.qr ?? shown[0] ?? ""))?.qr,
  );
  expect(await both.control.phones.scan(mine, { qr: fresh })).toMatchObject({ device: 1 });
});

test.each([401, 402, 403, 405, 406, 503])("login-refused shows as %i, and the next login is welcome", async (code) => {
  await using all = await start();
  const { network, control, client } = all;
  await cut(network, client);
  control.addFault({ name: "login-refused", code, delay_ms: 90_000 });
  const before = client.states.length;
  client.reconnect();
  expect(await client.closeCode(before)).toBe(code);
  const { data } = (client.states.at(-1)?.lastDisconnect?.error ?? {}) as { data?: Record<string, string> };
  expect(data).toMatchObject(code === 402 ? { reason: "402", code: "101", expire: "90" } : { reason: String(code) });
  await comeBack(client, () => client.reconnect());
});

test("a device that was removed while it was away is refused with 401 when it comes back", async () => {
  await using all = await start();
  const { network, control, client } = all;
  await cut(network, client);
  control.phones.unlink(mine, 1);
  const before = client.states.length;
  client.reconnect();
  expect(await client.closeCode(before)).toBe(401);
});

test("iq-silence: requests stay unanswered, messages go on", async () => {
  await using all = await start({ defaultQueryTimeoutMs: 300 });
  const { control, client } = all;
  // What a send asks for is known beforehand.
  await client.socket().sendMessage(pn(alices), { text: "first" });
  control.addFault({ name: "iq-silence", phone: mine, count: null });
  expect(
    await client.socket().query({ tag: "iq", attrs: { to: "@s.whatsapp.net", type: "get", xmlns: "w:p" } }),
  ).toBeUndefined();
  control.phones.send(alices, { to: mine, text: "heard all the same" });
  await client.received((message) => textOf(message) === "heard all the same");
  control.clearFaults();
  expect(await client.socket().fetchBlocklist()).toEqual([]);
});

test("ping-silence: pings alone stay unanswered", async () => {
  await using all = await start({ defaultQueryTimeoutMs: 300 });
  const { control, client } = all;
  control.addFault({ name: "ping-silence", count: null });
  const ping = { tag: "iq", attrs: { to: "@s.whatsapp.net", type: "get", xmlns: "w:p" } };
  expect(await client.socket().query(ping)).toBeUndefined();
  expect(await client.socket().fetchBlocklist()).toEqual([]);
});

test("slow-backlog: what was missed comes one by one, marked and in order, before anything that came meanwhile", async () => {
  await using all = await start();
  const { network, control, client } = all;
  await cut(network, client);
  const missed = Array.from({ length: 6 }, (_, n) => `missed ${n}`);
  for (const text of missed) control.phones.send(alices, { to: mine, text });
  control.addFault({ name: "slow-backlog", delay_ms: 40 });
  const began = performance.now();
  client.reconnect();
  const heard = listen(client, "CB:message");
  await until("the first", () => heard.length > 0);
  control.phones.send(alices, { to: mine, text: "meanwhile" });
  await client.received((message) => textOf(message) === "meanwhile");
  expect(performance.now() - began).toBeGreaterThan(6 * 35);
  expect(heard.map((node) => node.attrs.offline)).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
  expect(client.messages.flatMap((message) => textOf(message) ?? [])).toEqual([...missed, "meanwhile"]);
  await network.settled();
  expect(control.phones.get(mine).devices[0]?.messages).toMatchObject({ queued: 0, unacknowledged: 0 });
});

test("a connection that goes in the middle of a slow backlog loses nothing of it", async () => {
  await using all = await start();
  const { network, control, client } = all;
  await cut(network, client);
  const missed = Array.from({ length: 8 }, (_, n) => `missed ${n}`);
  for (const text of missed) control.phones.send(alices, { to: mine, text });
  control.addFault({ name: "slow-backlog", delay_ms: 30 });
  client.reconnect();
  await client.received((message) => textOf(message) === "missed 2");
  await cut(network, client);
  client.reconnect();
  await client.received((message) => textOf(message) === "missed 7");
  await network.settled();
  expect([...new Set(client.messages.flatMap((message) => textOf(message) ?? []))]).toEqual(missed);
});

test("edge-routing: what the client is given it brings along the next time", async () => {
  await using all = await start();
  const { network, control, client } = all;
  await cut(network, client);
  control.addFault({ name: "edge-routing" });
  await comeBack(client, () => client.reconnect());
  const given = network.world.registry.find(mine)?.companions.get(1)?.routing;
  await until("the information to be kept", () => client.creds.routingInfo?.equals(given ?? Buffer.alloc(0)));
  await cut(network, client);
  await comeBack(client, () => client.reconnect());
  expect(network.world.observer.readViolations()).toEqual([]);
  client.creds.routingInfo = Buffer.from("somebody else's");
  await cut(network, client);
  await comeBack(client, () => client.reconnect());
  expect(network.world.observer.readViolations()).toMatchObject([{ rule: "login", who: `${mine}:1` }]);
});

test("dirty: the client asks for its groups anew and says that it is done", async () => {
  await using all = await start();
  const { network, control, client } = all;
  await cut(network, client);
  control.addFault({ name: "dirty" });
  await comeBack(client, () => client.reconnect());
  await until("the groups to be asked for", () => {
    const stanzas = control.frames(200, `${mine}:1`).filter(({ direction }) => direction === "in");
    return (
      stanzas.some(({ stanza }) => stanza.includes("participating")) &&
      stanzas.some(({ stanza }) => stanza.includes('<clean type="groups"'))
    );
  });
});

test("a flood of ciphertexts that cannot be read, and each is read in the end", async () => {
  await using all = await start({ retryRequestDelayMs: 10 });
  const { network, control, client } = all;
  control.phones.send(alices, { to: mine, text: "readable" });
  await client.received((message) => textOf(message) === "readable");
  control.addFault({ name: "unreadable", phone: mine, count: 10 });
  const texts = Array.from({ length: 10 }, (_, n) => `garbled ${n}`);
  const ids = texts.map((text) => control.phones.send(alices, { to: mine, text }).id);
  for (const text of texts) await client.received((message) => textOf(message) === text);
  await network.settled();
  expect(control.faults()).toEqual([]);
  expect(control.phones.deliveries(mine, 1)).toMatchObject({
    queued: [],
    unacknowledged: [],
    refused: [],
    dropped: [],
  });
  expect(ids.map((id) => (control.stats(id).messages[0]?.retries ?? 0) > 0)).toEqual(texts.map(() => true));
});
