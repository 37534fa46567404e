// The caller of one address, on real sockets: as guarded as the client for all addresses, and as patient.
import { expect, test } from "bun:test";
import { readAddressRules } from "../../src/net/address-rules.ts";
import { type Caller, type CallerOptions, createCaller } from "../../src/net/caller.ts";
import { anywhere, nowhere } from "../support/addresses.ts";
import { type Reply, startHttpHost } from "../support/http-host.ts";
import { startRawHost } from "../support/raw-host.ts";
import { until } from "../support/until.ts";

const hello: Reply = (response) => response.end("hello");
const name = "hooks.example.test";
const open = (url: string, more: Partial<CallerOptions> = {}) =>
  createCaller({ url, rules: anywhere, plainHttp: "listed", resolve: async () => ["127.0.0.1"], ...more });
const post = (caller: Caller, more: Partial<Parameters<Caller["post"]>[0]> = {}) =>
  caller.post({
    headers: { "Content-Type": "application/json" },
    body: '{"a":"ä"}',
    timeoutMs: 2_000,
    maxBytes: 100,
    ...more,
  });

test("a body comes with its length in bytes, over a connection that is kept", async () => {
  await using host = await startHttpHost(hello);
  await using caller = open(`http://127.0.0.1:${host.port}/a?b=c#d`);
  for (let n = 0; n < 5; n++) {
    const answer = await post(caller);
    expect(answer).toMatchObject({ outcome: "response", status: 200, isWhole: true });
    expect("body" in answer && answer.body.toString()).toBe("hello");
  }
  expect(host.connections()).toBe(1);
  expect(host.received[0]).toMatchObject({
    ...{ method: "POST", path: "/a?b=c" },
    headers: { "content-length": "10", "accept-encoding": "identity", host: `127.0.0.1:${host.port}` },
  });
  expect(host.received[0]!.headers["transfer-encoding"]).toBeUndefined();
});

test("what its name leads to is looked at for each connection, and only that is called", async () => {
  await using host = await startHttpHost(hello, { names: [name] });
  const url = `https://${name}:${host.port}/`;
  const rules = readAddressRules([], nowhere);
  for (const answer of [
    ["127.0.0.1"],
    ["8.8.8.8", "127.0.0.1"],
    ["::ffff:127.0.0.1"],
    ["169.254.169.254"],
    ["0.0.0.0"],
  ]) {
    await using caller = open(url, { rules, resolve: async () => answer });
    expect([answer, await post(caller)]).toEqual([answer, { outcome: "refused", reason: expect.any(String) }]);
  }
  expect(host.connections()).toBe(0);
  let looks = 0;
  const resolve = async () => (++looks === 1 ? ["127.0.0.1"] : ["127.0.0.9"]);
  await using pinned = open(url, { ca: host.ca, resolve });
  for (let n = 0; n < 3; n++) expect(await post(pinned)).toMatchObject({ outcome: "response" });
  expect([looks, host.received[0]!.serverName]).toEqual([1, name]);
});

test("an address that may not be called is refused at every call, and never dialled", async () => {
  const rules = readAddressRules(["127.0.0.2"], nowhere);
  for (const url of [
    "http://8.8.8.8/",
    "https://10.0.0.1/",
    "https://user@hooks.example/",
    "file:///etc/passwd",
    "x",
  ]) {
    await using caller = open(url, { rules });
    expect([url, await post(caller)]).toEqual([url, { outcome: "refused", reason: expect.any(String) }]);
  }
  await using host = await startHttpHost(hello);
  await using plain = open(`http://public.example.test:${host.port}/`, { rules, resolve: async () => ["8.8.8.8"] });
  expect(await post(plain)).toMatchObject({ outcome: "refused", reason: expect.stringContaining("https") });
});

test("a redirect is an answer like any other", async () => {
  await using host = await startHttpHost((response) =>
    response.writeHead(302, { location: "https://10.0.0.1/" }).end(),
  );
  await using caller = open(`http://127.0.0.1:${host.port}/`);
  expect(await post(caller)).toMatchObject({ outcome: "response", status: 302 });
  expect(host.received).toHaveLength(1);
});

test("more than is wanted is not read, and less than was promised is no answer", async () => {
  await using large = await startHttpHost((response) => response.end(Buffer.alloc(100_000, 7)));
  await using one = open(`http://127.0.0.1:${large.port}/`);
  const answer = await post(one);
  expect(answer).toMatchObject({ outcome: "response", isWhole: false });
  expect("body" in answer && answer.body.length).toBe(100);
  await using cut = await startHttpHost((response) => {
    response.writeHead(200, { "content-length": "50" });
    response.write("x");
    setTimeout(() => response.destroy(), 20);
  });
  await using other = open(`http://127.0.0.1:${cut.port}/`);
  expect(await post(other)).toMatchObject({ outcome: "failed" });
});

test("it waits as long as it was told to and no longer, and hangs up when it is closed", async () => {
  await using host = await startHttpHost(() => new Promise(() => {}));
  const url = `http://127.0.0.1:${host.port}/`;
  await using caller = open(url);
  const begun = performance.now();
  expect(await post(caller, { timeoutMs: 100 })).toMatchObject({
    outcome: "failed",
    reason: expect.stringContaining("within 0.1 s"),
  });
  expect(performance.now() - begun).toBeLessThan(1_500);
  await until("its connection's end", () => host.open() === 0);
  const closed = open(url);
  const asked = post(closed);
  await until("it to be asked", () => host.received.length === 2);
  await closed[Symbol.asyncDispose]();
  expect(await asked).toMatchObject({ outcome: "failed", reason: expect.stringContaining("stopping") });
  expect(await post(closed)).toMatchObject({ outcome: "failed" });
});

test("a connection that the other side closes just as it is used again is no failure: another is opened", async () => {
  const thanks = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  await using host = await startRawHost((socket) => socket.end(thanks));
  await using caller = open(`http://127.0.0.1:${host.port}/`);
  for (let n = 0; n < 50; n++) expect(await post(caller)).toMatchObject({ outcome: "response", status: 200 });
  expect(host.received).toHaveLength(50);
  // Who answers nobody is asked no more often for that.
  let answers = 1;
  await using rude = await startRawHost((socket) => (answers-- > 0 ? socket.write(thanks) : socket.end()));
  await using other = open(`http://127.0.0.1:${rude.port}/`);
  expect(await post(other)).toMatchObject({ status: 200 });
  const reason = `127.0.0.1:${rude.port}: it closed the connection without an answer`;
  expect(await post(other)).toEqual({ outcome: "failed", isRetryable: true, reason });
  expect(await post(other)).toEqual({ outcome: "failed", isRetryable: true, reason });
  // On the connection that was kept and on a new one, and then on a new one alone.
  expect(rude.received).toHaveLength(4);
});
