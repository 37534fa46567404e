// Redirects on real sockets: each is looked at like the first address, and what is secret goes to nobody else.
import { expect, test } from "bun:test";
import { readAddressRules } from "../../src/net/address-rules.ts";
import { type Asked, createHttpClient, type HttpClientOptions, type HttpRequest } from "../../src/net/client.ts";
import { anywhere, nowhere } from "../support/addresses.ts";
import { type HttpHost, type Reply, startHttpHost } from "../support/http-host.ts";

const name = "media.example.test";
const other = "other.example.test";
const secret = { Authorization: "Bearer secret", "X-API-Key": "secret", Cookie: "a=secret" };
const plain = { Accept: "image/*", "Content-Type": "application/json" };

/** `/302/there` redirects to `/there`; anything else is the end. */
const redirecting: Reply = (response, { path }) => {
  const [, status, to = ""] = /^\/(\d{3})(\/.*)?$/.exec(path) ?? [];
  if (status === undefined) return response.end("the end");
  return response.writeHead(Number(status), { Location: to }).end("elsewhere");
};

test("redirects are followed as often as was said, and not once more", async () => {
  await using host = await startHttpHost(redirecting);
  await using client = clientFor({});
  const origin = `http://${name}:${host.port}`;
  const followed = await client.ask(get(`${origin}/301/302/307/end`));
  expect(followed).toMatchObject({ outcome: "response", status: 200, url: `${origin}/end` });
  const once = await client.ask(get(`${origin}/301/302/307/308/end`));
  expect(once).toEqual({
    outcome: "failed",
    isRetryable: false,
    reason: `${name}:${host.port}: it redirects once more than is followed`,
  });
  expect(host.received.map(({ path }) => path)).toEqual([
    "/301/302/307/end",
    "/302/307/end",
    "/307/end",
    "/end",
    "/301/302/307/308/end",
    "/302/307/308/end",
    "/307/308/end",
    "/308/end",
  ]);
});

test("where none is followed, and where it leads nowhere, a redirect is an answer", async () => {
  await using host = await startHttpHost(redirecting);
  await using none = clientFor({ maxRedirects: 0 });
  const origin = `http://${name}:${host.port}`;
  expect(await none.ask(get(`${origin}/302/x`))).toMatchObject({ status: 302, body: Buffer.from("elsewhere") });
  await using client = clientFor({});
  for (const status of [300, 304, 305, 306, 404])
    expect(await client.ask(get(`${origin}/${status}/x`))).toMatchObject({ outcome: "response", status });
  await using bare = await startHttpHost((response) => response.writeHead(302).end());
  expect(await client.ask(get(`http://${name}:${bare.port}/`))).toMatchObject({ outcome: "response", status: 302 });
});

test("what was sent is sent on, or asked for, as each kind of redirect wants it", async () => {
  await using host = await startHttpHost(redirecting);
  await using client = clientFor({});
  const arrived: unknown[] = [];
  for (const [method, status] of [
    ["POST", 301],
    ["POST", 302],
    ["POST", 303],
    ["PUT", 303],
    ["POST", 307],
    ["PUT", 308],
    ["PUT", 301],
    ["HEAD", 303],
  ] as const) {
    const body = method === "HEAD" ? {} : { body: "x" };
    await client.ask({ ...get(`http://${name}:${host.port}/${status}/end`), method, headers: plain, ...body });
    const { method: asked, body: got, headers } = host.received.at(-1)!;
    arrived.push([method, status, asked, got.toString(), headers["content-type"] !== undefined]);
  }
  expect(arrived).toEqual([
    ["POST", 301, "GET", "", false],
    ["POST", 302, "GET", "", false],
    ["POST", 303, "GET", "", false],
    ["PUT", 303, "GET", "", false],
    ["POST", 307, "POST", "x", true],
    ["PUT", 308, "PUT", "x", true],
    ["PUT", 301, "PUT", "x", true],
    ["HEAD", 303, "HEAD", "", true],
  ]);
});

