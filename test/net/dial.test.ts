// Getting somewhere through proxies of both kinds, and what hostile and broken ones do.
import { expect, test } from "bun:test";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { parseProxy } from "../../src/core/proxy.ts";
import { readAddressRules } from "../../src/net/address-rules.ts";
import { dial } from "../../src/net/dial.ts";
import { nowhere, anywhere as rules } from "../support/addresses.ts";
import { startForwardProxy } from "../support/forward-proxy.ts";
import { until } from "../support/until.ts";

const timeoutMs = 5_000;
const login = { user: "ann b", password: "p:@ss/wörd" };

test.each(["http", "socks5"] as const)("a name is looked up by the %s proxy, and bytes go both ways", async (kind) => {
  await using echo = await startServer((socket) => socket.pipe(socket));
  for (const given of [{}, { login }]) {
    await using proxy = await startForwardProxy({ kind, ...given, names: { "far.test": { port: echo.port } } });
    const socket = await dial({ rules, to: { host: "far.test", port: 443 }, proxy: parseProxy(proxy.url), timeoutMs });
    const bytes = Buffer.alloc(300_000, 7);
    socket.write(bytes);
    let got = 0;
    socket.on("data", (piece) => {
      got += piece.length;
    });
    await until("the echo", () => got === bytes.length);
    expect(proxy.asked).toEqual(["far.test:443"]);
    expect(proxy.tunnels[0]?.up.equals(bytes)).toBe(true);
    socket.destroy();
    await until("the tunnel's end", () => !proxy.tunnels[0]?.isOpen);
  }
});

test.each(["http", "socks5"] as const)("addresses are asked for as addresses at the %s proxy", async (kind) => {
  await using echo = await startServer((socket) => socket.pipe(socket));
  const names = { "2001:db8:0:0:0:0:0:1": { port: echo.port }, "2001:db8::1": { port: echo.port } };
  await using proxy = await startForwardProxy({
    kind,
    names: { ...names, "2001:0db8:0000:0000:0000:0000:0000:0001": { port: echo.port } },
  });
  for (const host of ["127.0.0.1", "2001:db8::1"])
    (await dial({ rules, to: { host, port: echo.port }, proxy: parseProxy(proxy.url), timeoutMs })).destroy();
  const long = kind === "http" ? "2001:db8::1" : "2001:0db8:0000:0000:0000:0000:0000:0001";
  expect(proxy.asked).toEqual([`127.0.0.1:${echo.port}`, `${long}:${echo.port}`]);
});

test.each(["http", "socks5"] as const)(
  "a wrong or missing login at the %s proxy is told, without the password",
  async (kind) => {
    await using proxy = await startForwardProxy({ kind, login });
    const said = [];
    for (const given of [{ user: "ann b", password: "wrong-secret" }, null]) {
      const address = { ...parseProxy(proxy.url), login: given };
      said.push(await sentenceOf(dial({ rules, to: { host: "far.test", port: 443 }, proxy: address, timeoutMs })));
    }
    expect(said[0]).toContain("does not accept the user and password");
    expect(said[1]).toMatch(/asks for a user and a password|does not take/);
    expect(said.join()).not.toContain("wrong-secret");
    expect(proxy.asked).toEqual([]);
  },
);

test.each(["http", "socks5"] as const)("where the %s proxy cannot get is told", async (kind) => {
  await using proxy = await startForwardProxy({ kind, names: { "far.test": { port: 1 } } });
  const sentence = await sentenceOf(
    dial({ rules, to: { host: "far.test", port: 443 }, proxy: parseProxy(proxy.url), timeoutMs }),
  );
  expect(sentence).toMatch(/far\.test:443: (it answered 502|the connection was refused there)\./);
});

test("who cannot be reached is named", async () => {
  const gone = await startServer(() => {});
  await gone[Symbol.asyncDispose]();
  const to = { host: "127.0.0.1", port: gone.port };
  expect(await sentenceOf(dial({ rules, to, proxy: null, timeoutMs }))).toBe(
    `127.0.0.1:${gone.port} cannot be reached (ECONNREFUSED).`,
  );
  const proxy = parseProxy(`socks5://127.0.0.1:${gone.port}`);
  expect(await sentenceOf(dial({ rules, to: { host: "far.test", port: 443 }, proxy, timeoutMs }))).toBe(
    `The proxy socks5://127.0.0.1:${gone.port} cannot be reached (ECONNREFUSED).`,
  );
});

