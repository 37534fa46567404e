// The process's own `fetch` once the engine is loaded: WhatsApp's media hosts are asked for what a session was told of, over
// that session's way out, and for nothing else.
import { expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { type BinaryNode, proto } from "@whiskeysockets/baileys";
import { watchBlobs } from "../../src/engine/blobs.ts";
import { openWayOut } from "../../src/net/way-out.ts";
import { anywhere as rules } from "../support/addresses.ts";
import { createFolder } from "../support/folder.ts";
import { startMediaHosts } from "../support/media-hosts.ts";

const baileysHost = "https://mmg.whatsapp.net";
const refusal = /keeps media of WhatsApp's, which are not fetched like this/;
const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

type Told = { directPath?: string; fileEncSha256?: Uint8Array };

const reference = (told: Told) => proto.ExternalBlobReference.encode(told).finish();

function answerWith(...collections: BinaryNode[]): BinaryNode {
  const content = [{ tag: "sync", attrs: {}, content: collections }];
  return { tag: "iq", attrs: { type: "result", id: "1" }, content };
}

function snapshot(told: Told): BinaryNode {
  const content = [{ tag: "snapshot", attrs: {}, content: reference(told) }];
  return { tag: "collection", attrs: { name: "regular" }, content };
}

function patches(...all: Told[]): BinaryNode {
  const content = all.map((told): BinaryNode => {
    const patch = { version: { version: 7 }, externalMutations: told };
    return { tag: "patch", attrs: {}, content: proto.SyncdPatch.encode(patch).finish() };
  });
  return { tag: "collection", attrs: { name: "regular" }, content: [{ tag: "patches", attrs: {}, content }] };
}

/** One connection that watches, on hosts that do as the test says. */
async function start(serve: (request: Request) => Response) {
  const opened = new AsyncDisposableStack();
  const folder = opened.use(createFolder());
  const hosts = opened.use(startMediaHosts(serve));
  const wayOut = opened.use(openWayOut({ rules, proxy: null, ca: hosts.ca }));
  const over = new AbortController();
  opened.defer(() => over.abort());
  const names = async () => hosts.names;
  const connection = () => Promise.reject(new Error("nothing is uploaded"));
  const blobs = watchBlobs({ wayOut, folder: folder.path, signal: over.signal, hosts: { names, connection } });
  return { ...blobs, hosts, folder: folder.path, over, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test("snapshots and patches that were told of are fetched, each once, whatever host they are asked of", async () => {
  const files: Record<string, Buffer> = {
    "/v/a?x=1": randomBytes(300_000),
    "/v/b": randomBytes(10),
    "/v/c": randomBytes(1),
  };
  await using one = await start(({ url }) => new Response(files[url.replace(/^https:\/\/[^/]*/, "")]));
  const told = Object.entries(files).map(([directPath, file]) => ({ directPath, fileEncSha256: digest(file) }));
  one.see(answerWith(snapshot(told[0]!), patches(told[1]!, told[2]!)));
  for (const [path, file] of Object.entries(files)) {
    const response = await fetch(baileysHost + path);
    expect(response.ok).toBe(true);
    expect(Buffer.from(await response.arrayBuffer()).equals(file)).toBe(true);
    await expect(fetch(baileysHost + path)).rejects.toThrow(refusal);
  }
  expect(one.hosts.asked[0]?.length).toBe(3);
  expect(readdirSync(one.folder)).toEqual([]);
});

test("what nobody was told of is refused, on all of WhatsApp's hosts and on those a network has named", async () => {
  await using one = await start(() => new Response("leaked"));
  const [host = ""] = one.hosts.names;
  const named = { tag: "media_conn", attrs: {}, content: [{ tag: "host", attrs: { hostname: host } }] };
  one.see({ tag: "iq", attrs: { type: "result", id: "2" }, content: [named] });
  for (const url of [
    `${baileysHost}/v/a`,
    "http://whatsapp.net/",
    "https://PPS.whatsapp.net.:8443/x",
    `https://${host}/v/a`,
  ]) {
    await expect(fetch(url)).rejects.toThrow(refusal);
    await expect(fetch(new URL(url), { method: "POST", body: "x" })).rejects.toThrow(refusal);
    await expect(fetch(new Request(url))).rejects.toThrow(refusal);
  }
  expect(one.hosts.asked[0]).toEqual([]);
});

test("everybody else's addresses are left alone", async () => {
  await using one = await start(() => new Response("never"));
  await using server = startPlainServer();
  expect(await (await fetch(server.url)).text()).toBe("GET /");
  expect(await (await fetch(new Request(new URL("/x", server.url).href, { method: "PUT" }))).text()).toBe("PUT /x");
  await expect(fetch("https://evilwhatsapp.net.invalid/")).rejects.not.toThrow(refusal);
  await expect(fetch("no address")).rejects.not.toThrow(refusal);
  expect(one.hosts.asked[0]).toEqual([]);
});

test("with its connection all that it was told of is forgotten", async () => {
  const file = randomBytes(10);
  await using one = await start(() => new Response(file));
  await using other = await start(() => new Response(file));
  for (const each of [one, other]) each.see(answerWith(snapshot({ directPath: "/v/a", fileEncSha256: digest(file) })));
  one.over.abort();
  expect((await fetch(`${baileysHost}/v/a`)).ok).toBe(true);
  expect([one.hosts.asked[0]?.length, other.hosts.asked[0]?.length]).toEqual([0, 1]);
  await expect(fetch(`${baileysHost}/v/a`)).rejects.toThrow(refusal);
});

test("a file is handed on only when it is whole, as it should be and not too large", async () => {
  const file = randomBytes(10);
  await using one = await start(({ url }) => {
    if (url.endsWith("/gone")) return new Response(null, { status: 410 });
    return url.endsWith("/large") ? new Response(Bun.file(join(one.folder, "large"))) : new Response(file);
  });
  await Bun.write(join(one.folder, "large"), "");
  truncateSync(join(one.folder, "large"), 65 * 1024 * 1024);
  for (const [directPath, reason] of [
    ["/v/gone", "WhatsApp no longer has this file."],
    ["/v/large", "The file is larger than"],
    ["/v/other", "What is in the file is not what the message speaks of."],
  ] as const) {
    one.see(answerWith(snapshot({ directPath, fileEncSha256: digest(randomBytes(3)) })));
    await expect(fetch(baileysHost + directPath)).rejects.toThrow(reason);
  }
  one.see(answerWith(snapshot({ directPath: "/v/unchecked" })));
  await expect(fetch(`${baileysHost}/v/unchecked`)).rejects.toThrow("nothing that the file could be checked by");
  expect(readdirSync(one.folder)).toEqual(["large"]);
});

test("it keeps no more than it can, and broken answers are none", async () => {
  const file = randomBytes(10);
  await using one = await start(() => new Response(file));
  const collection = (content: BinaryNode["content"]) =>
    answerWith({ tag: "collection", attrs: {}, content } as BinaryNode);
  one.see(collection([{ tag: "snapshot", attrs: {}, content: Buffer.from("garbage") }]));
  one.see(collection([{ tag: "patch", attrs: {}, content: Buffer.of(0xff, 0xff) }]));
  one.see(collection([{ tag: "patch", attrs: {} }]));
  one.see(collection(Buffer.from("text")));
  one.see(Buffer.from("no node"));
  one.see(answerWith(snapshot({ directPath: "//elsewhere.test/v", fileEncSha256: digest(file) })));
  const told = (n: number) => ({ directPath: `/v/${n}`, fileEncSha256: digest(file) });
  one.see(answerWith(patches(...Array.from({ length: 1_001 }, (_, n) => told(n)))));
  await expect(fetch(`${baileysHost}/v/0`)).rejects.toThrow(refusal);
  expect((await fetch(`${baileysHost}/v/1`)).ok).toBe(true);
  expect((await fetch(`${baileysHost}/v/1000`)).ok).toBe(true);
});

function startPlainServer() {
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    fetch: ({ method, url }) => new Response(`${method} ${new URL(url).pathname}`),
  });
}
