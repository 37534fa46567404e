// Files of messages as they are handed out: whole and in ranges, by key and by link, and fetched because somebody asks.
import { expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { hour } from "../../src/core/clock.ts";
import { adminKey } from "../support/gateway.ts";
import { countDownloads, type FileToSend, fileIs, filesOnDisk, sendFile, shownAs } from "../support/sent-media.ts";
import { type Flow, startFlow } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

type Asked = { method?: string; headers?: Record<string, string>; key?: string | null };

async function get(flow: Flow, path: string, { method = "GET", headers = {}, key = adminKey }: Asked = {}) {
  const url = path.startsWith("http") ? path : `${flow.gateway().url}${path}`;
  const response = await fetch(url, { method, headers: { ...headers, ...(key === null ? {} : { "x-api-key": key }) } });
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, bytes, json: isJson ? JSON.parse(`${bytes}`) : null };
}

async function stored(flow: Flow, file: FileToSend = {}) {
  const sent = sendFile(flow, file);
  const { id, media } = await fileIs(flow, sent, "stored");
  return { ...sent, id: id as string, url: media.url as string, media };
}

async function linkTo(flow: Flow, id: string, body: object = {}): Promise<string> {
  const { status, json } = await flow.call(`/messages/${id}/media-url`, { body });
  if (status !== 201) throw new Error(JSON.stringify(json));
  return json.url;
}

test("what a phone sent is handed out byte for byte, with its type, name and length", async () => {
  await using flow = await startFlow();
  await flow.link();
  const kinds = [
    ["image", "image/jpeg", "image/jpeg", "inline"],
    ["video", "video/mp4", "video/mp4", "inline"],
    ["audio", "audio/mpeg", "audio/mpeg", "inline"],
    ["ptt", "audio/ogg; codecs=opus", "audio/ogg", "inline"],
    ["sticker", "image/webp", "image/webp", "inline"],
    ["document", "application/pdf", "application/pdf", "attachment"],
    ["document", "text/html", "application/octet-stream", "attachment"],
    ["document", "image/svg+xml", "application/octet-stream", "attachment"],
    ["document", "application/xhtml+xml", "application/octet-stream", "attachment"],
    ["image", "text/html", "application/octet-stream", "attachment"],
    ["document", "text/plain", "text/plain; charset=utf-8", "attachment"],
    ["document", "image/jpeg\r\nX-Injected: yes", "application/octet-stream", "attachment"],
  ] as const;
  for (const [kind, mimetype, type, how] of kinds) {
    const file = await stored(flow, { kind, mimetype, bytes: randomBytes(50_000) });
    const { status, headers, bytes } = await get(flow, file.url);
    expect(status).toBe(200);
    expect(bytes.equals(file.bytes)).toBe(true);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": type,
      "content-length": "50000",
      "accept-ranges": "bytes",
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox",
    });
    expect(headers.get("content-disposition")).toStartWith(`${how}; filename="`);
    expect(headers.get("x-injected")).toBeNull();
    expect(file.media.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
  }
});

test("names with anything in them are told so that every client understands them", async () => {
  await using flow = await startFlow();
  await flow.link();
  const names = {
    "bill.pdf": `attachment; filename="bill.pdf"`,
    'a "b" 100%.pdf': `attachment; filename="a _b_ 100_.pdf"; filename*=UTF-8''a%20%22b%22%20100%25.pdf`,
    "Bücher (alt)'s.pdf": `attachment; filename="B_cher (alt)'s.pdf"; filename*=UTF-8''B%C3%BCcher%20%28alt%29%27s.pdf`,
    "../../etc/passwd": `attachment; filename=".._.._etc_passwd"`,
    "two\r\nlines": `attachment; filename="two__lines"`,
  };
  for (const [file_name, expected] of Object.entries(names)) {
    const { url } = await stored(flow, { kind: "document", mimetype: "application/pdf", file_name });
    expect((await get(flow, url)).headers.get("content-disposition")).toBe(expected);
  }
});

