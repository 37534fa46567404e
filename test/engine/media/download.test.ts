// Downloads from hosts that have lost the file, break off, lie and never end.
import { afterAll, afterEach, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sealTo } from "../../../src/engine/media/crypto.ts";
import { type DownloadOptions, download, type MediaLocator } from "../../../src/engine/media/download.ts";
import { openWayOut } from "../../../src/net/way-out.ts";
import { anywhere as rules } from "../../support/addresses.ts";
import { createFolder } from "../../support/folder.ts";
import { startForwardProxy } from "../../support/forward-proxy.ts";
import { type MediaHosts, startMediaHosts } from "../../support/media-hosts.ts";

const source = createFolder();
const target = createFolder();
afterAll(() => {
  for (const folder of [source, target]) folder[Symbol.dispose]();
});
const to = join(target.path, "file");
const plain = randomBytes(500_000);
const sealedFile = join(source.path, "sealed");
const facts = await sealTo(sealedFile, pieces(plain), "image");
const sealed = readFileSync(sealedFile);
const locator: MediaLocator = { ...facts, kind: "image", url: null, directPath: "/v/t62/file.enc?ccb=1&oe=2" };
const answerings = (status: number) => () => new Response("no", { status });
const whole = () => new Response(sealed);
const gone = { outcome: "gone", reason: "WhatsApp no longer has this file." } as const;

/** Whatever the outcome: a file that is there is the right one, and nothing else is left. */
afterEach(async () => {
  const left = readdirSync(target.path);
  for (const name of left) await Bun.file(join(target.path, name)).delete();
  expect(left.filter((name) => name !== "file")).toEqual([]);
});

test("a file is fetched by its path from the first host that has it, and decrypted", async () => {
  await using hosts = startMediaHosts(answerings(503), answerings(404), whole, whole);
  const outcome = await downloadFrom(hosts);
  expect(outcome).toEqual({ outcome: "done", bytes: plain.length, sha256: Buffer.from(facts.fileSha256) });
  expect(readFileSync(to).equals(plain)).toBe(true);
  const asked = ["GET /v/t62/file.enc?ccb=1&oe=2"];
  expect(hosts.asked).toEqual([asked, asked, asked, []]);
});

test("a file that all hosts have lost is gone, and one that none would give is not", async () => {
  for (const status of [403, 404, 410]) {
    await using hosts = startMediaHosts(answerings(400), answerings(status));
    expect(await downloadFrom(hosts)).toEqual(gone);
    expect(hosts.asked.map((asked) => asked.length)).toEqual([1, 1]);
  }
  await using refusing = startMediaHosts(answerings(400), answerings(451));
  expect(await downloadFrom(refusing)).toMatchObject({ outcome: "failed", isRetryable: false });
  await using busy = startMediaHosts(answerings(500), answerings(429));
  expect(await downloadFrom(busy)).toMatchObject({ outcome: "failed", isRetryable: true });
  // Often, but not for ever.
  expect(busy.asked.flat().length).toBe(6);
});

test("what broke off is taken up where it was, on the same host", async () => {
  const ranges: (string | null)[] = [];
  await using hosts = startMediaHosts((request) => {
    const range = request.headers.get("range");
    ranges.push(range);
    if (range === null) return whole();
    const at = Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
    const headers = { "content-range": `bytes ${at}-${sealed.length - 1}/${sealed.length}` };
    return new Response(sealed.subarray(at), { status: 206, headers });
  }, whole);
  await using proxy = await startForwardProxy({ kind: "socks5" });
  proxy.cutAfter(200_000);
  expect(await downloadFrom(hosts, { proxy: proxy.url })).toMatchObject({ outcome: "done" });
  expect(readFileSync(to).equals(plain)).toBe(true);
  expect(ranges).toEqual([null, expect.stringMatching(/^bytes=[1-9]\d+-$/)]);
  expect(hosts.asked[1]).toEqual([]);
});

