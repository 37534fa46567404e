// Media as encrypted files: what we seal Baileys opens and the other way round, and nothing that is wrong gets a name.
import { afterAll, expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { downloadEncryptedContent, encryptedStream, getMediaKeys, type MediaType } from "@whiskeysockets/baileys";
import { encryptedLength, type MediaFacts, mediaKeys, openTo, sealTo } from "../../../src/engine/media/crypto.ts";
import { isMediaKind, mediaKinds } from "../../../src/engine/media/kinds.ts";
import { createFolder } from "../../support/folder.ts";

const folder = createFolder();
afterAll(() => folder[Symbol.dispose]());
const sizes = [0, 1, 9, 10, 11, 15, 16, 17, 4_095, 4_096, 65_536, 300_001];
const logger = { level: "silent", child: () => logger, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

test.each(mediaKinds.map((kind) => [kind]))(
  "what Baileys encrypts as %s is decrypted here, and the other way round",
  async (kind) => {
    const media = kind as MediaType;
    expect(await getMediaKeys(Buffer.alloc(32, 5), media)).toEqual(mediaKeys(Buffer.alloc(32, 5), kind));
    const plain = randomBytes(70_001);
    const theirs = await encryptedStream(plain, media, { logger });
    using _ = { [Symbol.dispose]: () => rmSync(theirs.encFilePath) };
    const opened = await openTo(join(folder.path, `${kind}-in`), createReadStream(theirs.encFilePath), {
      kind,
      ...theirs,
    });
    expect(opened).toMatchObject({ outcome: "done", bytes: plain.length });
    expect(readFileSync(join(folder.path, `${kind}-in`)).equals(plain)).toBe(true);

    const file = join(folder.path, `${kind}-out`);
    const ours = await sealTo(file, pieces(plain, 1_000), kind);
    await using host = serveFile(file);
    const stream = await downloadEncryptedContent(host.url, await getMediaKeys(ours.mediaKey, media));
    expect(Buffer.concat(await Array.fromAsync(stream)).equals(plain)).toBe(true);
    expect(ours).toMatchObject({
      fileLength: plain.length,
      fileSha256: sha256(plain),
      fileEncSha256: sha256(readFileSync(file)),
    });
  },
);

test("every length comes back as it was, in pieces of any size", async () => {
  for (const size of sizes) {
    const plain = randomBytes(size);
    const source = join(folder.path, "plain");
    writeFileSync(source, plain);
    const sealed = join(folder.path, "sealed");
    const facts: MediaFacts = { kind: "document", ...(await sealTo(sealed, source, "document")) };
    expect(statSync(sealed).size).toBe(encryptedLength(size));
    for (const step of [1, 7, 16, 1_000_000]) {
      if (size / step > 5_000) continue;
      const to = join(folder.path, "opened");
      expect(await openTo(to, pieces(readFileSync(sealed), step), facts)).toMatchObject({
        outcome: "done",
        bytes: size,
      });
      expect(readFileSync(to).equals(plain)).toBe(true);
    }
  }
});

test("a file that is not what its message says gets no name and leaves nothing", async () => {
  using own = createFolder();
  const sealed = join(folder.path, "right");
  const plain = randomBytes(5_000);
  const right: MediaFacts = { kind: "image", ...(await sealTo(sealed, pieces(plain, 999), "image")) };
  const bytes = readFileSync(sealed);
  const flipped = (at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
  const unhashed = { fileEncSha256: null, fileSha256: null, fileLength: null };
  const other = randomBytes(32);
  const wrong: [string, Uint8Array, Partial<MediaFacts>][] = [
    ["encrypted_hash", flipped(100), {}],
    ["encrypted_hash", bytes.subarray(0, -1), {}],
    ["encrypted_hash", bytes, { fileEncSha256: other }],
    ["encrypted_hash", bytes, { fileEncSha256: other.subarray(0, 31) }],
    ["mac", flipped(100), unhashed],
    ["mac", flipped(bytes.length - 1), unhashed],
    ["mac", bytes.subarray(0, -16), unhashed],
    ["mac", Buffer.alloc(0), unhashed],
    ["mac", Buffer.alloc(5), unhashed],
    ["mac", bytes, { mediaKey: other }],
    ["mac", bytes, { kind: "video" }],
    ["content_hash", bytes, { fileSha256: other }],
    ["length", bytes, { fileLength: 4_999 }],
    ["unchecked", bytes, { mediaKey: null, fileSha256: null }],
    ["unchecked", bytes, { mediaKey: new Uint8Array(), fileSha256: new Uint8Array() }],
  ];
  const faults = [];
  for (const [, file, facts] of wrong) {
    const opened = await openTo(join(own.path, "file"), pieces(file, 333), { ...right, ...facts });
    faults.push(opened.outcome === "corrupt" ? opened.fault : opened.outcome);
  }
  expect(faults).toEqual(wrong.map(([fault]) => fault));
  expect(readdirSync(own.path)).toEqual([]);
  expect(await openTo(join(own.path, "file"), pieces(bytes, 333), { ...right, ...unhashed })).toMatchObject({
    outcome: "done",
  });
});

test("a file with a right MAC and a wrong padding is corrupt", async () => {
  const { createCipheriv, createHmac } = await import("node:crypto");
  const mediaKey = randomBytes(32);
  const { iv, cipherKey, macKey } = mediaKeys(mediaKey, "audio");
  const body = createCipheriv("aes-256-cbc", cipherKey, iv).setAutoPadding(false).update(Buffer.alloc(32));
  const mac = createHmac("sha256", macKey).update(iv).update(body).digest().subarray(0, 10);
  const facts: MediaFacts = { kind: "audio", mediaKey, fileEncSha256: null, fileSha256: null, fileLength: null };
  const opened = await openTo(join(folder.path, "padding"), pieces(Buffer.concat([body, mac]), 20), facts);
  expect(opened).toMatchObject({ outcome: "corrupt", fault: "padding" });
});

test("what is not encrypted is checked by its hash", async () => {
  const plain = randomBytes(1_000);
  const facts: MediaFacts = {
    kind: "image",
    mediaKey: null,
    fileEncSha256: null,
    fileSha256: sha256(plain),
    fileLength: 1_000,
  };
  const to = join(folder.path, "channel");
  expect(await openTo(to, pieces(randomBytes(1_000), 100), facts)).toMatchObject({ fault: "content_hash" });
  expect(existsSync(to)).toBe(false);
  expect(await openTo(to, pieces(plain, 100), facts)).toMatchObject({ outcome: "done" });
  expect(readFileSync(to).equals(plain)).toBe(true);
});

test("a source that breaks off leaves nothing, and a file that was there stays", async () => {
  using own = createFolder();
  const to = join(own.path, "file");
  writeFileSync(to, "the old one");
  async function* breaking() {
    yield Buffer.alloc(100_000);
    throw new Error("broken off");
  }
  const facts: MediaFacts = {
    kind: "image",
    mediaKey: randomBytes(32),
    fileEncSha256: null,
    fileSha256: null,
    fileLength: null,
  };
  await expect(openTo(to, breaking(), facts)).rejects.toThrow("broken off");
  await expect(sealTo(to, breaking(), "image")).rejects.toThrow("broken off");
  expect(readdirSync(own.path)).toEqual(["file"]);
  expect(readFileSync(to, "utf8")).toBe("the old one");
  await expect(sealTo(join(own.path, "no", "folder"), pieces(Buffer.alloc(1), 1), "image")).rejects.toMatchObject({
    code: "internal",
  });
});

test("a file that appears is whole, and its owner's alone", async () => {
  const to = join(folder.path, "own");
  await sealTo(to, pieces(Buffer.alloc(10), 10), "image");
  expect(statSync(to).mode & 0o777).toBe(0o600);
});

test("only the kinds that are known are kinds", () => {
  expect(["image", "ptt", "toString", "__proto__", ""].map(isMediaKind)).toEqual([true, true, false, false, false]);
});

async function* pieces(bytes: Uint8Array, step: number) {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

function serveFile(file: string) {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    fetch: () => new Response(Bun.file(file)),
  });
  return { url: `http://127.0.0.1:${server.port}/`, [Symbol.asyncDispose]: () => server.stop(true) };
}
