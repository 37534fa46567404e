// The bad network that tests put between a client and a server: what it does to bytes, and to a Baileys client.
import { expect, test } from "bun:test";
import { connect, createServer, type Socket } from "node:net";
import { createNetwork } from "../../src/sandbox/network/network.ts";
import { connectBaileys } from "../support/baileys.ts";
import { type RoughOptions, startRoughNetwork } from "../support/rough-network.ts";
import { until } from "../support/until.ts";

type Peer = { socket: Socket; got: () => string; ended: () => boolean; fault: () => string | null };

function peerOf(socket: Socket): Peer {
  const chunks: Buffer[] = [];
  let [isEnded, fault]: [boolean, string | null] = [false, null];
  socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
  socket.on("end", () => {
    isEnded = true;
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    fault = error.code ?? error.message;
  });
  return { socket, got: () => Buffer.concat(chunks).toString(), ended: () => isEnded, fault: () => fault };
}

/** A server that keeps what it is told, the bad network before it, and clients of it. */
async function start(options: RoughOptions = {}) {
  const served: Peer[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => void served.push(peerOf(socket)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const network = await startRoughNetwork(typeof address === "object" ? (address?.port ?? 0) : 0, options);
  const clients: Peer[] = [];
  return {
    network,
    served,
    dial(): Peer {
      const client = peerOf(connect({ port: network.port, host: "127.0.0.1" }));
      clients.push(client);
      return client;
    },
    async pair(): Promise<[client: Peer, server: Peer]> {
      const [before, client] = [served.length, this.dial()];
      client.socket.write("hello");
      const peer = await until("the other end", () => served[before]);
      await until("the first word", () => peer.got() === "hello");
      return [client, peer];
    },
    async [Symbol.asyncDispose]() {
      await network[Symbol.asyncDispose]();
      for (const { socket } of [...clients, ...served]) socket.destroy();
      server.close();
    },
  };
}

test("without being told otherwise it passes everything on, both ways, and each end's close", async () => {
  await using all = await start();
  const [client, server] = await all.pair();
  const much = "0123456789".repeat(100_000);
  client.socket.write(much);
  server.socket.write("welcome");
  await until("all of it", () => server.got() === `hello${much}` && client.got() === "welcome");
  client.socket.end();
  await until("the client's close", () => server.ended());
  server.socket.end("goodbye");
  await until("the server's close", () => client.ended());
  expect(client.got()).toBe("welcomegoodbye");
  await until("the end of the connection", () => all.network.live() === 0);
  expect(all.network.connections).toMatchObject([{ bytesUp: 5 + much.length, bytesDown: 14, wasRefused: false }]);
});

test("latency and jitter: everything comes late, and in order", async () => {
  await using all = await start();
  const [client, server] = await all.pair();
  all.network.set({ latencyMs: 150, jitterMs: 30 });
  const began = performance.now();
  client.socket.write("there");
  await until("the word", () => server.got() === "hellothere");
  expect(performance.now() - began).toBeGreaterThanOrEqual(149);
  const words = Array.from({ length: 50 }, (_, n) => `${n},`);
  for (const word of words) await new Promise((resolve) => server.socket.write(word, resolve));
  await until("all words", () => client.got().length === words.join("").length);
  expect(client.got()).toBe(words.join(""));
  all.network.set({ latencyMs: 0, jitterMs: 0 });
  const later = performance.now();
  client.socket.write("!");
  await until("the mark", () => server.got().endsWith("!"));
  expect(performance.now() - later).toBeLessThan(150);
});

test("loss: a lost piece holds up what is behind it, and nothing is missing", async () => {
  // Of ten pieces the third alone is lost.
  let drawn = 0;
  const random = () => (++drawn === 6 ? 0 : 0.99);
  await using all = await start({ random });
  const [client, server] = await all.pair();
  drawn = 0;
  all.network.set({ loss: 0.01, stallMs: 120 });
  const much = "abcdefghij".repeat(1_400);
  client.socket.write(much);
  await until("the first two", () => server.got().length === 5 + 2_800);
  const began = performance.now();
  await until("the rest", () => server.got() === `hello${much}`);
  expect(performance.now() - began).toBeGreaterThan(80);
});

test("bandwidth: so many bytes a second, and a writer that sends more has to wait", async () => {
  await using all = await start();
  const [client, server] = await all.pair();
  all.network.set({ bytesPerSecond: 200_000 });
  const much = "x".repeat(50_000);
  const began = performance.now();
  client.socket.write(much);
  await until("all of it", () => server.got().length === 5 + much.length);
  const took = performance.now() - began;
  expect(took).toBeGreaterThan(235);
  expect(took).toBeLessThan(800);
});

test.each(["fin", "rst"] as const)("cut by %s, both ends are told", async (how) => {
  await using all = await start();
  const [client, server] = await all.pair();
  all.network.cut(how);
  if (how === "fin") await until("the close", () => client.ended() && server.ended());
  else await until("the reset", () => client.fault() === "ECONNRESET" && server.fault() === "ECONNRESET");
  expect(all.network.live()).toBe(0);
  await all.pair();
  expect(all.network.live()).toBe(1);
});

test("half-open: what there is falls silent for good, and neither end is told; what is new is not", async () => {
  await using all = await start();
  const [client, server] = await all.pair();
  all.network.halfOpen();
  client.socket.write("is anybody there?");
  server.socket.write("hello?");
  const [fresh, other] = await all.pair();
  other.socket.write("yes");
  await until("the answer", () => fresh.got() === "yes");
  server.socket.end();
  client.socket.end();
  await all.pair();
  expect([client.got(), server.got(), client.ended(), server.ended()]).toEqual(["", "hello", false, false]);
  expect([client.fault(), server.fault()]).toEqual([null, null]);
});

test("swallowing: new connections are dead too, for as long as it lasts", async () => {
  await using all = await start();
  const [client, server] = await all.pair();
  all.network.set({ isSwallowing: true });
  const dead = all.dial();
  dead.socket.write("hello");
  client.socket.write("lost");
  await until("the connection to be there", () => all.network.connections[1]?.bytesUp === 5);
  all.network.set({ isSwallowing: false });
  // A connection that has lost a byte cannot go on.
  client.socket.write("not lost, but behind what is");
  const [, other] = await all.pair();
  expect([server.got(), other.got(), all.served.map((peer) => peer.got())[1]]).toEqual(["hello", "hello", ""]);
});

test("refused: by nobody listening or by a reset, which is counted; and welcome again on the same port", async () => {
  await using all = await start();
  const [client, server] = await all.pair();
  await all.network.refuse("closed");
  const nobody = all.dial();
  await until("the refusal", () => nobody.fault() === "ECONNREFUSED");
  client.socket.write(" again");
  await until("the old connection to go on", () => server.got() === "hello again");
  await all.network.refuse("reset");
  for (let time = 0; time < 3; time++) {
    const refused = all.dial();
    await until("the reset", () => refused.fault() !== null || refused.ended());
  }
  expect(all.network.connections.map(({ wasRefused }) => wasRefused)).toEqual([false, true, true, true]);
  await all.network.refuse(null);
  await all.pair();
  expect(all.network.live()).toBe(2);
});

test("how many connections were made, and how many of them at once", async () => {
  await using all = await start();
  for (let time = 0; time < 3; time++) await all.pair();
  const [first, , third] = all.network.connections;
  const span = (third?.openedAt ?? 0) - (first?.openedAt ?? 0);
  expect(all.network.mostWithin(span + 1)).toBe(3);
  expect(all.network.mostWithin(span / 1_000)).toBeLessThan(3);
});

test("a Baileys client lives over it, and what a dead connection swallowed reaches it over the next one", async () => {
  await using network = await createNetwork();
  await using rough = await startRoughNetwork(network.port, { roughness: { latencyMs: 5, jitterMs: 5 } });
  const me = network.world.registry.ensure({ phone: "15550001111" });
  const alice = network.world.registry.ensure({ phone: "15551000001" });
  const { world } = network;
  await using client = connectBaileys(rough.through(network.endpoint), { keepAliveIntervalMs: 200 });
  await world.pairings.scan(me, await client.qr());
  await client.opened();
  await network.settled();
  const say = (conversation: string) =>
    world.phones.send(alice, { chat: "15550001111@s.whatsapp.net", message: { conversation } });
  say("before");
  await client.received((message) => message.message?.conversation === "before");
  rough.halfOpen();
  say("into the void");
  client.reconnect();
  await client.received((message) => message.message?.conversation === "into the void");
  // Registering, coming back as a device, and coming back after the silence.
  expect(rough.connections).toHaveLength(3);
});
