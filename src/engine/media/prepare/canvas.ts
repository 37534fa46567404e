// Pixels of small pictures, for what Bun.Image cannot do: laying one on a ground, or giving it a margin.
import { crc32, deflateSync, inflateSync } from "node:zlib";

/** Red, green, blue and opacity, row by row. */
export type Pixels = { width: number; height: number; data: Buffer };

const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
const channels = 4;

/** Of a PNG as Bun.Image writes them: eight bits each, with opacity, not interlaced. */
export function readPixels(png: Buffer): Pixels {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  if (png[24] !== 8 || png[25] !== 6 || png[28] !== 0) throw new Error("a PNG of another kind than was expected");
  const stride = width * channels;
  const rows = inflateSync(Buffer.concat([...dataIn(png)]), { maxOutputLength: (stride + 1) * height });
  const data = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row++) {
    const from = row * (stride + 1);
    unfilter(data, row * stride, stride, rows.subarray(from + 1, from + 1 + stride), rows[from] ?? 0);
  }
  return { width, height, data };
}

function* dataIn(png: Buffer): Generator<Buffer> {
  for (let at = signature.length; at + 12 <= png.length; ) {
    const bytes = png.readUInt32BE(at);
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") yield png.subarray(at + 8, at + 8 + bytes);
    at += 12 + bytes;
  }
}

/** Each byte was written as the difference from what its neighbours foretell. */
function unfilter(data: Buffer, at: number, stride: number, row: Buffer, filter: number): void {
  for (let index = 0; index < stride; index++) {
    const left = index < channels ? 0 : (data[at + index - channels] ?? 0);
    const above = at === 0 ? 0 : (data[at + index - stride] ?? 0);
    const corner = at === 0 || index < channels ? 0 : (data[at + index - stride - channels] ?? 0);
    data[at + index] = (row[index] ?? 0) + foretold(filter, left, above, corner);
  }
}

function foretold(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  if (filter !== 4) return 0;
  const guess = left + above - corner;
  const [toLeft, toAbove, toCorner] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

export function writePng({ width, height, data }: Pixels): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6], 8);
  const stride = width * channels;
  const rows = Buffer.alloc((stride + 1) * height);
  for (let row = 0; row < height; row++) data.copy(rows, row * (stride + 1) + 1, row * stride, (row + 1) * stride);
  const parts: [string, Buffer][] = [
    ["IHDR", header],
    ["IDAT", deflateSync(rows, { level: 1 })],
    ["IEND", Buffer.alloc(0)],
  ];
  return Buffer.concat([signature, ...parts.flatMap(([type, content]) => chunk(type, content))]);
}

function chunk(type: string, content: Buffer): Buffer[] {
  const named = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(named));
  return [length, named, sum];
}

export function isTransparent({ data }: Pixels): boolean {
  for (let at = 3; at < data.length; at += channels) if (data[at] !== 255) return true;
  return false;
}

/** On white, as what is seen through is shown nearly everywhere. */
export function onWhite({ width, height, data }: Pixels): Pixels {
  const laid = Buffer.from(data);
  for (let at = 0; at < laid.length; at += channels) {
    const opacity = (laid[at + 3] ?? 0) / 255;
    for (let part = at; part < at + 3; part++)
      laid[part] = Math.round((laid[part] ?? 0) * opacity + 255 * (1 - opacity));
    laid[at + 3] = 255;
  }
  return { width, height, data: laid };
}

/** In the middle of a square that is empty otherwise. */
export function inSquare({ width, height, data }: Pixels, side: number): Pixels {
  const square = Buffer.alloc(side * side * channels);
  const [left, top] = [Math.floor((side - width) / 2), Math.floor((side - height) / 2)];
  for (let row = 0; row < height; row++) {
    const to = ((top + row) * side + left) * channels;
    data.copy(square, to, row * width * channels, (row + 1) * width * channels);
  }
  return { width: side, height: side, data: square };
}
