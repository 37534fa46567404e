// OGG: the packets in its pages, read and written (RFC 3533).
import { randomBytes } from "node:crypto";
import { cursorIn, type Source } from "./source.ts";

type Page = { isContinued: boolean; granule: number; serial: number; segments: Buffer; body: Buffer };
export type OggPacket = { bytes: Buffer; granule: number };

const headerBytes = 27;
const flags = { continued: 1, first: 2, last: 4 } as const;
const mostSegments = 255;
const none = -1;
/** No packet of Opus comes near it. */
const mostPacketBytes = 256 * 1024;

/** Of the first stream in it, in order; it ends where no whole page follows. */
export async function* packetsIn(source: Source): AsyncGenerator<OggPacket> {
  let serial: number | null = null;
  let begun: Buffer[] = [];
  let bytes = 0;
  for await (const page of pagesIn(source)) {
    serial ??= page.serial;
    if (page.serial !== serial) continue;
    if (!page.isContinued) begun = [];
    let at = 0;
    for (const segment of page.segments) {
      bytes = begun.length === 0 ? segment : bytes + segment;
      if (bytes > mostPacketBytes) return;
      begun.push(Buffer.from(page.body.subarray(at, at + segment)));
      at += segment;
      if (segment === mostSegments) continue;
      yield { bytes: Buffer.concat(begun), granule: page.granule };
      begun = [];
    }
  }
}

async function* pagesIn(source: Source): AsyncGenerator<Page> {
  const cursor = cursorIn(source);
  for (;;) {
    const header = await cursor.take(headerBytes);
    if (header.length < headerBytes || header.toString("latin1", 0, 4) !== "OggS") return;
    const kind = header[5] ?? 0;
    const [granule, serial] = [Number(header.readBigInt64LE(6)), header.readUInt32LE(14)];
    const segments = Buffer.from(await cursor.take(header[26] ?? 0));
    const length = segments.reduce((sum, segment) => sum + segment, 0);
    const body = await cursor.take(length);
    if (body.length < length) return;
    yield { isContinued: (kind & flags.continued) !== 0, granule, serial, segments, body };
  }
}

export type OggWriter = {
  /** `granule` is what has sounded when it is over. */
  packet(bytes: Uint8Array, granule: number): Promise<void>;
  /** What comes next begins a page. */
  breakPage(): Promise<void>;
  end(): Promise<void>;
};

export function createOggWriter(write: (page: Uint8Array) => Promise<void>, samplesPerPage: number): OggWriter {
  const serial = randomBytes(4);
  let number = 0;
  let segments: number[] = [];
  let parts: Uint8Array[] = [];
  let granule = none;
  let pageBegan = 0;
  let isContinued = false;

  async function flush(isLast: boolean, continues = false): Promise<void> {
    const header = Buffer.alloc(headerBytes + segments.length);
    header.write("OggS", "latin1");
    header[5] = (isContinued ? flags.continued : 0) | (number === 0 ? flags.first : 0) | (isLast ? flags.last : 0);
    header.writeBigInt64LE(BigInt(granule), 6);
    serial.copy(header, 14);
    header.writeUInt32LE(number, 18);
    header[26] = segments.length;
    header.set(segments, headerBytes);
    const page = Buffer.concat([header, ...parts]);
    page.writeUInt32LE(checksum(page), 22);
    await write(page);
    number += 1;
    isContinued = continues;
    pageBegan = granule === none ? pageBegan : granule;
    [segments, parts, granule] = [[], [], none];
  }

  async function packet(bytes: Uint8Array, until: number): Promise<void> {
    if (granule !== none && until - pageBegan > samplesPerPage) await flush(false);
    for (let at = 0; at <= bytes.length; at += mostSegments) {
      // A packet that does not end on this page goes on on the next one.
      if (segments.length === mostSegments) await flush(false, at > 0);
      const part = bytes.subarray(at, at + mostSegments);
      segments.push(part.length);
      parts.push(Uint8Array.from(part));
    }
    granule = until;
  }

  return {
    packet,
    breakPage: () => flush(false),
    end: () => flush(true),
  };
}

const polynomial = 0x04c11db7;
const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let rest = index << 24;
  for (let bit = 0; bit < 8; bit++) rest = rest & 0x80000000 ? (rest << 1) ^ polynomial : rest << 1;
  return rest;
});

/** OGG's own: not reflected, and without the final turn of the usual one. */
export function checksum(page: Uint8Array): number {
  let rest = 0;
  for (const byte of page) rest = (rest << 8) ^ (table[(rest >>> 24) ^ byte] ?? 0);
  return rest >>> 0;
}
