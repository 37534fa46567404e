// Pictures and other files that are small on the wire and claim, or unpack to, more than anybody can hold.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync, gzipSync } from "node:zlib";

const files = join(import.meta.dir, "../../engine/media/prepare/files");
export const fileNamed = (name: string) => readFileSync(join(files, name));

const huge = 30_000;
/** Just below what is drawn at all: 39.7 of 40 megapixels. */
const large = 6_300;
const megabyte = 1024 * 1024;

/** 200 KB that become 200 MB. */
export const zippedZeros = () => gzipSync(Buffer.alloc(200 * megabyte), { level: 9 });

function chunk(type: string, content: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

type Png = { side: number; told?: number; more?: Buffer[] };

/** One bit for each pixel, all of them black. */
function png({ side, told = side, more = [] }: Png): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(told, 0);
  header.writeUInt32BE(told, 4);
  header[8] = 1;
  const rows = deflateSync(Buffer.alloc((Math.ceil(side / 8) + 1) * side), { level: 9 });
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    ...more,
    chunk("IDAT", rows),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const zipped = (bytes: number) => deflateSync(Buffer.alloc(bytes), { level: 9 });
const profile = () => chunk("iCCP", Buffer.concat([Buffer.from("x\0\0"), zipped(200 * megabyte)]));
const words = () => chunk("zTXt", Buffer.concat([Buffer.from("Comment\0\0"), zipped(200 * megabyte)]));

/** The photo, which says that it is larger than it is. */
function jpeg(): Buffer {
  const copy = Buffer.from(fileNamed("photo.jpg"));
  const frame = copy.findIndex((byte, at) => byte === 0xff && (copy[at + 1] === 0xc0 || copy[at + 1] === 0xc2));
  copy.writeUInt16BE(huge, frame + 5);
  copy.writeUInt16BE(huge, frame + 7);
  return copy;
}

/** The photo with thousands of scans, each of which goes over the whole of it. */
function jpegOfScans(): Buffer {
  const photo = fileNamed("photo.jpg");
  const scan = photo.lastIndexOf(Buffer.from([0xff, 0xda]));
  return Buffer.concat([
    photo.subarray(0, -2),
    ...Array.from({ length: 20_000 }, () => photo.subarray(scan, scan + 14)),
  ]);
}

function riff(chunks: Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from("WEBP"), ...chunks]);
  const head = Buffer.from("RIFF\0\0\0\0", "latin1");
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

function riffChunk(name: string, content: Uint8Array): Buffer {
  const head = Buffer.from(`${name}\0\0\0\0`, "latin1");
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

function webpHead(side: number, flags: number): Buffer {
  const head = Buffer.alloc(10);
  head[0] = flags;
  head.writeUIntLE(side - 1, 4, 3);
  head.writeUIntLE(side - 1, 7, 3);
  return riffChunk("VP8X", head);
}

/** What is in it says that it is larger than what is around it. */
function webpWithin(side: number): Buffer {
  const inner = Buffer.from([0x2f, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  inner.writeUInt32LE((16_382 | (16_382 << 14)) >>> 0, 1);
  return riff([webpHead(side, 0), riffChunk("VP8L", inner)]);
}

/** As many pictures as there is room for in a sticker that moves. */
function webpOfFrames(): Buffer {
  const moving = fileNamed("moving.webp");
  const at = moving.indexOf("ANMF");
  const bytes = 8 + moving.readUInt32LE(at + 4);
  const frame = moving.subarray(at, at + bytes + (bytes % 2));
  const many = Math.floor((490 * 1024) / frame.length);
  return riff([moving.subarray(12, at), ...Array.from({ length: many }, () => frame)]);
}

/** A screen of `told` and a picture on it of `side`; as often as it is said. */
function gif({ told, side, times = 1 }: { told: number; side: number; times?: number }): Buffer {
  const head = Buffer.from("GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff", "latin1");
  head.writeUInt16LE(told, 6);
  head.writeUInt16LE(told, 8);
  const picture = Buffer.from(",\0\0\0\0\0\0\0\0\0\x02\x02\x4c\x01\0", "latin1");
  picture.writeUInt16LE(side, 5);
  picture.writeUInt16LE(side, 7);
  return Buffer.concat([head, ...Array.from({ length: times }, () => picture), Buffer.from(";")]);
}

/** An archive whose first entry says that it has four gigabytes. */
function zip(): Buffer {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt32LE(0xfffffffe, 18);
  head.writeUInt32LE(0xfffffffe, 22);
  head.writeUInt16LE(8, 26);
  return Buffer.concat([head, Buffer.from("mimetype"), zipped(50 * megabyte)]);
}

export type Bomb = {
  name: string;
  bytes: Buffer;
  as: "image" | "sticker" | "document" | "gif" | "voice" | null;
  /** What may be answered: it is refused, or it is harmless and goes out. */
  statuses: readonly number[];
  /** It is drawn, which takes its time. */
  isSlow?: boolean;
};

const refused = [413, 422];
const either = [201, 202, 413, 422];

export function bombs(): Bomb[] {
  const page = { png: png({ side: huge }), jpeg: jpeg(), webp: riff([webpHead(huge, 0)]) };
  const drawn = png({ side: large });
  const gifs = gif({ told: 10, side: 10, times: 1_000_000 });
  return [
    { name: "a PNG of 900 megapixels", bytes: page.png, as: "image", statuses: refused },
    { name: "the same as a sticker", bytes: page.png, as: "sticker", statuses: refused },
    { name: "the same without a word", bytes: page.png, as: null, statuses: refused },
    { name: "a JPEG of 900 megapixels", bytes: page.jpeg, as: "image", statuses: refused },
    { name: "a JPEG of 20,000 scans", bytes: jpegOfScans(), as: "image", statuses: refused },
    { name: "a WebP of 900 megapixels", bytes: page.webp, as: "sticker", statuses: refused },
    { name: "a WebP that is larger inside", bytes: webpWithin(512), as: "sticker", statuses: either },
    { name: "the same as a picture", bytes: webpWithin(100), as: "image", statuses: refused },
    { name: "a WebP of thousands of pictures", bytes: webpOfFrames(), as: "sticker", statuses: either },
    { name: "the same as a picture", bytes: webpOfFrames(), as: "image", statuses: refused },
    { name: "a GIF of 900 megapixels", bytes: gif({ told: huge, side: 1 }), as: "image", statuses: refused },
    { name: "a GIF that is larger inside", bytes: gif({ told: 10, side: huge }), as: "image", statuses: either },
    {
      name: "a GIF of a million pictures",
      bytes: gifs,
      as: "gif",
      statuses: refused,
    },
    {
      name: "the same without a word",
      bytes: gifs,
      as: null,
      statuses: either,
    },
    { name: "a PNG that is larger inside", bytes: png({ side: huge, told: 100 }), as: "image", statuses: either },
    {
      name: "a PNG with a profile of 200 MB",
      bytes: png({ side: 100, more: [profile()] }),
      as: "image",
      statuses: either,
    },
    {
      name: "a PNG with a comment of 200 MB",
      bytes: png({ side: 100, more: [words()] }),
      as: "image",
      statuses: either,
    },
    {
      name: "a PNG just small enough to be drawn",
      bytes: drawn,
      as: "image",
      statuses: [201, 202],
      isSlow: true,
    },
    { name: "the same as a sticker", bytes: drawn, as: "sticker", statuses: either, isSlow: true },
    { name: "an archive of four gigabytes, as it says", bytes: zip(), as: null, statuses: either },
    { name: "zeros in gzip, as a picture", bytes: zippedZeros(), as: "image", statuses: refused },
  ];
}