test("a host that sends everything where the rest was asked for is understood, one that sends something else is not", async () => {
  await using ignoring = startMediaHosts(whole);
  await using proxy = await startForwardProxy({ kind: "http" });
  proxy.cutAfter(200_000);
  expect(await downloadFrom(ignoring, { proxy: proxy.url })).toMatchObject({ outcome: "done" });
  expect(readFileSync(to).equals(plain)).toBe(true);

  await using elsewhere = startMediaHosts((request) => {
    if (request.headers.get("range") === null) return whole();
    return new Response(sealed.subarray(7), { status: 206, headers: { "content-range": "bytes 7-100/101" } });
  }, answerings(416));
  proxy.cutAfter(200_000);
  expect(await downloadFrom(elsewhere, { proxy: proxy.url })).toMatchObject({ outcome: "failed" });
});

test("a changed file is corrupt and is not written", async () => {
  const changed = Uint8Array.from(sealed);
  changed[1_000]! ^= 1;
  await using hosts = startMediaHosts(() => new Response(changed));
  expect(await downloadFrom(hosts)).toMatchObject({ outcome: "corrupt", fault: "encrypted_hash" });
  const unhashed = { ...locator, fileEncSha256: null };
  expect(await downloadFrom(hosts, { locator: unhashed })).toMatchObject({ outcome: "corrupt", fault: "mac" });
  await using right = startMediaHosts(whole);
  const shorter = { ...locator, fileLength: 499_999 };
  expect(await downloadFrom(right, { locator: shorter })).toMatchObject({ outcome: "corrupt", fault: "length" });
  expect(readdirSync(target.path)).toEqual([]);
});

test("a file that is too large is refused before it is asked for, before it comes, or as it comes", async () => {
  let sent = 0;
  await using hosts = startMediaHosts(
    () => new Response(endless(() => sent++)),
    () =>
      new Response(
        endless(() => sent++),
        { headers: { "content-length": "99999999" } },
      ),
  );
  const maxBytes = 1_000_000;
  const untold = { ...locator, fileLength: null };
  expect(await downloadFrom(hosts, { maxBytes: 499_999 })).toMatchObject({ outcome: "too_large" });
  expect(hosts.asked[0]).toEqual([]);
  for (const name of hosts.names)
    expect(await downloadFrom(hosts, { maxBytes, locator: untold, hosts: [name] })).toMatchObject({
      outcome: "too_large",
    });
  expect(sent).toBeLessThan(2_000);
  await using right = startMediaHosts(whole);
  expect(await downloadFrom(right, { maxBytes: 500_000, locator: untold })).toMatchObject({ outcome: "done" });
});

test("an address that is not of WhatsApp's hosts is never asked, and no redirect is followed", async () => {
  await using elsewhere = startMediaHosts(whole);
  await using hosts = startMediaHosts(() => Response.redirect(`https://${elsewhere.names[0]}/v/x`, 302));
  const plainHost = Bun.serve({ hostname: "127.0.0.1", port: 0, development: false, fetch: () => whole() });
  const urls = [
    `https://${elsewhere.names[0]}/v/x`,
    `http://127.0.0.1:${plainHost.port}/v/x`,
    `http://${hosts.names[0]}/v/x`,
    `https://user@${hosts.names[0]}/v/x`,
    "file:///etc/passwd",
    "https://evil.example/v/x",
    "https://whatsapp.net.evil.example/v/x",
    "https://mmg.whatsapp.net:8443/v/x",
    "nonsense",
  ];
  for (const url of urls) {
    expect(await downloadFrom(hosts, { locator: { ...locator, url, directPath: null } })).toEqual({
      outcome: "failed",
      isRetryable: false,
      reason: "The message does not say where its file is.",
    });
    expect(await downloadFrom(hosts, { locator: { ...locator, url } })).toMatchObject({ outcome: "failed" });
  }
  for (const directPath of [`//${elsewhere.names[0]}/v`, `@${elsewhere.names[0]}/v`, "/a b", "/a\r\nb", "v"])
    expect(await downloadFrom(hosts, { locator: { ...locator, directPath } })).toMatchObject({ isRetryable: false });
  expect(elsewhere.asked).toEqual([[]]);
  expect(hosts.asked[0]?.length).toBe(urls.length);
  await plainHost.stop(true);
});

