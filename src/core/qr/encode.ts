// QR codes, made here: text in byte mode, with little or middling error correction, in the smallest version that holds it.
import { WaygateError } from "../errors.ts";
import { drawFormat, type Grid, gridFor } from "./grid.ts";
import { applyMask, masks, penaltyOf } from "./masks.ts";
import { correctionOf, generatorOf } from "./reed-solomon.ts";
import { type QrLevel, type QrVersion, versionFor } from "./versions.ts";

/** A finished code: what is dark of a square of so many modules. */
export type Qr = { readonly size: number; isDark(x: number, y: number): boolean };

const byteMode = 0b0100;
/** What fills up the rest, in turn. */
const padding = [0xec, 0x11];

export function encodeQr(text: string, level: QrLevel): Qr {
  const bytes = new TextEncoder().encode(text);
  const version = versionFor(bytes.length, level);
  if (version === null) throw new WaygateError("internal", `${bytes.length} bytes are too many for a QR code.`);
  const grid = gridFor(version);
  drawData(grid, interleave(dataOf(bytes, version), version));
  return easiest(grid, level);
}

function dataOf(text: Uint8Array, { dataBytes, lengthBits }: QrVersion): Uint8Array {
  const data = new Uint8Array(dataBytes);
  let length = 0;
  const push = (value: number, bits: number) => {
    for (let bit = bits - 1; bit >= 0; bit--, length++) {
      if (((value >>> bit) & 1) === 1) data[length >>> 3] = (data[length >>> 3] ?? 0) | (0x80 >>> (length & 7));
    }
  };
  push(byteMode, 4);
  push(text.length, lengthBits);
  for (const byte of text) push(byte, 8);
  // The terminator is four zeros, or as many as there is room for, and then zeros to the end of the byte.
  const start = Math.min(dataBytes, Math.ceil((length + 4) / 8));
  for (let place = start; place < dataBytes; place++) data[place] = padding[(place - start) % 2] ?? 0;
  return data;
}

/** In blocks with their correction, a byte of each in turn: a stain on the code hurts every block a little. */
function interleave(data: Uint8Array, { blocks, correctionBytes, totalBytes }: QrVersion): Uint8Array {
  const shortLength = Math.floor(data.length / blocks);
  const shortBlocks = blocks - (data.length % blocks);
  const generator = generatorOf(correctionBytes);
  const parts: { data: Uint8Array; correction: Uint8Array }[] = [];
  for (let block = 0, start = 0; block < blocks; block++) {
    const part = data.subarray(start, start + shortLength + (block < shortBlocks ? 0 : 1));
    start += part.length;
    parts.push({ data: part, correction: correctionOf(part, generator) });
  }
  const mixed = new Uint8Array(totalBytes);
  let length = 0;
  for (let place = 0; place <= shortLength; place++) {
    for (const part of parts) if (place < part.data.length) mixed[length++] = part.data[place] ?? 0;
  }
  for (let place = 0; place < correctionBytes; place++) {
    for (const part of parts) mixed[length++] = part.correction[place] ?? 0;
  }
  return mixed;
}

/** In columns two modules wide from the right, up and down in turn, around whatever is a pattern. */
function drawData(grid: Grid, bytes: Uint8Array): void {
  const { size } = grid;
  let bit = 0;
  for (let column = 0, right = size - 1; right >= 1; column++, right -= right === 8 ? 3 : 2) {
    for (let step = 0; step < size; step++) {
      const y = column % 2 === 0 ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (grid.isPattern(x, y)) continue;
        grid.set(x, y, (((bytes[bit >>> 3] ?? 0) >>> (7 - (bit & 7))) & 1) === 1);
        bit += 1;
      }
    }
  }
}

function easiest(grid: Grid, level: QrLevel): Qr {
  let best: { grid: Grid; penalty: number } | undefined;
  for (const mask of masks.keys()) {
    const masked = grid.copy();
    applyMask(masked, mask);
    drawFormat(masked, level, mask);
    const penalty = penaltyOf(masked);
    if (best === undefined || penalty < best.penalty) best = { grid: masked, penalty };
  }
  return best?.grid ?? grid;
}