const answers: [string, "http" | "socks5", Buffer | string, RegExp][] = [
  ["no HTTP at all", "http", "SSH-2.0-OpenSSH_9.6\r\n\r\n", /does not answer as an HTTP proxy/],
  ["a redirect", "http", "HTTP/1.1 302 Found\r\nLocation: http://evil.example\r\n\r\n", /answered 302/],
  ["endless headers", "http", `HTTP/1.1 200 OK\r\n${"X-Filler: 0123456789\r\n".repeat(2_000)}`, /more than it should/],
  ["a body that nobody asked for", "http", "HTTP/1.1 200 OK\r\n\r\n<html>", /before it was spoken to/],
  ["HTTP", "socks5", "HTTP/1.1 400 Bad Request\r\n\r\n", /does not answer as a SOCKS5 proxy/],
  ["SOCKS4", "socks5", Buffer.of(0, 0x5a, 0, 0, 0, 0, 0, 0), /does not answer as a SOCKS5 proxy/],
  ["a method that was not offered", "socks5", Buffer.of(5, 1), /asks for a user and a password/],
  ["an unknown refusal", "socks5", Buffer.of(5, 0, 5, 99, 0, 1, 0, 0, 0, 0, 0, 0), /it answered 99/],
  ["an unknown kind of address", "socks5", Buffer.of(5, 0, 5, 0, 0, 9, 0, 0, 0, 0, 0, 0), /does not answer as/],
  ["more than an answer", "socks5", Buffer.of(5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 66), /before it was spoken to/],
];

test.each(answers)("a proxy that answers with %s is refused", async (_, kind, answer, expected) => {
  await using server = await startServer((socket) => socket.once("data", () => socket.write(answer)));
  const proxy = parseProxy(`${kind}://127.0.0.1:${server.port}`);
  expect(await sentenceOf(dial({ rules, to: { host: "far.test", port: 443 }, proxy, timeoutMs }))).toMatch(expected);
  await until("its connection's end", () => server.open() === 0);
});

test("a proxy that closes, and one that falls silent, end in a sentence and leave no connection", async () => {
  await using closing = await startServer((socket) => socket.once("data", () => socket.end(Buffer.of(5))));
  await using silent = await startServer((socket) => socket.resume());
  const to = { host: "far.test", port: 443 };
  const closed = dial({ rules, to, proxy: parseProxy(`socks5://127.0.0.1:${closing.port}`), timeoutMs });
  expect(await sentenceOf(closed)).toContain("closed the connection before it was ready");
  for (const kind of ["http", "socks5"]) {
    const proxy = parseProxy(`${kind}://127.0.0.1:${silent.port}`);
    expect(await sentenceOf(dial({ rules, to, proxy, timeoutMs: 50 }))).toContain("did not answer within 0.05 s");
  }
  await until("all connections' end", () => silent.open() + closing.open() === 0);
});

test("a proxy that drips its answer gets no more time for that", async () => {
  await using server = await startServer((socket) => {
    const drip = setInterval(() => socket.write("x"), 10);
    socket.once("close", () => clearInterval(drip));
  });
  const proxy = parseProxy(`http://127.0.0.1:${server.port}`);
  const dialled = dial({ rules, to: { host: "far.test", port: 443 }, proxy, timeoutMs: 100 });
  expect(await sentenceOf(dialled)).toContain("did not answer within 0.1 s");
});

test("what cannot be a host's name never reaches a proxy", async () => {
  await using server = await startServer(() => {});
  const proxy = parseProxy(`http://127.0.0.1:${server.port}`);
  for (const host of ["", "a b", "a\r\nHost: b", "ä.example", "x".repeat(256)])
    await expect(dial({ rules, to: { host, port: 443 }, proxy, timeoutMs })).rejects.toMatchObject({ code: "invalid" });
  for (const port of [0, 65_536, Number.NaN])
    await expect(dial({ rules, to: { host: "a.test", port }, proxy, timeoutMs })).rejects.toMatchObject({
      code: "invalid",
    });
  expect(server.connections()).toBe(0);
});

