// A QR code for people: as SVG, as PNG, and in half blocks for a terminal.
import { crc32, deflateSync } from "node:zlib";
import type { Qr } from "./encode.ts";

/** The margin that readers want around a code; they put up with half of it where the colours are sure. */
const margin = 4;
const textMargin = 2;

export function svgOf(qr: Qr): string {
  const side = qr.size + 2 * margin;
  const squares: string[] = [];
  for (let y = 0; y < qr.size; y++) {
    for (let x = 0; x < qr.size; x++) if (qr.isDark(x, y)) squares.push(`M${x + margin} ${y + margin}h1v1h-1z`);
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" width="${side * 6}" height="${side * 6}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${side}v${side}H0z"/><path d="${squares.join("")}"/></svg>\n`;
}

/**
 * Half blocks, two rows of the code to a line. Light modules are drawn, as on a terminal that writes light on dark; there
 * it reads as it should.
 */
export function textOf(qr: Qr): string {
  const isLight = (x: number, y: number) => x < 0 || y < 0 || x >= qr.size || y >= qr.size || !qr.isDark(x, y);
  const lines: string[] = [];
  for (let y = -textMargin; y < qr.size + textMargin; y += 2) {
    let line = "";
    for (let x = -textMargin; x < qr.size + textMargin; x++) {
      // The size is odd: the last line's lower half lies outside, and stays dark.
      const isLowerLight = y + 1 < qr.size + textMargin && isLight(x, y + 1);
      line += isLight(x, y) ? (isLowerLight ? "█" : "▀") : isLowerLight ? "▄" : " ";
    }
    lines.push(line);
  }
  return `${lines.join("\n")}\n`;
}

const pngSignature = Buffer.from("89504e470d0a1a0a", "hex");
const greyscale = 0;

/** One bit per pixel, so many pixels to a module. */
export function pngOf(qr: Qr, scale = 8): Uint8Array<ArrayBuffer> {
  const side = (qr.size + 2 * margin) * scale;
  const rowBytes = 1 + Math.ceil(side / 8);
  const light = Buffer.alloc(rowBytes, 0xff).fill(0, 0, 1);
  const rows: Buffer[] = [];
  for (let y = -margin; y < qr.size + margin; y++) {
    const isInside = y >= 0 && y < qr.size;
    const row = isInside ? pixelRow(qr, y, { scale, light }) : light;
    for (let line = 0; line < scale; line++) rows.push(row);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([1, greyscale, 0, 0, 0], 8);
  return Buffer.concat([
    pngSignature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(rows), { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A line of pixels after its filter byte, dark ones as 0. */
function pixelRow(qr: Qr, y: number, { scale, light }: { scale: number; light: Buffer }): Buffer {
  const row = Buffer.from(light);
  for (let x = 0; x < qr.size; x++) {
    if (!qr.isDark(x, y)) continue;
    for (let pixel = (x + margin) * scale; pixel < (x + margin + 1) * scale; pixel++) {
      const place = 1 + (pixel >>> 3);
      row[place] = (row[place] ?? 0) & ~(0x80 >>> (pixel & 7));
    }
  }
  return row;
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(named, 4);
  framed.writeUInt32BE(crc32(named), named.length + 4);
  return framed;
}
