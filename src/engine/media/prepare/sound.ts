// How long a sound is, from what its format says of it. Null where it does not say.
import { readMovie } from "./movie.ts";
import { cursorIn, type Source } from "./source.ts";
import type { FileType } from "./types.ts";
import { readVoice } from "./voice.ts";

export async function secondsOf(source: Source, type: FileType): Promise<number | null> {
  const read = readers[type];
  return read === undefined ? null : read(source);
}

const readers: Partial<Record<FileType, (source: Source) => Promise<number | null>>> = {
  m4a: async (source) => (await readMovie(source))?.seconds ?? null,
  opus: async (source) => (await readVoice(source)).seconds,
  mp3: mp3Seconds,
  aac: aacSeconds,
  amr: amrSeconds,
};

/** A tag may be as large as a picture; the first frame is soon after it. */
const searchBytes = 64 * 1_024;

/** In kbit/s, of MPEG-1 and of the later ones with half the rate, for layer 3. */
const bitrates = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;
const mp3Rates = [44_100, 48_000, 32_000] as const;

type Mp3Frame = { samples: number; rate: number; bitsPerSecond: number; bytesToTag: number };

async function mp3Seconds(source: Source): Promise<number | null> {
  const tag = await source.read(0, 10);
  const isTagged = tag.toString("latin1", 0, 3) === "ID3";
  const begins = isTagged ? 10 + tag.subarray(6, 10).reduce((size, byte) => size * 128 + (byte & 0x7f), 0) : 0;
  const window = await source.read(begins, searchBytes);
  for (let at = 0; at + 4 <= window.length; at++) {
    const frame = mp3Frame(window.subarray(at));
    if (frame === null) continue;
    const frames = framesTold(window.subarray(at, at + 256), frame.bytesToTag);
    // Without its count all frames are taken to be like the first one, as they are in a constant bitrate.
    if (frames === null) return ((source.bytes - begins - at) * 8) / frame.bitsPerSecond;
    return (frames * frame.samples) / frame.rate;
  }
  return null;
}

function mp3Frame([sync = 0, kind = 0, rates = 0, mode = 0]: Buffer): Mp3Frame | null {
  const version = (kind >> 3) & 3;
  if (sync !== 0xff || (kind & 0xe0) !== 0xe0 || version === 1 || (kind & 0x06) !== 0x02) return null;
  const isFirst = version === 3;
  const kilobits = bitrates[isFirst ? 0 : 1][rates >> 4] ?? 0;
  const rate = (mp3Rates[(rates >> 2) & 3] ?? 0) / (isFirst ? 1 : version === 2 ? 2 : 4);
  if (kilobits === 0 || rate === 0) return null;
  const isMono = mode >> 6 === 3;
  const sideBytes = isFirst ? (isMono ? 17 : 32) : isMono ? 9 : 17;
  return { samples: isFirst ? 1_152 : 576, rate, bitsPerSecond: kilobits * 1_000, bytesToTag: 4 + sideBytes };
}

/** Encoders write into the first frame how many there are: two ways of doing so are in use. */
function framesTold(frame: Buffer, at: number): number | null {
  const name = frame.toString("latin1", at, at + 4);
  if ((name === "Xing" || name === "Info") && frame.length >= at + 12)
    return (frame.readUInt32BE(at + 4) & 1) === 0 ? null : frame.readUInt32BE(at + 8) || null;
  if (frame.toString("latin1", 36, 40) === "VBRI" && frame.length >= 54) return frame.readUInt32BE(50) || null;
  return null;
}

const aacRates = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
] as const;
const aacSamples = 1_024;

async function aacSeconds(source: Source): Promise<number | null> {
  const cursor = cursorIn(source);
  let seconds = 0;
  for (;;) {
    const header = await cursor.take(7);
    const [sync = 0, kind = 0, rates = 0, high = 0, middle = 0, low = 0, blocks = 0] = header;
    if (header.length < 7 || sync !== 0xff || (kind & 0xf6) !== 0xf0) break;
    const bytes = ((high & 3) << 11) | (middle << 3) | (low >> 5);
    const rate = aacRates[(rates >> 2) & 15];
    if (bytes < 7 || rate === undefined) break;
    seconds += (((blocks & 3) + 1) * aacSamples) / rate;
    cursor.skip(bytes - 7);
  }
  return seconds || null;
}

/** Bytes of a frame, by its mode; each sounds 20 ms. */
const amrBytes = [13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1] as const;
const wideAmrBytes = [18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1] as const;

async function amrSeconds(source: Source): Promise<number | null> {
  const isWide = (await source.read(0, 9)).toString("latin1") === "#!AMR-WB\n";
  const cursor = cursorIn(source, isWide ? 9 : 6);
  let frames = 0;
  while (!cursor.isAtEnd()) {
    const [first = 0] = await cursor.take(1);
    cursor.skip(((isWide ? wideAmrBytes : amrBytes)[(first >> 3) & 15] ?? 1) - 1);
    frames += 1;
  }
  return frames === 0 ? null : frames / 50;
}