test("headers go on to the same origin alone, and are not taken up again on the way back", async () => {
  await using host = await startHttpHost(redirecting);
  const origin = `http://${name}:${host.port}`;
  await using back = await startHttpHost((response) => response.writeHead(302, { Location: `${origin}/back` }).end());
  await using away = await startHttpHost((response, { path }) => {
    const to = path === "/name" ? `http://${other}:${host.port}/end` : `http://${name}:${back.port}/`;
    response.writeHead(302, { Location: to }).end();
  });
  await using client = clientFor({});
  const ask = (url: string) => client.ask({ ...get(url), headers: { ...secret, ...plain } });
  await ask(`${origin}/302/end`);
  await ask(`http://${name}:${away.port}/port`);
  await ask(`http://${name}:${away.port}/name`);
  const [, same, returned, otherName] = host.received;
  expect(same?.headers).toMatchObject({ authorization: "Bearer secret", "x-api-key": "secret", accept: "image/*" });
  for (const one of [...back.received, returned!, otherName!]) {
    expect(one.headers).toMatchObject({ accept: "image/*" });
    expect(one.rawHeaders.join()).not.toContain("secret");
  }
});

test("a redirect leads nowhere that an address of its own would not", async () => {
  await using canary = await startHttpHost(redirecting);
  let to = "";
  const asked = new Map<string, number>();
  await using good = await startHttpHost((response) => response.writeHead(302, { Location: to }).end());
  const resolve = async (wanted: string) => {
    asked.set(wanted, (asked.get(wanted) ?? 0) + 1);
    return ["127.0.0.1"];
  };
  // The host itself may be where it is, because its name is listed; nothing else may.
  await using client = clientFor({ rules: readAddressRules([name], nowhere), resolve });
  const start = `http://${name}:${good.port}/`;
  const { port } = canary;
  const elsewhere = [`http://127.0.0.1:${port}/`, `//127.1:${port}/`, `http://2130706433:${port}/`];
  const names = [`http://localhost:${port}/`, `https://${other}:${port}/`, `http://u:p@${name}:${port}/`];
  const schemes = ["file:///etc/passwd", "gopher://127.0.0.1/", "data:text/plain,x", "http://", `http://${name}:0/`];
  for (to of [...elsewhere, ...names, ...schemes, `http://[::1]:${port}/`, `http://[::ffff:127.0.0.1]:${port}/`]) {
    const outcome = await client.ask(get(start));
    expect([to, outcome]).toEqual([
      to,
      { outcome: "refused", reason: expect.stringMatching(/^It redirects to where it may not: ./) },
    ]);
  }
  expect(canary.connections()).toBe(0);
  expect(asked.get(other)).toBe(1);
});

test("an address over TLS may redirect to one in the clear only where that is followed", async () => {
  await using clear = await startHttpHost((response) => response.end("in the clear"));
  await using host = await startHttpHost(
    (response) => response.writeHead(302, { Location: `http://${other}:${clear.port}/` }).end(),
    { names: [name] },
  );
  const rules = readAddressRules([name, other], nowhere);
  const url = `https://${name}:${host.port}/`;
  await using client = clientFor({ rules, plainHttp: "listed" }, host);
  expect(await client.ask(get(url))).toMatchObject({ outcome: "response", body: Buffer.from("in the clear") });
  await using strict = clientFor({ rules: readAddressRules([name], nowhere), plainHttp: "listed" }, host);
  expect(reasonOf(await strict.ask(get(url)))).toContain("must begin with https://");
});

test("all redirects together have the time that one answer has", async () => {
  await using host = await startHttpHost(async (response, { path }) => {
    await Bun.sleep(30);
    response.writeHead(302, { Location: `${path}x` }).end();
  });
  await using client = clientFor({ maxRedirects: 100 });
  const outcome = await client.ask({ ...get(`http://${name}:${host.port}/`), timeoutMs: 100 });
  expect(reasonOf(outcome)).toContain("It was not done within 0.1 s.");
  expect(host.received.length).toBeLessThan(5);
});

function get(url: string): HttpRequest {
  return { method: "GET", url, maxBytes: 1_000_000, timeoutMs: 5_000 };
}

function clientFor(options: Partial<HttpClientOptions>, host?: HttpHost) {
  const resolve = async () => ["127.0.0.1"];
  const usual = { rules: anywhere, plainHttp: "anywhere", maxRedirects: 3, ca: host?.ca ?? null, resolve } as const;
  return createHttpClient({ ...usual, ...options });
}

function reasonOf(outcome: Asked): string {
  return outcome.outcome === "response" ? `answered ${outcome.status}` : outcome.reason;
}
