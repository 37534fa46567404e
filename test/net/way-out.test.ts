// A session's way out with a real client on a real network: through proxies of both kinds, with an authority given at
// run time. The names below exist for the proxies alone, so whatever arrives has come through them.
import { expect, test } from "bun:test";
import { once } from "node:events";
import { request } from "node:https";
import { createServer } from "node:net";
// @ts-expect-error it brings no types of its own, and Baileys is what uses it otherwise
import WebSocket from "ws";
import { isUntrusted } from "../../src/net/trust.ts";
import { openWayOut, type WayOut } from "../../src/net/way-out.ts";
import { createNetwork } from "../../src/sandbox/network/network.ts";
import { anywhere as rules } from "../support/addresses.ts";
import { connectBaileys } from "../support/baileys.ts";
import { startForwardProxy } from "../support/forward-proxy.ts";
import { startTlsFront } from "../support/tls-front.ts";
import { until } from "../support/until.ts";

const kinds = ["http", "socks5"] as const;
const login = { user: "ann", password: "s3cret/@" };
const webUrl = "wss://web.whatsapp.test/ws/chat";

test.each(kinds)("a client links through the %s proxy, and goes nowhere but through it", async (kind) => {
  await using network = await createNetwork();
  await using front = await startTlsFront({ names: ["web.whatsapp.test"], to: { port: network.port } });
  const names = { "web.whatsapp.test": { port: front.port }, "plain.whatsapp.test": { port: network.port } };
  await using proxy = await startForwardProxy({ kind, login, names });
  await using wayOut = openWayOut({ rules, proxy: proxy.url, ca: front.ca });
  const me = network.world.registry.ensure({ phone: "15550001111", name: "Me" });

  for (const ws of [webUrl, "ws://plain.whatsapp.test/ws/chat"]) {
    proxy.asked.length = 0;
    await using client = connectBaileys({ ...network.endpoint, ws }, { agent: wayOut.webSocketAgent(ws)! });
    await network.world.pairings.scan(me, await client.qr());
    await client.opened();
    await network.settled();
    // Once to be linked, and once more as a linked device.
    const { hostname, port } = new URL(ws.replace("ws", "http"));
    const place = `${hostname}:${port || (ws.startsWith("wss") ? 443 : 80)}`;
    expect(proxy.asked).toEqual([place, place]);
  }
  expect(front.connections()).toBe(2);
  expect(proxy.connections()).toBe(4);
  expect(network.world.observer.readViolations()).toEqual([]);
  // In the clear it would begin with a request line; the login is for the proxy alone.
  expect(proxy.tunnels.map(({ up }) => up[0])).toEqual([0x16, 0x16, 0x47, 0x47]);
  expect(Buffer.concat(proxy.tunnels.map(({ up }) => up)).includes("s3cret")).toBe(false);
  const upgrade = proxy.tunnels[2]?.up.toString("latin1") ?? "";
  expect(upgrade).toStartWith("GET /ws/chat HTTP/1.1\r\n");
  expect(upgrade).toMatch(/\r\nHost: plain\.whatsapp\.test\r\n/i);
  expect(upgrade).toMatch(/\r\nOrigin: https:\/\/web\.whatsapp\.com\r\n/i);
});

test("without a proxy, an authority of the network's own is believed, and nothing else changes", async () => {
  await using network = await createNetwork();
  await using front = await startTlsFront({ names: ["localhost"], to: { port: network.port } });
  const ws = `wss://localhost:${front.port}/ws/chat`;
  await using wayOut = openWayOut({ rules, proxy: null, ca: front.ca });
  await using client = connectBaileys({ ...network.endpoint, ws }, { agent: wayOut.webSocketAgent(ws)! });
  expect(await client.qr()).toContain(",");
  await using plain = openWayOut({ rules, proxy: null, ca: null });
  expect([plain.webSocketAgent(webUrl), wayOut.webSocketAgent("ws://localhost/")]).toEqual([undefined, undefined]);
});

test("a certificate of an unknown authority, and one for another name, end the attempt and are told apart", async () => {
  await using network = await createNetwork();
  await using front = await startTlsFront({ names: ["web.whatsapp.test"], to: { port: network.port } });
  const names = { "web.whatsapp.test": { port: front.port }, "other.whatsapp.test": { port: front.port } };
  await using proxy = await startForwardProxy({ kind: "socks5", names });
  await using trusting = openWayOut({ rules, proxy: proxy.url, ca: front.ca });
  await using usual = openWayOut({ rules, proxy: proxy.url, ca: null });
  const attempts: [WayOut, string][] = [
    [usual, webUrl],
    [trusting, "wss://other.whatsapp.test/ws/chat"],
  ];
  for (const [wayOut, ws] of attempts) {
    await using client = connectBaileys({ ...network.endpoint, ws }, { agent: wayOut.webSocketAgent(ws)! });
    const error = await endOf(client);
    expect(isUntrusted(error)).toBe(true);
    expect(String(error)).toContain(`The certificate that ${new URL(ws).hostname}:443 shows is not to be trusted`);
  }
  // Without an agent it is Bun's own error, which is told apart just as well.
  await using direct = connectBaileys({ ...network.endpoint, ws: `wss://localhost:${front.port}/` });
  expect(isUntrusted(await endOf(direct))).toBe(true);
  await using lost = connectBaileys(
    { ...network.endpoint, ws: "wss://unknown.whatsapp.test/" },
    { agent: trusting.webSocketAgent(webUrl)! },
  );
  const error = await endOf(lost);
  expect(isUntrusted(error)).toBe(false);
  expect(String(error)).toContain("does not connect to unknown.whatsapp.test:443");
});

