// Files by address, on real sockets: whole or not at all, and never larger than allowed.
import { afterEach, expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createHttpClient, type HttpRequest } from "../../src/net/client.ts";
import { anywhere } from "../support/addresses.ts";
import { createFolder } from "../support/folder.ts";
import { pour, startHttpHost } from "../support/http-host.ts";
import { until } from "../support/until.ts";

const folder = createFolder();
const to = join(folder.path, "file");
const file = randomBytes(300_000);
const client = createHttpClient({
  rules: anywhere,
  plainHttp: "anywhere",
  maxRedirects: 3,
  resolve: async () => ["127.0.0.1"],
});

/** Whatever the outcome: nothing half done is left. */
afterEach(async () => {
  const left = readdirSync(folder.path);
  for (const one of left) await Bun.file(join(folder.path, one)).delete();
  expect(left.filter((one) => one !== "file")).toEqual([]);
});

test("a file arrives whole, with its digest, whether or not its length is said, and over a redirect", async () => {
  await using host = await startHttpHost((response, { path }) => {
    if (path === "/moved") return response.writeHead(302, { Location: "/said" }).end();
    response.setHeader("Content-Type", "image/png");
    if (path === "/said") return response.end(file);
    response.write(file.subarray(0, 1_000));
    return response.end(file.subarray(1_000));
  });
  for (const path of ["/said", "/unsaid", "/moved"]) {
    const outcome = await client.downloadTo(to, get(host.port, path));
    const sha256 = createHash("sha256").update(file).digest();
    expect(outcome).toMatchObject({
      outcome: "done",
      bytes: file.length,
      sha256,
      headers: { "content-type": "image/png" },
    });
    expect(readFileSync(to).equals(file)).toBe(true);
    await Bun.file(to).delete();
  }
});

test("a file that is too large, as it says or as it shows, leaves nothing and is not read on", async () => {
  const piece = Buffer.alloc(65_536);
  let sent = 0;
  await using host = await startHttpHost(async (response, { path }) => {
    if (path === "/said") response.setHeader("Content-Length", 10_000_000_000);
    await pour(response, piece, () => {
      sent += piece.length;
    });
  });
  for (const path of ["/said", "/unsaid"]) {
    const outcome = await client.downloadTo(to, { ...get(host.port, path), maxBytes: 100_000 });
    expect(outcome).toEqual({
      outcome: "too_large",
      reason: "The file is larger than the 100000 bytes that are allowed.",
    });
    expect(readdirSync(folder.path)).toEqual([]);
  }
  await until("both connections' end", () => host.open() === 0);
  expect(sent).toBeLessThan(30_000_000);
  await using exact = await startHttpHost((response) => response.end(file));
  expect(await client.downloadTo(to, { ...get(exact.port), maxBytes: file.length })).toMatchObject({ outcome: "done" });
});

test("an answer that is no file is told by its status, and whether to come back", async () => {
  await using host = await startHttpHost((response, { path }) => {
    response.writeHead(Number(path.slice(1)), { "Content-Encoding": path === "/200" ? "gzip" : "identity" }).end("no");
  });
  const reasons = [];
  for (const status of [200, 206, 304, 403, 404, 408, 429, 500, 503]) {
    const outcome = await client.downloadTo(to, get(host.port, `/${status}`));
    reasons.push(
      outcome.outcome === "failed" ? [status, outcome.isRetryable, outcome.reason.replace(/^.*: /, "")] : [],
    );
  }
  expect(reasons).toEqual([
    [200, false, "it answered compressed, which was not asked for"],
    ...[206, 304, 403, 404].map((status) => [status, false, `it answered ${status}`]),
    ...[408, 429, 500, 503].map((status) => [status, true, `it answered ${status}`]),
  ]);
});

test("what breaks off, stalls or is given up leaves nothing behind", async () => {
  await using host = await startHttpHost((response, { path }) => {
    if (path !== "/unsaid") response.setHeader("Content-Length", file.length);
    response.write(file.subarray(0, 1_000), () => {
      if (path === "/cut") response.destroy();
    });
  });
  const giveUp = new AbortController();
  const asked = Promise.all([
    client.downloadTo(`${to}1`, get(host.port, "/cut")),
    client.downloadTo(`${to}2`, { ...get(host.port, "/stall"), idleMs: 50 }),
    client.downloadTo(`${to}3`, { ...get(host.port, "/unsaid"), timeoutMs: 60 }),
    client.downloadTo(`${to}4`, { ...get(host.port, "/stall"), signal: giveUp.signal }),
  ]);
  await until("parts of all", () => readdirSync(folder.path).length >= 3);
  giveUp.abort();
  const outcomes = await asked;
  expect(outcomes.map((one) => one.outcome === "failed" && one.isRetryable)).toEqual([true, true, true, true]);
  expect(readdirSync(folder.path)).toEqual([]);
});

test("a folder that is not there is our own failure", async () => {
  await using host = await startHttpHost((response) => response.end(file));
  const lost = client.downloadTo(join(folder.path, "no", "file"), get(host.port));
  await expect(lost).rejects.toMatchObject({ code: "internal" });
});

function get(port: number, path = "/"): HttpRequest {
  return { method: "GET", url: `http://files.example.test:${port}${path}`, maxBytes: 1_000_000, timeoutMs: 5_000 };
}
