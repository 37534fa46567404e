// How large a picture is, which way up, whether it moves: from its header, before anything of it is decoded.
import { cursorIn, type Source } from "./source.ts";
import type { FileType } from "./types.ts";

export type Picture = {
  width: number;
  height: number;
  /** As EXIF counts: 1 is upright, from 5 on it lies on its side. */
  orientation: number;
  isAnimated: boolean;
  mayBeTransparent: boolean;
};

const plain = { orientation: 1, isAnimated: false, mayBeTransparent: false };
const mostParts = 10_000;

/** Null when it is none, or a damaged one. */
export async function readPicture(source: Source, type: FileType): Promise<Picture | null> {
  const read = readers[type];
  const picture = read === undefined ? null : await read(source);
  return picture === null || picture.width <= 0 || picture.height <= 0 ? null : picture;
}

const readers: Partial<Record<FileType, (source: Source) => Promise<Picture | null>>> = {
  jpeg: readJpeg,
  png: readPng,
  webp: readWebp,
  gif: readGif,
  async bmp(source) {
    const head = await source.read(0, 26);
    if (head.length < 26) return null;
    return { ...plain, width: head.readInt32LE(18), height: Math.abs(head.readInt32LE(22)) };
  },
};

async function readJpeg(source: Source): Promise<Picture | null> {
  let orientation = 1;
  let at = 2;
  for (let part = 0; part < mostParts; part++) {
    const header = await source.read(at, 9);
    const kind = header[1] ?? 0;
    if (header[0] !== 0xff || header.length < 9) return null;
    // Any number of these may stand before a marker.
    if (kind === 0xff) {
      at += 1;
      continue;
    }
    if (isFrame(kind)) {
      if (await hasTooManyScans(source, at)) return null;
      return { ...plain, orientation, height: header.readUInt16BE(5), width: header.readUInt16BE(7) };
    }
    if (kind === 0xda || kind === 0xd9 || kind < 0xc0) return null;
    const length = header.readUInt16BE(2);
    if (kind === 0xe1) orientation = orientationIn(await source.read(at + 4, length - 2)) ?? orientation;
    at += 2 + length;
  }
  return null;
}

/** SOF0 to SOF15, but for the tables that have numbers between them. */
function isFrame(kind: number): boolean {
  return kind >= 0xc0 && kind <= 0xcf && kind !== 0xc4 && kind !== 0xc8 && kind !== 0xcc;
}

const startOfScan = Buffer.from([0xff, 0xda]);
const scanWindow = 64 * 1024;
/** A picture that comes into view step by step has about ten. */
const mostScans = 100;

/** Each scan goes over the whole picture: thousands of empty ones in a small file would keep a decoder busy for hours. */
async function hasTooManyScans(source: Source, from: number): Promise<boolean> {
  let scans = 0;
  // One byte of each window is looked at again, as a marker has two.
  for (let at = from; at < source.bytes - 1 && scans <= mostScans; at += scanWindow - 1) {
    const window = await source.read(at, scanWindow);
    for (let found = window.indexOf(startOfScan); found !== -1; found = window.indexOf(startOfScan, found + 2))
      scans += 1;
  }
  return scans > mostScans;
}

const orientationTag = 0x0112;

/** In the first directory of an EXIF block. */
function orientationIn(block: Buffer): number | null {
  if (block.toString("latin1", 0, 6) !== "Exif\0\0" || block.length < 14) return null;
  const tiff = block.subarray(6);
  const isLittle = tiff.toString("latin1", 0, 2) === "II";
  const short = (at: number) => (at + 2 > tiff.length ? 0 : isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const begins = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  const entries = short(begins);
  for (let entry = 0; entry < entries; entry++) {
    const at = begins + 2 + entry * 12;
    const value = short(at + 8);
    if (short(at) === orientationTag) return value >= 1 && value <= 8 ? value : null;
  }
  return null;
}

async function readPng(source: Source): Promise<Picture | null> {
  const head = await source.read(0, 29);
  if (head.length < 29 || head.toString("latin1", 12, 16) !== "IHDR") return null;
  const color = head[25] ?? 0;
  const found = { ...plain, width: head.readUInt32BE(16), height: head.readUInt32BE(20), mayBeTransparent: color >= 4 };
  let at = 8;
  for (let part = 0; part < mostParts; part++) {
    const chunk = await source.read(at, 8);
    const type = chunk.toString("latin1", 4, 8);
    if (chunk.length < 8 || type === "IDAT") break;
    if (type === "acTL") found.isAnimated = true;
    if (type === "tRNS") found.mayBeTransparent = true;
    at += 12 + chunk.readUInt32BE(0);
  }
  return found;
}

async function readWebp(source: Source): Promise<Picture | null> {
  const head = await source.read(0, 30);
  if (head.length < 30) return null;
  const form = head.toString("latin1", 12, 16);
  if (form === "VP8 ")
    return { ...plain, width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
  if (form === "VP8L") {
    const bits = head.readUInt32LE(21);
    const [width, height] = [(bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1];
    return { ...plain, width, height, mayBeTransparent: (bits & 0x10000000) !== 0 };
  }
  if (form !== "VP8X") return null;
  const kind = head[20] ?? 0;
  return {
    ...plain,
    width: head.readUIntLE(24, 3) + 1,
    height: head.readUIntLE(27, 3) + 1,
    isAnimated: (kind & 0x02) !== 0,
    mayBeTransparent: (kind & 0x10) !== 0,
  };
}

/** It moves if it has a second picture. */
async function readGif(source: Source): Promise<Picture | null> {
  const head = await source.read(0, 13);
  if (head.length < 13) return null;
  const found = { ...plain, width: head.readUInt16LE(6), height: head.readUInt16LE(8), mayBeTransparent: true };
  const cursor = cursorIn(source, 13 + paletteBytes(head[10] ?? 0));
  for (let pictures = 0, part = 0; part < mostParts; part++) {
    const [kind = 0] = await cursor.take(1);
    if (kind === 0x2c) {
      pictures += 1;
      if (pictures > 1) return { ...found, isAnimated: true };
      cursor.skip(8);
      const [packed = 0] = await cursor.take(1);
      cursor.skip(paletteBytes(packed) + 1);
    } else if (kind === 0x21) cursor.skip(1);
    else return found;
    for (let [bytes = 0] = await cursor.take(1); bytes > 0; [bytes = 0] = await cursor.take(1)) cursor.skip(bytes);
  }
  return found;
}

function paletteBytes(packed: number): number {
  return (packed & 0x80) === 0 ? 0 : 3 * 2 ** ((packed & 7) + 1);
}
