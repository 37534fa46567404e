// The client for addresses that others give us, on real sockets: what it sends, what it takes, and what it does not wait
// for. All names are known to the tests' own resolver alone, so whatever arrives was looked up by it.
import { expect, test } from "bun:test";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { readAddressRules } from "../../src/net/address-rules.ts";
import { type Asked, createHttpClient, type HttpClientOptions, type HttpRequest } from "../../src/net/client.ts";
import { anywhere, nowhere } from "../support/addresses.ts";
import { type HttpHost, pour, type Reply, startHttpHost } from "../support/http-host.ts";
import { until } from "../support/until.ts";

const hello: Reply = (response) => response.end("hello");
const name = "hooks.example.test";

test("a name is called over TLS at the address it leads to, and asked for by its name", async () => {
  await using host = await startHttpHost(hello, { names: [name] });
  const asked: string[] = [];
  const resolve = async (wanted: string) => {
    asked.push(wanted);
    return ["127.0.0.1"];
  };
  await using client = clientFor(host, { resolve });
  const answer = await client.ask(get(`https://${name}.:${host.port}/a?b=c#d`));
  const url = `https://${name}:${host.port}/a?b=c`;
  expect(answer).toMatchObject({ outcome: "response", status: 200, url, body: Buffer.from("hello"), isWhole: true });
  expect(asked).toEqual([name]);
  expect(host.received).toMatchObject([
    { method: "GET", path: "/a?b=c", serverName: name, headers: { host: `${name}:${host.port}` } },
  ]);
  await until("its connection's end", () => host.open() === 0);
});

test("a body comes with its length, and nothing compressed is asked for", async () => {
  await using host = await startHttpHost(hello);
  await using client = clientFor(host);
  const url = `http://127.0.0.1:${host.port}/`;
  const headers = { "Content-Type": "application/json", "webhook-id": "evt_1" };
  await client.ask({ ...get(url), method: "POST", headers, body: '{"a":"ä"}' });
  await client.ask({ ...get(url), method: "PUT", body: Buffer.alloc(100_000, 7) });
  for (const method of ["POST", "GET", "DELETE"] as const) await client.ask({ ...get(url), method });
  const lengths = host.received.map(({ headers: sent }) => sent["content-length"]);
  expect(lengths).toEqual(["10", "100000", "0", undefined, undefined]);
  expect(host.received.every(({ headers: sent }) => sent["transfer-encoding"] === undefined)).toBe(true);
  expect(host.received.every(({ headers: sent }) => sent["accept-encoding"] === "identity")).toBe(true);
  expect(host.received[0]).toMatchObject({ body: Buffer.from('{"a":"ä"}'), headers: { "webhook-id": "evt_1" } });
  expect(host.received[0]?.headers["user-agent"]).toStartWith("Waygate/");
  expect(host.received[1]?.body.length).toBe(100_000);
});

test("a certificate of an unknown authority, and one for another name, get nothing", async () => {
  await using host = await startHttpHost(hello, { names: [name] });
  await using trusting = clientFor(host);
  await using usual = clientFor(host, { ca: null });
  for (const [client, asked] of [
    [usual, name],
    [trusting, "other.example.test"],
    [trusting, "127.0.0.1"],
  ] as const) {
    const outcome = await client.ask(get(`https://${asked}:${host.port}/`));
    expect(outcome).toMatchObject({ outcome: "failed", isRetryable: true });
    expect(reasonOf(outcome)).toContain("is not to be trusted");
  }
  expect(host.received).toEqual([]);
});

test("an address needs no looking up, and its certificate is checked against it", async () => {
  await using host = await startHttpHost(hello, { names: ["127.0.0.1"] });
  await using client = clientFor(host, { resolve: () => Promise.reject(new Error("nobody is asked")) });
  expect(await client.ask(get(`https://2130706433:${host.port}/`))).toMatchObject({ outcome: "response", status: 200 });
});

