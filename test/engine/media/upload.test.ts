// Uploads to hosts that refuse, break off, fall silent and lie.
import { afterAll, expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type MediaConnection, type UploadOptions, upload } from "../../../src/engine/media/upload.ts";
import { openWayOut } from "../../../src/net/way-out.ts";
import { anywhere as rules } from "../../support/addresses.ts";
import { createFolder } from "../../support/folder.ts";
import { type MediaHosts, startMediaHosts } from "../../support/media-hosts.ts";
import { until } from "../../support/until.ts";

const folder = createFolder();
afterAll(() => folder[Symbol.dispose]());
const bytes = randomBytes(200_000);
const file = join(folder.path, "file");
writeFileSync(file, bytes);
const name = createHash("sha256").update(bytes).digest("base64url");
const done = { outcome: "done", url: "https://mmg.whatsapp.net/v/a?x=1", directPath: "/v/a?x=1" } as const;
const thanks = () => Response.json({ url: done.url, direct_path: done.directPath });

test("a file arrives whole, with its length said and its name in the address", async () => {
  const seen: unknown[] = [];
  await using hosts = startMediaHosts(async (request) => {
    const body = Buffer.from(await request.arrayBuffer());
    const { headers } = request;
    seen.push(body.equals(bytes), headers.get("content-length"), headers.get("transfer-encoding"));
    seen.push(headers.get("origin"), headers.get("content-type"));
    return thanks();
  });
  expect(await uploadTo(hosts)).toEqual(done);
  expect(seen).toEqual([true, "200000", null, "https://web.whatsapp.com", "application/octet-stream"]);
  expect(hosts.asked).toEqual([[`POST /mms/document/${name}?auth=a%2Fb&token=${name}`]]);
});

test("each host has its turn until one takes the file", async () => {
  await using hosts = startMediaHosts(
    () => new Response("busy", { status: 503 }),
    () => Response.redirect("https://127.0.0.1:1/", 302),
    () => new Response("not JSON"),
    () => Response.json({ url: "https://x/", direct_path: "no path" }),
    () => new Response("x".repeat(200_000)),
    thanks,
  );
  const gone = startMediaHosts(thanks);
  await gone[Symbol.asyncDispose]();
  const names = ["not a host", ...gone.names, ...hosts.names];
  expect(await uploadTo(hosts, { connection: async () => connectionTo(names) })).toEqual(done);
  expect(hosts.asked.map((asked) => asked.length)).toEqual([1, 1, 1, 1, 1, 1]);
});

test("a token that ran out is renewed once", async () => {
  const auths = (request: Request) => new URL(request.url).searchParams.get("auth");
  await using hosts = startMediaHosts((request) =>
    auths(request) === "fresh" ? thanks() : new Response("no", { status: 401 }),
  );
  const asked: boolean[] = [];
  const connection = (auth: string) => async (isFresh: boolean) => {
    asked.push(isFresh);
    return { ...connectionTo(hosts.names), auth: isFresh ? auth : "old" };
  };
  expect(await uploadTo(hosts, { connection: connection("fresh") })).toEqual(done);
  expect(await uploadTo(hosts, { connection: connection("old") })).toMatchObject({
    outcome: "failed",
    isRetryable: true,
    reason: expect.stringContaining("token"),
  });
  expect(asked).toEqual([false, true, false, true]);
});

test("an answer that comes before the file was sent is heard, and the file let go", async () => {
  const large = join(folder.path, "large");
  writeFileSync(large, Buffer.alloc(8_000_000));
  await using hosts = startMediaHosts(() => new Response("no", { status: 403 }));
  const outcome = await uploadTo(hosts, { file: large });
  expect(outcome).toMatchObject({ outcome: "failed", isRetryable: true });
  await until("the file to be closed", () => !openFiles().includes(large));
});

test("what is wrong with the file is not tried again", async () => {
  await using hosts = startMediaHosts(() => new Response("no", { status: 415 }));
  expect(await uploadTo(hosts)).toEqual({
    outcome: "failed",
    isRetryable: false,
    reason: `${hosts.names[0]} refused the upload: it answered 415.`,
  });
  const connection = async () => ({
    auth: "a",
    hosts: [{ hostname: hosts.names[0]!, maxContentLengthBytes: 199_999 }],
  });
  expect(await uploadTo(hosts, { connection })).toMatchObject({ outcome: "failed", isRetryable: false });
  expect(hosts.asked[0]?.length).toBe(1);
  await expect(uploadTo(hosts, { file: join(folder.path, "missing") })).rejects.toMatchObject({ code: "ENOENT" });
});

test("no host, no connection and no patience left are failures to try again after", async () => {
  const silent = Promise.withResolvers<void>();
  const giveUp = new AbortController();
  await using hosts = startMediaHosts(() => silent.promise.then(thanks));
  await using unwanted = startMediaHosts(() => {
    giveUp.abort();
    return silent.promise.then(thanks);
  });
  const outcomes = await Promise.all([
    uploadTo(hosts, { connection: async () => connectionTo([]) }),
    uploadTo(hosts, { connection: () => Promise.reject(new Error("The session is not connected.")) }),
    uploadTo(hosts, { connection: () => new Promise(() => {}), idleMs: 50 }),
    uploadTo(hosts, { idleMs: 50 }),
    uploadTo(hosts, { timeoutMs: 60 }),
    uploadTo(hosts, { signal: AbortSignal.abort() }),
    uploadTo(unwanted, { signal: giveUp.signal }),
  ]);
  silent.resolve();
  const reasons = outcomes.map((one) => (one.outcome === "failed" && one.isRetryable ? one.reason : one.outcome));
  expect(reasons.map((reason) => reason.replace(/^127.0.0.1:\d+/, "it"))).toEqual([
    "WhatsApp named no media host.",
    "The session is not connected.",
    "Nothing moved for 0.05 s.",
    "it: Nothing moved for 0.05 s.",
    "it: It was not done within 0.06 s.",
    "The transfer was given up.",
    "it: The transfer was given up.",
  ]);
});

test("a host with a certificate of somebody else's gets nothing", async () => {
  await using hosts = startMediaHosts(thanks);
  await using wayOut = openWayOut({ rules, proxy: null, ca: null });
  expect(await uploadTo(hosts, { wayOut })).toMatchObject({
    outcome: "failed",
    reason: expect.stringContaining("is not to be trusted"),
  });
  expect(hosts.asked).toEqual([[]]);
});

function connectionTo(names: string[]): MediaConnection {
  return { auth: "a/b", hosts: names.map((hostname) => ({ hostname, maxContentLengthBytes: Number.NaN })) };
}

async function uploadTo(hosts: MediaHosts, options: Partial<UploadOptions> = {}) {
  await using wayOut = openWayOut({ rules, proxy: null, ca: hosts.ca });
  const encSha256 = Buffer.from(name, "base64url");
  const connection = async () => connectionTo(hosts.names);
  return await upload({ file, encSha256, kind: "document", connection, wayOut, ...options });
}

function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return [];
    }
  });
}
