// Opus packets on their way from a browser's recording into OGG pages: the same packets, and pages as they should be.
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checksum, createOggWriter, packetsIn as oggPackets } from "../../../../src/engine/media/prepare/ogg.ts";
import { makeHead, readHead, samplesOf } from "../../../../src/engine/media/prepare/opus.ts";
import { openSource } from "../../../../src/engine/media/prepare/source.ts";
import { readWebm, packetsIn as webmPackets } from "../../../../src/engine/media/prepare/webm.ts";
import { framesOf } from "../../../../src/engine/media/prepare/webm-block.ts";
import { bytesOf, pathOf, startPreparing } from "./files.ts";

async function packetsOf(path: string): Promise<{ head: Buffer; tags: Buffer; sound: Buffer[]; granule: number }> {
  await using source = await openSource(path);
  const packets = await Array.fromAsync(oggPackets(source));
  const [head, tags, ...sound] = packets.map(({ bytes }) => bytes);
  return { head: head!, tags: tags!, sound, granule: packets.at(-1)!.granule };
}

async function recorded(name: string): Promise<{ head: Buffer | null; sound: Buffer[] }> {
  await using source = await openSource(pathOf(name));
  const { opus } = await readWebm(source);
  const sound = await Array.fromAsync(webmPackets(source, opus!.number), (packet) => Buffer.from(packet));
  return { head: opus!.head, sound };
}

type RawPage = { kind: number; granule: number; number: number; sum: number; bytes: Buffer };

function* pagesOf(file: Buffer): Generator<RawPage> {
  for (let at = 0; at < file.length; ) {
    const segments = file.subarray(at + 27, at + 27 + file[at + 26]!);
    const length = 27 + segments.length + segments.reduce((sum, one) => sum + one, 0);
    const bytes = Buffer.from(file.subarray(at, at + length));
    const sum = bytes.readUInt32LE(22);
    bytes.writeUInt32LE(0, 22);
    yield { kind: bytes[5]!, granule: Number(bytes.readBigInt64LE(6)), number: bytes.readUInt32LE(18), sum, bytes };
    at += length;
  }
}

test.each([
  // Recorded live by a browser, its lengths left open; and written by a tool, with everything filled in.
  ["browser.webm", 49, 0, 3],
  ["voice.webm", 201, 312, 4],
])("the packets of %s are in the voice note, one for one", async (name, count, preSkip, seconds) => {
  using files = startPreparing();
  const { path, media } = await files.prepare(name, "voice");
  const given = await recorded(name);
  const made = await packetsOf(path);
  expect(given.sound.length).toBe(count);
  expect(Buffer.concat(made.sound).equals(Buffer.concat(given.sound))).toBe(true);
  expect(made.sound.map(({ length }) => length)).toEqual(given.sound.map(({ length }) => length));
  expect(made.head).toEqual(given.head!);
  expect(readHead(made.head)?.preSkip).toBe(preSkip);
  expect(made.tags.toString("latin1", 0, 8)).toBe("OpusTags");
  expect(made.granule).toBe(made.sound.reduce((sum, packet) => sum + samplesOf(packet), 0));
  expect(media).toMatchObject({ seconds, mimeType: "audio/ogg; codecs=opus" });
});

test("pages are numbered, summed, of about a second, and the first and the last say that they are", async () => {
  using files = startPreparing();
  const { path } = await files.prepare("voice.webm", "voice");
  const pages = [...pagesOf(Buffer.from(await Bun.file(path).arrayBuffer()))];
  expect(pages.map(({ number }) => number)).toEqual(pages.map((_, index) => index));
  expect(pages.map(({ kind }) => kind)).toEqual(pages.map((_, index) => (index === 0 ? 2 : index === 6 ? 4 : 0)));
  expect(pages.map(({ granule }) => granule)).toEqual([0, 0, 48_000, 96_000, 144_000, 192_000, 192_960]);
  expect(pages.every(({ bytes, sum }) => checksum(bytes) === sum)).toBe(true);
  // The sums of a file that a tool of others wrote are the same as ours.
  const others = [...pagesOf(bytesOf("voice.ogg"))];
  expect(others.length).toBeGreaterThan(3);
  expect(others.every(({ bytes, sum }) => checksum(bytes) === sum)).toBe(true);
});

test("packets of every length come back as they were, over the ends of pages as well", async () => {
  using files = startPreparing();
  const lengths = [0, 1, 254, 255, 256, 509, 510, 511, 65_024, 65_025, 65_026, 130_050, 3];
  const packets = lengths.map((length, index) => Buffer.alloc(length, index));
  const pages: Uint8Array[] = [];
  const writer = createOggWriter(async (page) => void pages.push(page), 1_000_000);
  for (const [index, packet] of packets.entries()) await writer.packet(packet, index);
  await writer.end();
  const path = join(files.path, "pages");
  writeFileSync(path, Buffer.concat(pages));
  await using source = await openSource(path);
  const read = await Array.fromAsync(oggPackets(source), ({ bytes }) => bytes);
  expect(read.map(({ length }) => length)).toEqual(lengths);
  expect(Buffer.concat(read).equals(Buffer.concat(packets))).toBe(true);
});

test("a recording without a head of its own gets one", async () => {
  using files = startPreparing();
  const without = Buffer.from(bytesOf("browser.webm").toString("latin1").replace("OpusHead", "Opus????"), "latin1");
  const { path } = await files.prepare(without, "voice");
  expect((await packetsOf(path)).head).toEqual(makeHead(2));
});

test.each([
  // Configuration and count, as RFC 6716 has them.
  [[0x78], 960],
  [[0x08], 960],
  [[0x18], 2_880],
  [[0x60], 480],
  [[0x80], 120],
  [[0x99], 1_920],
  [[0xfb, 3], 2_880],
  [[0x1b, 2], 5_760],
  [[0x1b, 3], 0],
  [[0xfb], 0],
  [[], 0],
])("a packet that begins with %p sounds %d samples", (bytes, samples) => {
  expect(samplesOf(Uint8Array.from(bytes))).toBe(samples);
});

const block = (flags: number, body: number[]) => Buffer.from([0x81, 0, 0, flags, ...body]);

test("frames are found however they are laced", () => {
  const frames = (one: Buffer) => framesOf(one, 1).map((frame) => [...frame]);
  expect(frames(block(0x80, [1, 2, 3]))).toEqual([[1, 2, 3]]);
  expect(frames(block(0x04, [1, 1, 2, 3, 4]))).toEqual([
    [1, 2],
    [3, 4],
  ]);
  const long = Array.from({ length: 260 }, () => 7);
  expect(frames(block(0x02, [2, 255, 5, 1, ...long, 8, 9]))).toEqual([long, [8], [9]]);
  // 3, then 3 - 1, then what is left.
  expect(frames(block(0x06, [2, 0x83, 0xbe, 1, 1, 1, 2, 2, 3]))).toEqual([[1, 1, 1], [2, 2], [3]]);
});

test("blocks of another track, and broken ones, have no frames", () => {
  const broken = [
    [],
    [0],
    [0x81],
    [0x81, 0, 0],
    [0x81, 0, 0, 0],
    [0x82, 0, 0, 0, 1],
    [0x81, 0, 0, 4, 1, 1],
    [0x81, 0, 0, 2, 1, 255],
    [0x81, 0, 0, 2, 1, 200, 1],
    [0x81, 0, 0, 6, 2, 0x83, 0x80, 1, 1, 1],
  ];
  for (const bytes of broken) expect(framesOf(Buffer.from(bytes), 1)).toEqual([]);
});
