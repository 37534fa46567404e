// MP4, QuickTime and 3GP: how long and how large, from their boxes. What was never written, or makes no sense, is null.
import type { Source } from "./source.ts";

export type Movie = {
  seconds: number | null;
  width: number | null;
  height: number | null;
  hasVideo: boolean;
  hasSound: boolean;
};

type Box = { type: string; at: number; end: number };
type Track = { handler: string; width: number; height: number };

const containers = new Set(["moov", "trak", "mdia", "mvex"]);
const mostBoxes = 2_000;
const mostTracks = 20;

/** Null when there is no such box as tells of the whole: no movie, or a damaged one. */
export async function readMovie(source: Source): Promise<Movie | null> {
  const tracks: Track[] = [];
  let isThere = false;
  let seconds: number | null = null;
  let timescale = 0;
  for await (const box of boxesIn(source)) {
    if (box.type === "moov") isThere = true;
    if (box.type === "trak" && tracks.push({ handler: "", width: 0, height: 0 }) > mostTracks) return null;
    const track = tracks.at(-1);
    if (box.type === "mvhd") ({ seconds, timescale } = await duration(source, box));
    // Of a movie in fragments, as streams are: only here is its length told, if anywhere.
    if (box.type === "mehd") seconds ??= await fragmentSeconds(source, box, timescale);
    if (box.type === "tkhd" && track !== undefined) Object.assign(track, await shown(source, box));
    if (box.type === "hdlr" && track !== undefined) track.handler ||= await handler(source, box);
  }
  if (!isThere) return null;
  const picture = tracks.find((track) => track.handler === "vide");
  return {
    seconds,
    width: picture?.width || null,
    height: picture?.height || null,
    hasVideo: picture !== undefined,
    hasSound: tracks.some((track) => track.handler === "soun"),
  };
}

/** In order, into those that hold others; everything else is stepped over. */
async function* boxesIn(source: Source): AsyncGenerator<Box> {
  let at = 0;
  for (let count = 0; count < mostBoxes && at + 8 <= source.bytes; count++) {
    const header = await source.read(at, 16);
    if (header.length < 8) return;
    const told = header.readUInt32BE(0);
    const isLong = told === 1 && header.length === 16;
    const length = isLong ? Number(header.readBigUInt64BE(8)) : told === 0 ? source.bytes - at : told;
    const headerBytes = isLong ? 16 : 8;
    if (length < headerBytes) return;
    const box = { type: header.toString("latin1", 4, 8), at: at + headerBytes, end: at + length };
    yield box;
    at = containers.has(box.type) ? box.at : box.end;
  }
}

async function duration(source: Source, box: Box): Promise<{ seconds: number | null; timescale: number }> {
  const content = await contentOf(source, box, 32);
  const isLong = content[0] === 1;
  if (content.length < (isLong ? 32 : 20)) return { seconds: null, timescale: 0 };
  const timescale = content.readUInt32BE(isLong ? 20 : 12);
  const ticks = isLong ? Number(content.readBigUInt64BE(24)) : content.readUInt32BE(16);
  const isUnknown = ticks === 0 || ticks === 0xffffffff || ticks > Number.MAX_SAFE_INTEGER;
  return { timescale, seconds: isUnknown ? null : secondsOf(ticks, timescale) };
}

async function fragmentSeconds(source: Source, box: Box, timescale: number): Promise<number | null> {
  const content = await contentOf(source, box, 12);
  if (content.length < 8) return null;
  const isLong = content[0] === 1 && content.length === 12;
  return secondsOf(isLong ? Number(content.readBigUInt64BE(4)) : content.readUInt32BE(4), timescale);
}

function secondsOf(ticks: number, timescale: number): number | null {
  return timescale === 0 || ticks === 0 ? null : ticks / timescale;
}

/** As it is shown: phones film upright, and write down that it is to be turned. */
async function shown(source: Source, box: Box): Promise<{ width: number; height: number }> {
  const content = await contentOf(source, box, 96);
  const matrixAt = content[0] === 1 ? 52 : 40;
  if (content.length < matrixAt + 44) return { width: 0, height: 0 };
  const [a, b] = [content.readInt32BE(matrixAt), content.readInt32BE(matrixAt + 4)];
  const width = content.readUInt16BE(matrixAt + 36);
  const height = content.readUInt16BE(matrixAt + 40);
  return a === 0 && b !== 0 ? { width: height, height: width } : { width, height };
}

async function handler(source: Source, box: Box): Promise<string> {
  return (await contentOf(source, box, 12)).toString("latin1", 8, 12);
}

function contentOf(source: Source, { at, end }: Box, most: number): Promise<Buffer> {
  return source.read(at, Math.min(most, end - at));
}
