// Files that are brought to be sent: streamed to the disk, whatever they are, and kept for a day.
import { expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { day } from "../../src/core/clock.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { handleOf, openReader } from "../../src/store/database.ts";
import { uploadQueries } from "../../src/store/uploads.ts";
import { adminKey, startGateway, type TestGateway } from "../support/gateway.ts";
import { until } from "../support/until.ts";

type Upload = {
  body?: Buffer | string | ReadableStream | FormData;
  headers?: Record<string, string>;
  query?: string;
  key?: string | null;
};

async function put({ url }: TestGateway, { body, headers = {}, query = "", key = adminKey }: Upload) {
  const response = await fetch(`${url}/api/v1/media${query}`, {
    method: "PUT",
    body: body ?? null,
    headers: { ...headers, ...(key === null ? {} : { "x-api-key": key }) },
  });
  return { status: response.status, json: JSON.parse(await response.text()) };
}

function filesIn({ config }: TestGateway): string[] {
  const root = join(config.dataDir, "media");
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test("a file is kept as it is, with its name, type and digest", async () => {
  await using gateway = await startGateway();
  const bytes = randomBytes(5_000_001);
  const headers = { "content-type": "video/mp4", "content-disposition": `attachment; filename="a.mp4"` };
  const { status, json } = await put(gateway, { body: bytes, headers });
  expect(status).toBe(201);
  expect(json).toEqual({
    id: expect.stringMatching(/^med_/),
    bytes: bytes.length,
    mime_type: "video/mp4",
    file_name: "a.mp4",
    sha256: createHash("sha256").update(bytes).digest("hex"),
    expires_at: new Date(gateway.clock.now() + day).toISOString(),
  });
  expect(filesIn(gateway).map((path) => readFileSync(path).equals(bytes))).toEqual([true]);
  using client = openReader(databaseFile(gateway.config.dataDir));
  const uploads = uploadQueries(handleOf(client));
  const id = gateway.gateway.services.ids.read("upload", json.id) ?? 0;
  const accountId = (await gateway.gateway.services.accounts.list({ before: null, limit: 1 })).rows[0]?.id ?? 0;
  expect(await uploads.find(accountId, id)).toMatchObject({ bytes: bytes.length, fileName: "a.mp4" });
  expect(await uploads.find(accountId + 1, id)).toBeNull();
});

test("names and types are taken for what they can be", async () => {
  await using gateway = await startGateway();
  const named = async (disposition: string, query = "") => {
    const headers = disposition === "" ? {} : { "content-disposition": disposition };
    return (await put(gateway, { body: "x", headers, query })).json.file_name;
  };
  expect(await named("")).toBeNull();
  expect(await named("attachment; filename=bare.txt")).toBe("bare.txt");
  expect(await named(`attachment; filename="a\\"b.txt"; filename*=UTF-8''B%C3%BCcher.txt`)).toBe("Bücher.txt");
  expect(await named(`attachment; filename="../../etc/passwd"`)).toBe("passwd");
  expect(await named("attachment; filename=..")).toBeNull();
  expect(await named("attachment; filename=a.txt", "?file_name=b.txt")).toBe("b.txt");
  const typed = async (type: string) =>
    (await put(gateway, { body: Buffer.from("x"), headers: { "content-type": type } })).json.mime_type;
  expect(await typed("audio/ogg; codecs=opus")).toBe("audio/ogg; codecs=opus");
  expect(await typed("nonsense")).toBe("application/octet-stream");
  expect(await typed("application/x-www-form-urlencoded")).toBe("application/octet-stream");
});

test("what is too large, empty, a form, or broken off leaves nothing behind", async () => {
  await using gateway = await startGateway({ mediaMaxMb: 1 });
  const large = Buffer.alloc(1024 ** 2 + 1);
  expect((await put(gateway, { body: large })).status).toBe(413);
  const chunked = new ReadableStream({
    start(sink) {
      sink.enqueue(large);
      sink.close();
    },
  });
  expect((await put(gateway, { body: chunked })).status).toBe(413);
  expect((await put(gateway, { body: large.subarray(1) })).status).toBe(201);
  expect((await put(gateway, {})).status).toBe(400);
  expect((await put(gateway, { body: new FormData() })).status).toBe(415);
  expect((await put(gateway, { body: "x", key: null })).status).toBe(401);
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.write(`PUT /api/v1/media HTTP/1.1\r\nHost: x\r\nX-API-Key: ${adminKey}\r\nContent-Length: 1000\r\n\r\nhalf`);
  await until("the half", () => filesIn(gateway).some((path) => path.endsWith(".part")));
  socket.destroy();
  await until("nothing but what was accepted", () => filesIn(gateway).length === 1);
});

test("the uploads of an account have an end together, whoever comes first; those of another have their own", async () => {
  await using gateway = await startGateway({ uploadsTotalMb: 1 });
  const half = Buffer.alloc(600_000);
  const both = await Promise.all([put(gateway, { body: half }), put(gateway, { body: half })]);
  expect(both.map(({ status }) => status).toSorted()).toEqual([201, 413]);
  const refused = both.find(({ status }) => status === 413)?.json;
  expect(refused).toMatchObject({
    code: "too_large",
    detail: expect.stringContaining("of the 1 MB that they may take"),
  });
  expect((await put(gateway, { body: half })).status).toBe(413);
  expect((await put(gateway, { body: Buffer.alloc(300_000) })).status).toBe(201);
  const ada = { username: "ada", password: "a long and lovely phrase" };
  await gateway.call("/api/v1/accounts", { body: ada });
  const { json: login } = await gateway.call("/api/v1/login", { body: ada, key: null });
  const headers = { authorization: `Bearer ${login.token}` };
  expect((await put(gateway, { body: half, key: null, headers })).status).toBe(201);
  expect(filesIn(gateway)).toHaveLength(3);
});
