// Reading a QR code back, from the standard's tables and not from our own: format, mask, blocks, correction, text.

export type ReadQr = { text: string; level: "L" | "M"; mask: number; version: number };
type Code = { size: number; isDark(x: number, y: number): boolean };

/** ISO/IEC 18004, table C.1: the fifteen bits of the format by level and mask, highest first. */
const formats: Record<"L" | "M", readonly string[]> = {
  L: [
    "111011111000100",
    "111001011110011",
    "111110110101010",
    "111100010011101",
    "110011000101111",
    "110001100011000",
    "110110001000001",
    "110100101110110",
  ],
  M: [
    "101010000010010",
    "101000100100101",
    "101111001111100",
    "101101101001011",
    "100010111111001",
    "100000011001110",
    "100111110010111",
    "100101010100000",
  ],
};

/** Table 9, for the versions that are tested: how many blocks of how many bytes, and of those how many data. */
const blocksOf: Record<string, readonly [count: number, bytes: number, data: number][]> = {
  "1L": [[1, 26, 19]],
  "1M": [[1, 26, 16]],
  "2M": [[1, 44, 28]],
  "7L": [[2, 98, 78]],
  "10L": [
    [2, 86, 68],
    [2, 87, 69],
  ],
  "12M": [
    [6, 58, 36],
    [2, 59, 37],
  ],
  "32L": [[17, 145, 115]],
  "40L": [
    [19, 148, 118],
    [6, 149, 119],
  ],
  "40M": [
    [18, 75, 47],
    [31, 76, 48],
  ],
};

/** Table E.1. */
const alignmentsOf: Record<number, readonly number[]> = {
  1: [],
  2: [6, 18],
  7: [6, 22, 38],
  10: [6, 28, 50],
  12: [6, 32, 58],
  32: [6, 34, 60, 86, 112, 138],
  40: [6, 30, 58, 86, 114, 142, 170],
};

const isMasked: readonly ((row: number, column: number) => boolean)[] = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (_, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
];

export function readQr(code: Code): ReadQr {
  const version = (code.size - 17) / 4;
  const { level, mask } = readFormat(code);
  const bits: number[] = [];
  for (const [x, y] of dataPlaces(code.size, version)) {
    bits.push(Number(code.isDark(x, y)) ^ Number(isMasked[mask]?.(y, x)));
  }
  const bytes = Array.from({ length: Math.floor(bits.length / 8) }, (_, place) =>
    bits.slice(place * 8, place * 8 + 8).reduce((byte, bit) => byte * 2 + bit, 0),
  );
  const blocks = blocksOf[`${version}${level}`];
  if (blocks === undefined) throw new Error(`the tables here lack version ${version} with ${level}`);
  return { text: textIn(dataIn(bytes, blocks), version), level, mask, version };
}

function readFormat({ size, isDark }: Code): { level: "L" | "M"; mask: number } {
  const places = [0, 1, 2, 3, 4, 5, 7, 8].map((x) => [x, 8]).concat([7, 5, 4, 3, 2, 1, 0].map((y) => [8, y]));
  const others = [1, 2, 3, 4, 5, 6, 7]
    .map((step) => [8, size - step])
    .concat([8, 7, 6, 5, 4, 3, 2, 1].map((step) => [size - step, 8]));
  const [first, second] = [places, others].map((some) =>
    some.map(([x, y]) => (isDark(x ?? 0, y ?? 0) ? "1" : "0")).join(""),
  );
  if (first !== second) throw new Error(`two formats: ${first} and ${second}`);
  if (!isDark(8, size - 8)) throw new Error("the module that is always dark is light");
  for (const level of ["L", "M"] as const) {
    const mask = formats[level].indexOf(first ?? "");
    if (mask >= 0) return { level, mask };
  }
  throw new Error(`${first} is no format`);
}

/** Two columns at a time, from the right, up and down in turn; the column of the timing pattern does not count. */
function* dataPlaces(size: number, version: number): Generator<[x: number, y: number]> {
  const columns = Array.from({ length: size }, (_, place) => size - 1 - place).filter((x) => x !== 6);
  for (let pair = 0; pair < columns.length; pair += 2) {
    for (let step = 0; step < size; step++) {
      const y = pair % 4 === 0 ? size - 1 - step : step;
      for (const x of columns.slice(pair, pair + 2)) if (!isReserved(x, y, size, version)) yield [x, y];
    }
  }
}

function isReserved(x: number, y: number, size: number, version: number): boolean {
  if (x === 6 || y === 6) return true;
  if ((x < 9 && y < 9) || (x < 9 && y >= size - 8) || (x >= size - 8 && y < 9)) return true;
  if (version >= 7 && ((x < 6 && y >= size - 11) || (y < 6 && x >= size - 11))) return true;
  const middles = alignmentsOf[version] ?? [];
  return middles.some((cx, column) =>
    middles.some((cy, row) => {
      const last = middles.length - 1;
      const isCorner = (column === 0 && (row === 0 || row === last)) || (column === last && row === 0);
      return !isCorner && Math.abs(x - cx) <= 2 && Math.abs(y - cy) <= 2;
    }),
  );
}

function dataIn(bytes: readonly number[], blocks: readonly [number, number, number][]): number[] {
  const shapes = blocks.flatMap(([count, total, data]) => Array.from({ length: count }, () => ({ total, data })));
  const read = shapes.map((): number[] => []);
  let place = 0;
  for (let turn = 0; turn < Math.max(...shapes.map(({ data }) => data)); turn++) {
    for (const [at, { data }] of shapes.entries()) if (turn < data) read[at]?.push(bytes[place++] ?? 0);
  }
  for (let turn = 0; turn < (shapes[0]?.total ?? 0) - (shapes[0]?.data ?? 0); turn++) {
    for (const block of read) block.push(bytes[place++] ?? 0);
  }
  for (const [at, block] of read.entries()) {
    const correction = block.length - (shapes[at]?.data ?? 0);
    if (syndromesOf(block, correction).some((syndrome) => syndrome !== 0)) throw new Error(`block ${at} has faults`);
  }
  return read.flatMap((block, at) => block.slice(0, shapes[at]?.data));
}

/** The block as a polynomial, at each root of the generator: nothing but zeros if it is whole. */
function syndromesOf(block: readonly number[], count: number): number[] {
  let root = 1;
  return Array.from({ length: count }, () => {
    const value = block.reduce((sum, byte) => product(sum, root) ^ byte, 0);
    root = product(root, 2);
    return value;
  });
}

/** By shifting and adding, as on paper. */
function product(a: number, b: number): number {
  let sum = 0;
  for (let bit = 7; bit >= 0; bit--) {
    sum = (sum << 1) ^ ((sum >> 7) * 0x11d);
    if ((b >> bit) & 1) sum ^= a;
  }
  return sum;
}

function textIn(data: readonly number[], version: number): string {
  const bits = data.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const lengthBits = version < 10 ? 8 : 16;
  if (bits.slice(0, 4) !== "0100") throw new Error(`not in byte mode but in ${bits.slice(0, 4)}`);
  const length = Number.parseInt(bits.slice(4, 4 + lengthBits), 2);
  const start = 4 + lengthBits;
  const bytes = Array.from({ length }, (_, place) =>
    Number.parseInt(bits.slice(start + place * 8, start + place * 8 + 8), 2),
  );
  return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));
}