test("ranges, tags and HEAD are answered as HTTP has it", async () => {
  await using flow = await startFlow();
  await flow.link();
  const { url, bytes } = await stored(flow, { bytes: randomBytes(100_000) });
  const range = async (asked: string, more: Record<string, string> = {}) => {
    const answer = await get(flow, url, { headers: { Range: asked, ...more } });
    return [answer.status, answer.headers.get("content-range"), answer.bytes.length] as const;
  };
  const whole = await get(flow, url);
  const tag = whole.headers.get("etag") ?? "";
  expect(await range("bytes=0-0")).toEqual([206, "bytes 0-0/100000", 1]);
  expect(await range("bytes=99990-")).toEqual([206, "bytes 99990-99999/100000", 10]);
  expect(await range("bytes=-5")).toEqual([206, "bytes 99995-99999/100000", 5]);
  expect(await range("bytes=-200000")).toEqual([206, "bytes 0-99999/100000", 100_000]);
  expect(await range("bytes=5-999999")).toEqual([206, "bytes 5-99999/100000", 99_995]);
  expect((await range("bytes=100000-"))[0]).toBe(416);
  expect((await range("bytes=100000-"))[1]).toBe("bytes */100000");
  expect((await range("bytes=-0"))[0]).toBe(416);
  for (const odd of ["bytes=0-1,4-5", "bytes=5-2", "lines=1-2", "bytes=", "bytes=-", "bytes=a-b"])
    expect((await range(odd))[0]).toBe(200);
  expect((await range("bytes=0-9", { "If-Range": tag }))[0]).toBe(206);
  expect((await range("bytes=0-9", { "If-Range": '"another"' }))[0]).toBe(200);
  const middle = await get(flow, url, { headers: { Range: "bytes=1000-98999" } });
  expect(middle.bytes.equals(bytes.subarray(1_000, 99_000))).toBe(true);
  for (const known of [tag, `W/${tag}`, `"x", ${tag}`, "*"]) {
    const answer = await get(flow, url, { headers: { "If-None-Match": known } });
    expect([answer.status, answer.bytes.length, answer.headers.get("etag")]).toEqual([304, 0, tag]);
  }
  const head = await get(flow, url, { method: "HEAD" });
  expect([head.status, head.bytes.length, head.headers.get("content-length")]).toEqual([200, 0, "100000"]);
});

test("a file that was not fetched is fetched because somebody asks, and whoever waits gets it", async () => {
  await using flow = await startFlow({ mediaMaxMb: 1 });
  await flow.link("shop", undefined, { media_download: "off" });
  const downloads = countDownloads(flow);
  const small = sendFile(flow);
  const { media } = await until("the message", () => shownAs(flow, small));
  const first = await get(flow, media.url);
  expect([first.status, first.json.code, Number(first.headers.get("retry-after")) > 0]).toEqual([
    409,
    "conflict",
    true,
  ]);
  const waited = await get(flow, `${media.url}?wait=10`);
  expect(waited.bytes.equals(small.bytes)).toBe(true);
  const large = sendFile(flow, { bytes: randomBytes(3 * 1024 ** 2) });
  const { media: big } = await until("the message", () => shownAs(flow, large));
  const all = await Promise.all([1, 2, 3].map(() => get(flow, `${big.url}?wait=10`)));
  expect(all.map(({ bytes }) => bytes.equals(large.bytes))).toEqual([true, true, true]);
  expect(downloads()).toBe(2);
});

test("a file that comes while it is asked for is handed out, and fetched once", async () => {
  await using flow = await startFlow();
  await flow.link();
  const downloads = countDownloads(flow);
  for (let n = 1; n <= 25; n++) {
    const file = sendFile(flow, { bytes: randomBytes(n * 1_000) });
    const { media } = await until("the message", () => shownAs(flow, file));
    const { status, bytes } = await get(flow, `${media.url}?wait=10`);
    expect([status, bytes.equals(file.bytes)]).toEqual([200, true]);
  }
  expect(downloads()).toBe(25);
});

test("a file too large to be fetched by itself is had by asking, one that is gone or damaged is not", async () => {
  await using flow = await startFlow({ mediaMaxMb: 1 });
  await flow.link();
  const large = sendFile(flow, { bytes: randomBytes(2 * 1024 ** 2) });
  const { media } = await fileIs(flow, large, "failed");
  expect(media.error).toMatchObject({ code: "too_large" });
  expect((await get(flow, `${media.url}?wait=10`)).bytes.equals(large.bytes)).toBe(true);
  flow.strike("media-corrupt");
  const damaged = await fileIs(flow, sendFile(flow), "failed");
  const refused = await get(flow, `${damaged.media.url}?wait=10`);
  expect([refused.status, refused.json.detail]).toEqual([409, damaged.media.error.sentence]);
  flow.network.world.media.put = () => "/v/never-there";
  const gone = await fileIs(flow, sendFile(flow), "gone");
  expect((await get(flow, gone.media.url)).status).toBe(404);
});