test("the message's own address is taken first when it is of one of the hosts", async () => {
  await using hosts = startMediaHosts(whole, whole);
  const url = `https://${hosts.names[1]}/v/other?mms3=true`;
  expect(await downloadFrom(hosts, { locator: { ...locator, url } })).toMatchObject({ outcome: "done" });
  expect(await downloadFrom(hosts, { locator: { ...locator, url, directPath: null } })).toMatchObject({
    outcome: "done",
  });
  expect(hosts.asked).toEqual([[], ["GET /v/t62/file.enc?ccb=1&oe=2", "GET /v/other?mms3=true"]]);
});

test("a host that falls silent, in the middle too, and one that drips for ever are left in time", async () => {
  await using hosts = startMediaHosts(
    () => new Response(dripping(100_000)),
    () => new Response(dripping(0)),
  );
  const [stalled, dripped] = hosts.names.map((name) => [name]);
  expect(await downloadFrom(hosts, { hosts: stalled!, idleMs: 60 })).toEqual({
    outcome: "failed",
    isRetryable: true,
    reason: `${stalled}: Nothing moved for 0.06 s.`,
  });
  expect(await downloadFrom(hosts, { hosts: dripped!, timeoutMs: 150 })).toMatchObject({
    reason: `${dripped}: It was not done within 0.15 s.`,
  });
  const giveUp = new AbortController();
  const unwanted = downloadFrom(hosts, { hosts: dripped!, signal: giveUp.signal });
  setTimeout(() => giveUp.abort(), 20);
  expect(await unwanted).toMatchObject({ reason: `${dripped}: The transfer was given up.` });
});

test("an answer that was compressed without being asked for is refused", async () => {
  const bomb = Bun.gzipSync(Buffer.alloc(1_000_000));
  await using hosts = startMediaHosts(() => new Response(bomb, { headers: { "content-encoding": "gzip" } }));
  expect(await downloadFrom(hosts)).toMatchObject({ outcome: "failed", reason: expect.stringContaining("compressed") });
});

test("several files come over one connection", async () => {
  await using hosts = startMediaHosts(whole);
  await using proxy = await startForwardProxy({ kind: "http" });
  await using wayOut = openWayOut({ rules, proxy: proxy.url, ca: hosts.ca });
  for (let i = 0; i < 3; i++) expect(await downloadFrom(hosts, { wayOut })).toMatchObject({ outcome: "done" });
  expect(proxy.connections()).toBe(1);
});

test("a folder that is not there is our own failure", async () => {
  await using hosts = startMediaHosts(whole);
  await expect(downloadFrom(hosts, { to: join(target.path, "no", "file") })).rejects.toMatchObject({
    code: "internal",
  });
});

async function downloadFrom(hosts: MediaHosts, options: Partial<DownloadOptions> & { proxy?: string } = {}) {
  await using wayOut = openWayOut({ rules, proxy: options.proxy ?? null, ca: hosts.ca });
  return await download({ locator, to, wayOut, hosts: hosts.names, maxBytes: 10_000_000, ...options });
}

async function* pieces(bytes: Uint8Array) {
  yield bytes;
}

function endless(onPiece: () => void): ReadableStream {
  const piece = new Uint8Array(16_384);
  return new ReadableStream({
    pull(controller) {
      onPiece();
      controller.enqueue(piece);
    },
  });
}

/** So many bytes at once and then nothing; one byte after the other, if that is none. */
function dripping(first: number): ReadableStream {
  let drip: ReturnType<typeof setInterval> | undefined;
  return new ReadableStream({
    start(controller) {
      if (first > 0) controller.enqueue(new Uint8Array(first));
      else drip = setInterval(() => controller.enqueue(new Uint8Array(1)), 5);
    },
    cancel: () => clearInterval(drip),
  });
}