test("what a name leads to is looked at before it is called, all of it", async () => {
  await using host = await startHttpHost(hello, { names: [name] });
  const url = `https://${name}:${host.port}/`;
  const mixes = [["127.0.0.1"], ["::1"], ["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["::ffff:127.0.0.1"]];
  for (const answer of [...mixes, ["not an address"], ["fe80::1%lo"], ["0.0.0.0"], ["169.254.169.254"]]) {
    const rules = readAddressRules([], nowhere);
    await using client = clientFor(host, { rules, resolve: async () => answer });
    expect([answer, await client.ask(get(url))]).toEqual([answer, { outcome: "refused", reason: expect.any(String) }]);
  }
  for (const answer of [Promise.resolve([]), Promise.reject(new Error("ENOTFOUND"))]) {
    await using client = clientFor(host, { resolve: () => answer });
    expect(await client.ask(get(url))).toEqual({
      outcome: "failed",
      isRetryable: true,
      reason: `${name} cannot be found: no address of that name is known.`,
    });
  }
  expect(host.connections()).toBe(0);
});

test("a name that leads elsewhere a moment later is called where it was looked at", async () => {
  await using good = await startHttpHost(hello, { address: "127.0.0.2" });
  await using canary = await startHttpHost(hello, { port: good.port });
  const rules = readAddressRules(["127.0.0.2"], nowhere);
  for (const keepAlive of [false, true]) {
    let looks = 0;
    const resolve = async () => (++looks % 2 === 1 ? ["127.0.0.2"] : ["127.0.0.1"]);
    await using client = createHttpClient({ rules, resolve, keepAlive, plainHttp: "anywhere", maxRedirects: 3 });
    const outcomes = [];
    for (let i = 0; i < 4; i++) outcomes.push((await client.ask(get(`http://${name}:${good.port}/`))).outcome);
    const again = keepAlive ? "response" : "refused";
    expect(outcomes).toEqual(["response", again, "response", again]);
  }
  expect(canary.connections()).toBe(0);
});

test("an address that does not answer gives way to the next one", async () => {
  await using host = await startHttpHost(hello);
  const url = `http://${name}:${host.port}/`;
  await using refusing = clientFor(host, { resolve: async () => ["::1", "127.0.0.1"] });
  expect(await refusing.ask(get(url))).toMatchObject({ outcome: "response" });
  await host[Symbol.asyncDispose]();
  expect(reasonOf(await refusing.ask(get(url)))).toBe(`${name}:${host.port} cannot be reached (ECONNREFUSED).`);
});

test("plain http leads to what is listed only, where it is not for everybody", async () => {
  await using host = await startHttpHost(hello);
  const rules = readAddressRules(["127.0.0.1", "nas.example.test"], nowhere);
  const resolve = async (wanted: string) => (wanted === "public.example.test" ? ["8.8.8.8"] : ["127.0.0.1"]);
  await using client = clientFor(host, { rules, resolve, plainHttp: "listed" });
  for (const wanted of ["nas.example.test", "into-a-listed-network.example.test", "127.0.0.1"])
    expect(await client.ask(get(`http://${wanted}:${host.port}/`))).toMatchObject({ outcome: "response" });
  expect(await client.ask(get("http://public.example.test/"))).toEqual({
    outcome: "refused",
    reason: "public.example.test is called by https only, unless the operator allows it (allow_private_urls).",
  });
});

test("kept connections serve several requests, and one that the host closed is not used again", async () => {
  await using host = await startHttpHost(hello, { names: [name] });
  await using client = clientFor(host, { keepAlive: true });
  const url = `https://${name}:${host.port}/`;
  for (let i = 0; i < 3; i++) expect(await client.ask(get(url))).toMatchObject({ outcome: "response" });
  expect(host.connections()).toBe(1);
  await using closing = await startRaw((socket) =>
    socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbye")),
  );
  for (let i = 1; i <= 3; i++) {
    expect(await client.ask(get(`http://${name}:${closing.port}/`))).toMatchObject({ outcome: "response" });
    await until("its end", () => closing.open() === 0);
    expect(closing.connections()).toBe(i);
  }
});

test("bytes after an answer never become the next one", async () => {
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
  for (const late of [false, true]) {
    await using server = await startRaw((socket) =>
      socket.on("data", () => {
        socket.write(late ? answer : `${answer}${answer.replace("hi", "xx")}`);
        if (late) setImmediate(() => socket.write(answer.replace("hi", "xx")));
      }),
    );
    await using client = clientFor(null, { keepAlive: true });
    for (let i = 0; i < 5; i++) {
      const got = await client.ask(get(`http://${name}:${server.port}/`));
      if (got.outcome === "response") expect(got.body.toString()).toBe("hi");
    }
  }
});

test("of a body no more is read than is wanted, and nothing is inflated", async () => {
  const bomb = Bun.gzipSync(Buffer.alloc(50_000_000));
  const piece = Buffer.alloc(65_536);
  let sent = 0;
  await using host = await startHttpHost(async (response, { path }) => {
    if (path === "/bomb") return void response.writeHead(200, { "Content-Encoding": "gzip" }).end(bomb);
    await pour(response, piece, () => {
      sent += piece.length;
    });
  });
  await using client = clientFor(host);
  const url = `http://${name}:${host.port}`;
  const endless = await client.ask({ ...get(`${url}/endless`), maxBytes: 1_000 });
  expect(endless).toMatchObject({ outcome: "response", isWhole: false, body: Buffer.alloc(1_000) });
  await until("its connection's end", () => host.open() === 0);
  expect(sent).toBeLessThan(30_000_000);
  const compressed = await client.ask({ ...get(`${url}/bomb`), maxBytes: 1_000_000 });
  expect(compressed).toMatchObject({ outcome: "response", isWhole: true, body: Buffer.from(bomb) });
  for (const [maxBytes, isWhole] of [
    [bomb.length, true],
    [bomb.length - 1, false],
    [0, false],
  ] as const)
    expect(await client.ask({ ...get(`${url}/bomb`), maxBytes })).toMatchObject({ isWhole });
});

const answers: [string, string, RegExp][] = [
  ["garbage", "SSH-2.0-OpenSSH_9.6\r\n\r\n", /./],
  ["endless headers", `HTTP/1.1 200 OK\r\n${"X-Filler: 0123456789\r\n".repeat(20_000)}`, /./],
  ["a body that breaks off", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", /./],
  ["a broken chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", /./],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", /./],
  ["another protocol", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", /another protocol/],
  ["nothing", "", /./],
];

test.each(answers)("a host that answers with %s has failed", async (_, bytes, expected) => {
  await using server = await startRaw((socket) => socket.once("data", () => socket.end(bytes)));
  await using client = clientFor(null);
  const outcome = await client.ask(get(`http://${name}:${server.port}/`));
  expect(outcome).toMatchObject({ outcome: "failed", isRetryable: true });
  expect(reasonOf(outcome)).toMatch(expected);
  expect(reasonOf(outcome)).toStartWith(`${name}:${server.port}: `);
  await until("its connection's end", () => server.open() === 0);
});

test("who is silent, who drips and who dawdles is waited for as long as was said, in every phase", async () => {
  await using silent = await startRaw((socket) => socket.resume());
  await using dripping = await startRaw((socket) => drip(socket, "HTTP/1.1 200 OK\r\n\r\n"));
  await using dripsHead = await startRaw((socket) => drip(socket, "HTTP/1.1 200 OK\r\nX-A: "));
  await using stalls = await startRaw((socket) =>
    socket.resume().write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"),
  );
  await using client = clientFor(null);
  await using lost = clientFor(null, { resolve: () => new Promise(() => {}) });
  const ask = (port: number, more: Partial<HttpRequest>, by = client) =>
    by.ask({ ...get(`http://${name}:${port}/`), ...more });
  const total = { timeoutMs: 60 };
  const outcomes = await Promise.all([
    ...[silent, dripping, dripsHead, stalls].map(({ port }) => ask(port, total)),
    ...[silent, stalls].map(({ port }) => ask(port, { idleMs: 50 })),
    ask(1, total, lost),
    ask(silent.port, { signal: AbortSignal.timeout(20) }),
    ask(silent.port, { signal: AbortSignal.abort() }),
  ]);
  const late = "it: It was not done within 0.06 s.";
  const idle = "it: Nothing moved for 0.05 s.";
  const givenUp = "it: The transfer was given up.";
  expect(outcomes.map((one) => reasonOf(one).replace(new RegExp(`^${name}:\\d+`), "it"))).toEqual([
    late,
    late,
    late,
    late,
    idle,
    idle,
    late,
    givenUp,
    givenUp,
  ]);
  expect(outcomes.every((one) => one.outcome === "failed" && one.isRetryable)).toBe(true);
  await until("all connections' end", () => silent.open() + dripping.open() + dripsHead.open() + stalls.open() === 0);
});

test("a body that says nothing of its length is not taken for whole when the connection is reset", async () => {
  await using server = await startRaw((socket) => {
    socket.once("data", () =>
      socket.write("HTTP/1.1 200 OK\r\n\r\nabc", () => setTimeout(() => socket.resetAndDestroy(), 20)),
    );
  });
  await using client = clientFor(null);
  const outcome = await client.ask(get(`http://${name}:${server.port}/`));
  expect(outcome).toMatchObject({ outcome: "failed", isRetryable: true });
});

test("one that is never found, and one that never gets as far as TLS, are given up", async () => {
  await using silent = await startRaw((socket) => socket.resume());
  for (const resolve of [async () => ["127.0.0.1"], () => new Promise<string[]>(() => {})]) {
    await using client = clientFor(null, { connectTimeoutMs: 50, resolve });
    const outcome = await client.ask(get(`https://${name}:${silent.port}/`));
    expect(reasonOf(outcome)).toBe(`${name}:${silent.port} did not answer within 0.05 s.`);
  }
  await until("its connection's end", () => silent.open() === 0);
});

test("300 calls that hang hold nobody else up", async () => {
  await using silent = await startRaw((socket) => socket.resume());
  await using host = await startHttpHost(hello);
  await using hanging = clientFor(null, { maxConnections: 300 });
  const url = `http://${name}:${silent.port}/`;
  const asked = Array.from({ length: 300 }, () => hanging.ask({ ...get(url), timeoutMs: 60_000 }));
  await until("300 connections", () => silent.open() === 300);
  await using client = clientFor(host);
  expect(await client.ask(get(`http://${name}:${host.port}/`))).toMatchObject({ outcome: "response" });
  await hanging[Symbol.asyncDispose]();
  expect((await Promise.all(asked)).every(({ outcome }) => outcome === "failed")).toBe(true);
});

test("headers that belong to the connection, or would end their line, are refused before anything is sent", async () => {
  await using host = await startHttpHost(hello);
  await using client = clientFor(host);
  const given = [{ Host: "a" }, { "content-length": "1" }, { "Transfer-Encoding": "chunked" }, { connection: "close" }];
  for (const headers of [...given, { "accept-encoding": "gzip" }, { "a b": "c" }, { a: "b\r\nc: d" }, { "": "x" }])
    expect(await client.ask({ ...get(`http://${name}:${host.port}/`), headers: headers as never })).toMatchObject({
      outcome: "refused",
      reason: expect.stringContaining("header"),
    });
  expect(host.connections()).toBe(0);
});

test("what is under way ends with the client, and afterwards nothing is called", async () => {
  await using silent = await startRaw((socket) => socket.resume());
  const found = Promise.withResolvers<string[]>();
  const resolve = (wanted: string) => (wanted === "late.example.test" ? found.promise : Promise.resolve(["127.0.0.1"]));
  const client = clientFor(null, { resolve, keepAlive: true });
  const asked = ["early", "late"].map((one) => client.ask(get(`http://${one}.example.test:${silent.port}/`)));
  await until("its connection", () => silent.open() === 1);
  await client[Symbol.asyncDispose]();
  found.resolve(["127.0.0.1"]);
  const after = client.ask(get(`http://early.example.test:${silent.port}/`));
  for (const outcome of await Promise.all([...asked, after])) expect(outcome).toMatchObject({ outcome: "failed" });
  await until("its connection's end", () => silent.open() === 0);
  expect(silent.connections()).toBe(1);
});

function get(url: string): HttpRequest {
  return { method: "GET", url, maxBytes: 1_000_000, timeoutMs: 5_000 };
}

function clientFor(host: HttpHost | null, options: Partial<HttpClientOptions> = {}) {
  const resolve = async () => ["127.0.0.1"];
  const usual = { rules: anywhere, plainHttp: "anywhere", maxRedirects: 0, ca: host?.ca ?? null, resolve } as const;
  return createHttpClient({ ...usual, ...options });
}

function reasonOf(outcome: Asked): string {
  return outcome.outcome === "response" ? `answered ${outcome.status}` : outcome.reason;
}

function drip(socket: Socket, first: string): void {
  socket.resume().write(first);
  const timer = setInterval(() => socket.write("x"), 10);
  socket.once("close", () => clearInterval(timer));
}

async function startRaw(serve: (socket: Socket) => unknown) {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { port: number }).port,
    open: () => sockets.size,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