test("a file that was lost from the disk is fetched again", async () => {
  await using flow = await startFlow();
  await flow.link();
  const { url, bytes } = await stored(flow);
  for (const path of filesOnDisk(flow)) rmSync(path);
  expect((await get(flow, `${url}?wait=10`)).bytes.equals(bytes)).toBe(true);
});

test("a message without a file, a deleted one and somebody else's are not found", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  const { id, url, waId } = await stored(flow);
  line.write("only a text");
  const text = await until("the text", async () => (await flow.call("/messages?type=text")).json.data[0]);
  expect((await get(flow, `/api/v1/messages/${text.id}/media`)).status).toBe(404);
  expect((await flow.call(`/messages/${text.id}/media-url`, { body: {} })).status).toBe(404);
  const { json: other } = await flow.call("/accounts", {
    body: { username: "somebody", password: "a horse runs by night too" },
  });
  const { json: login } = await flow.call("/login", {
    body: { username: "somebody", password: "a horse runs by night too" },
    key: null,
  });
  expect(other.id).toBeString();
  const foreign = { key: null, headers: { authorization: `Bearer ${login.token}` } };
  expect((await get(flow, url, foreign)).status).toBe(404);
  expect((await get(flow, url, { key: null })).status).toBe(401);
  expect((await flow.call(`/messages/${id}/media-url`, { ...foreign, body: {} })).status).toBe(404);
  flow.control.phones.send("15551000003", { to: "15550001111", revoke: waId });
  await until("the deletion", async () => (await get(flow, url)).status === 404);
});

test("a link is good for its file and its time alone", async () => {
  await using flow = await startFlow();
  await flow.link();
  const [one, other] = [await stored(flow), await stored(flow)];
  const link = await linkTo(flow, one.id, { expires_in_seconds: 600 });
  const answer = await get(flow, link, { key: null });
  expect(answer.bytes.equals(one.bytes)).toBe(true);
  expect(answer.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
  expect(answer.headers.get("content-security-policy")).toBe("sandbox");
  expect((await get(flow, link, { key: null, headers: { Range: "bytes=0-9" } })).status).toBe(206);

  const [shown = "", time = "", signature = ""] = link.split("/").at(-1)?.split(".") ?? [];
  const at = (token: string) => get(flow, `/api/v1/media/${token}`, { key: null });
  const later = (Number.parseInt(time, 36) + 1).toString(36);
  const flipped = `${signature.slice(0, -2)}${signature.at(-2) === "A" ? "B" : "A"}${signature.at(-1)}`;
  const tampered = [
    `${other.id}.${time}.${signature}`,
    `${shown}.${later}.${signature}`,
    `${shown}.${time}.${flipped}`,
    `${shown}.${time}.${signature.slice(1)}`,
    `${shown}.${time}.`,
    `${shown}.${time}`,
    shown,
    "x",
  ];
  expect(await Promise.all(tampered.map(async (token) => (await at(token)).status))).toEqual(tampered.map(() => 404));
  flow.clock.advance(601_000);
  const over = await at(`${shown}.${time}.${signature}`);
  expect([over.status, over.json.code]).toEqual([403, "forbidden"]);
  const usual = await linkTo(flow, one.id);
  flow.clock.advance(hour - 1_000);
  expect((await get(flow, usual, { key: null })).status).toBe(200);
  await flow.restart();
  expect((await at(usual.split("/").at(-1) ?? "")).status).toBe(200);
});

test("links name the public address", async () => {
  await using flow = await startFlow({ publicUrl: "https://home.example/wa/" });
  await flow.link();
  const { id } = await stored(flow);
  expect(await linkTo(flow, id)).toStartWith("https://home.example/wa/api/v1/media/msg_");
});

test("the files of a session go with it, and those of its account with that; nobody else's do", async () => {
  await using flow = await startFlow();
  const line = await flow.link();
  flow.control.phones.add({ number: "15550002222" });
  await flow.link("office", "15550002222");
  const { url } = await stored(flow);
  const other = sendFile(flow, { to: "15550002222" });
  const { media } = await fileIs(flow, other, "stored");
  expect((await line.call("", { method: "DELETE" })).status).toBe(204);
  await until("one file to be left", () => filesOnDisk(flow).length === 1, 10_000);
  expect((await get(flow, url)).status).toBe(404);
  expect((await get(flow, media.url)).bytes.equals(other.bytes)).toBe(true);
});
