// WebM, as browsers record voices: its Opus packets, whatever their wrapping. Lengths that were never filled in, as in
// everything that was recorded live, are no hindrance: elements are met one after the other, and only skipped where
// nothing in them matters.
import { type Cursor, cursorIn, maxPiece, type Source } from "./source.ts";
import { framesOf } from "./webm-block.ts";

export type OpusTrack = {
  number: number;
  /** The OpusHead that the recorder wrote, if it did. */
  head: Buffer | null;
  channels: number;
};
export type Webm = { opus: OpusTrack | null; hasVideo: boolean };

type Element = { id: number; at: number; bytes: number };

const ids = {
  segment: 0x18538067,
  tracks: 0x1654ae6b,
  entry: 0xae,
  trackNumber: 0xd7,
  trackType: 0x83,
  codec: 0x86,
  codecPrivate: 0x63a2,
  audio: 0xe1,
  channels: 0x9f,
  encodings: 0x6d80,
  cluster: 0x1f43b675,
  blockGroup: 0xa0,
  block: 0xa1,
  simpleBlock: 0xa3,
} as const;

/** What is gone into. */
const opened: readonly number[] = [ids.segment, ids.tracks, ids.entry, ids.audio, ids.cluster, ids.blockGroup];
const videoType = 1;
const mostElements = 2_000_000;
const mostTracks = 20;

type Track = OpusTrack & { type: number; codec: string; isEncoded: boolean };

/** Up to its first sound: what it has is told before. */
export async function readWebm(source: Source): Promise<Webm> {
  const cursor = cursorIn(source);
  const tracks: Track[] = [];
  for await (const element of elementsIn(cursor)) {
    if (element.id === ids.cluster || tracks.length > mostTracks) break;
    if (element.id === ids.entry) tracks.push(newTrack());
    const track = tracks.at(-1);
    if (track !== undefined) await heed(track, element, cursor);
  }
  const opus = tracks.find(({ codec, isEncoded }) => codec === "A_OPUS" && !isEncoded);
  return { opus: opus ?? null, hasVideo: tracks.some(({ type }) => type === videoType) };
}

/** Of one track, in their order. */
export async function* packetsIn(source: Source, track: number): AsyncGenerator<Buffer> {
  const cursor = cursorIn(source);
  for await (const { id, bytes } of elementsIn(cursor)) {
    if (id === ids.block || id === ids.simpleBlock) yield* framesOf(await cursor.take(bytes), track);
  }
}

function newTrack(): Track {
  return { number: 0, type: 0, codec: "", head: null, channels: 1, isEncoded: false };
}

async function heed(track: Track, { id, bytes }: Element, cursor: Cursor): Promise<void> {
  if (opened.includes(id)) return;
  if (id === ids.encodings) track.isEncoded = true;
  if (id === ids.trackNumber) track.number = numberIn(await cursor.take(bytes));
  if (id === ids.trackType) track.type = numberIn(await cursor.take(bytes));
  if (id === ids.channels) track.channels = numberIn(await cursor.take(bytes));
  if (id === ids.codec) track.codec = (await cursor.take(bytes)).toString("latin1").replace(/\0+$/, "");
  if (id === ids.codecPrivate) track.head = Buffer.from(await cursor.take(bytes));
}

/** Whoever takes an element has it at the cursor; what was not taken is skipped. */
async function* elementsIn(cursor: Cursor): AsyncGenerator<Element> {
  for (let count = 0; count < mostElements && !cursor.isAtEnd(); count++) {
    const id = await readVint(cursor, true);
    const bytes = await readVint(cursor, false);
    if (id === null || bytes === null) return;
    const at = cursor.at();
    const isOpened = opened.includes(id);
    if (
      !isOpened &&
      (bytes === Number.POSITIVE_INFINITY || ((id === ids.block || id === ids.simpleBlock) && bytes > maxPiece))
    )
      return;
    yield { id, at, bytes };
    if (!isOpened) cursor.skip(at + bytes - cursor.at());
  }
}

/** Infinite where it was left open; null at the end, or where there is none. */
async function readVint(cursor: Cursor, keepsMarker: boolean): Promise<number | null> {
  const [first] = await cursor.take(1);
  if (first === undefined || first === 0) return null;
  const more = Math.clz32(first) - 24;
  const rest = await cursor.take(more);
  if (rest.length < more) return null;
  const mask = keepsMarker ? 0xff : 0xff >> (more + 1);
  const isOpen = !keepsMarker && (first & mask) === mask && rest.every((byte) => byte === 0xff);
  return isOpen ? Number.POSITIVE_INFINITY : rest.reduce((value, byte) => value * 256 + byte, first & mask);
}

function numberIn(bytes: Buffer): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}