test.each(["http", "socks5"] as const)(
  "a %s proxy is where the rules allow it, whatever its name leads to",
  async (kind) => {
    await using proxy = await startForwardProxy({ kind, names: { "far.test": { port: 1 } } });
    const given = { ...parseProxy(proxy.url), login: null };
    const to = { host: "far.test", port: 443 };
    const publicOnly = readAddressRules([], nowhere);
    const refusal = (host: string, found: string[], by = publicOnly) =>
      refusalOf(dial({ rules: by, to, proxy: { ...given, host }, timeoutMs, resolve: async () => found }));
    for (const host of ["127.0.0.1", "::1", "0.0.0.0", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254"])
      expect([host, await refusal(host, [])]).toEqual([host, expect.stringMatching(/only called if|never called/)]);
    for (const found of [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:7f00:1"], ["fd00:ec2::254"]])
      expect([found, await refusal("proxy.test", found)]).toEqual([
        found,
        expect.stringContaining("proxy.test leads to"),
      ]);
    const ours = readAddressRules(["0.0.0.0/0"], { ports: new Set([proxy.port]), addresses: () => [] });
    expect(await refusal("proxy.test", ["127.0.0.1"], ours)).toContain("this gateway itself");
    expect(proxy.connections()).toBe(0);
    // Where it may be reached it is, at what its name led to when it was looked at.
    let looks = 0;
    const resolve = async () => (++looks === 1 ? ["127.0.0.1"] : ["8.8.8.8"]);
    const listed = readAddressRules(["proxy.test"], nowhere);
    const asked = dial({ rules: listed, to, proxy: { ...given, host: "proxy.test" }, timeoutMs, resolve });
    expect(await sentenceOf(asked)).toMatch(/does not connect to far\.test|refuses to connect to far\.test/);
    expect([looks, proxy.asked]).toEqual([1, ["far.test:443"]]);
  },
);

test("what is asked for as an address must be allowed as well, unless the operator has chosen it", async () => {
  await using echo = await startServer((socket) => socket.pipe(socket));
  await using proxy = await startForwardProxy({ kind: "socks5" });
  const listed = readAddressRules(["proxy.test"], nowhere);
  const given = { ...parseProxy(proxy.url), host: "proxy.test" };
  for (const host of ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "::1", "::ffff:127.0.0.1", "169.254.169.254"]) {
    const options = { rules: listed, to: { host, port: echo.port }, timeoutMs, resolve: async () => ["127.0.0.1"] };
    expect(await refusalOf(dial({ ...options, proxy: given }))).toMatch(/only called if|never called/);
    expect(await refusalOf(dial({ ...options, proxy: null }))).toMatch(/only called if|never called/);
  }
  expect([proxy.connections(), echo.connections()]).toEqual([0, 0]);
  const trusted = { rules: listed, to: { host: "127.0.0.1", port: echo.port }, timeoutMs, trustsTarget: true };
  (await dial({ ...trusted, proxy: given, resolve: async () => ["127.0.0.1"] })).destroy();
  (await dial({ ...trusted, proxy: null })).destroy();
  expect(proxy.asked).toEqual([`127.0.0.1:${echo.port}`]);
});

test("a proxy whose name is never found is not waited for for ever", async () => {
  const proxy = parseProxy("socks5://proxy.test");
  const resolve = () => new Promise<string[]>(() => {});
  const dialled = dial({ rules, to: { host: "far.test", port: 443 }, proxy, timeoutMs: 50, resolve });
  expect(await sentenceOf(dialled)).toBe("The proxy socks5://proxy.test:1080 did not answer within 0.05 s.");
});

async function refusalOf(dialled: Promise<Socket>): Promise<string> {
  const error = await dialled.then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({ name: "WaygateError", code: "invalid" });
  return (error as Error).message;
}

async function sentenceOf(dialled: Promise<Socket>): Promise<string> {
  const error = await dialled.then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({ name: "WaygateError", code: "unavailable" });
  return (error as Error).message;
}

async function startServer(serve: (socket: Socket) => void) {
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