test("the status of a refused upgrade can be seen", async () => {
  await using network = await createNetwork();
  network.world.faults.add({ name: "upgrade-error", phone: null, probability: 1, count: null, delayMs: 0, code: 405 });
  await using proxy = await startForwardProxy({ kind: "http" });
  await using wayOut = openWayOut({ rules, proxy: proxy.url, ca: null });
  const agent = wayOut.webSocketAgent(network.endpoint.ws)!;
  for (const config of [{ agent }, {}]) {
    await using client = connectBaileys(network.endpoint, config);
    const [, response] = await once(client.socket().ws, "unexpected-response");
    expect(response.statusCode).toBe(405);
  }
});

test.each(kinds)("media's requests take the %s proxy too, and one connection serves several", async (kind) => {
  const { port, stop } = serveText("hello");
  await using front = await startTlsFront({ names: ["media.whatsapp.test"], to: { port } });
  await using proxy = await startForwardProxy({ kind, names: { "media.whatsapp.test": { port: front.port } } });
  await using wayOut = openWayOut({ rules, proxy: proxy.url, ca: front.ca });
  for (let i = 0; i < 3; i++) expect(await get(wayOut, "https://media.whatsapp.test/v/x")).toBe("hello");
  expect(proxy.asked).toEqual(["media.whatsapp.test:443"]);
  await using usual = openWayOut({ rules, proxy: proxy.url, ca: null });
  await expect(get(usual, "https://media.whatsapp.test/v/x")).rejects.toThrow("not to be trusted");
  await stop();
});

test("what is open or being opened ends with the way out", async () => {
  await using network = await createNetwork();
  await using proxy = await startForwardProxy({ kind: "socks5" });
  const wayOut = openWayOut({ rules, proxy: proxy.url, ca: null });
  const socket = new WebSocket(network.endpoint.ws, { agent: wayOut.webSocketAgent(network.endpoint.ws)! });
  await once(socket, "open");
  const silent = createServer((near) => near.resume()).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const stuck = get(wayOut, `https://127.0.0.1:${(silent.address() as { port: number }).port}/`);
  await until("both tunnels", () => proxy.tunnels.length === 2);
  const closed = once(socket, "close");
  await wayOut[Symbol.asyncDispose]();
  await expect(stuck).rejects.toThrow();
  await closed;
  await until("the tunnels' end", () => proxy.tunnels.every((tunnel) => !tunnel.isOpen));
  await expect(get(wayOut, network.endpoint.ws.replace("ws", "https"))).rejects.toThrow("closed");
  silent.close();
});

test("a connection that the proxy resets is ended, and the next one is made through it again", async () => {
  await using network = await createNetwork();
  await using front = await startTlsFront({ names: ["web.whatsapp.test"], to: { port: network.port } });
  const names = { "web.whatsapp.test": { port: front.port } };
  await using proxy = await startForwardProxy({ kind: "socks5", names });
  await using wayOut = openWayOut({ rules, proxy: proxy.url, ca: front.ca });
  await using client = connectBaileys({ ...network.endpoint, ws: webUrl }, { agent: wayOut.webSocketAgent(webUrl)! });
  await client.qr();
  proxy.reset();
  await client.closeCode();
  client.states.length = 0;
  client.reconnect();
  await client.qr();
  expect(proxy.asked.length).toBe(2);
});

test("an attempt given up while the proxy is silent leaves no connection behind", async () => {
  const open = new Set<unknown>();
  const silent = createServer((near) => {
    open.add(near);
    near.resume().once("close", () => open.delete(near));
  }).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const proxy = `http://127.0.0.1:${(silent.address() as { port: number }).port}`;
  await using wayOut = openWayOut({ rules, proxy, ca: null, timeoutMs: 100 });
  const socket = new WebSocket(webUrl, { agent: wayOut.webSocketAgent(webUrl)! });
  socket.on("error", () => {});
  await until("the connection to the proxy", () => open.size === 1);
  socket.terminate();
  await until("its end", () => open.size === 0);
  silent.close();
});

test("an authority that cannot be read, and a proxy that is none, are refused at once", () => {
  const garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  for (const ca of ["", "garbage", garbage]) expect(() => openWayOut({ rules, proxy: null, ca })).toThrow("PEM");
  expect(() => openWayOut({ rules, proxy: "ftp://x", ca: null })).toThrow("no proxy");
});

async function endOf(client: ReturnType<typeof connectBaileys>): Promise<unknown> {
  const state = await until("its end", () => client.states.find((one) => one.connection === "close"));
  return (state.lastDisconnect?.error as { data?: unknown } | undefined)?.data;
}

function get(wayOut: WayOut, url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: wayOut.httpsAgent }, async (response) => {
      let text = "";
      for await (const piece of response) text += piece;
      resolve(text);
    });
    asked.on("error", reject).end();
  });
}

function serveText(text: string) {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, development: false, fetch: () => new Response(text) });
  return { port: server.port!, stop: () => server.stop(true) };
}
