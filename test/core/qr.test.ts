import { expect, test } from "bun:test";
import { crc32, inflateSync } from "node:zlib";
import { encodeQr, type Qr } from "../../src/core/qr/encode.ts";
import { drawFormat, type Grid, gridFor } from "../../src/core/qr/grid.ts";
import { applyMask, masks, penaltyOf } from "../../src/core/qr/masks.ts";
import { correctionOf, generatorOf } from "../../src/core/qr/reed-solomon.ts";
import { pngOf, svgOf, textOf } from "../../src/core/qr/render.ts";
import { type QrLevel, versionFor, versionOf } from "../../src/core/qr/versions.ts";
import { readQr } from "../support/qr-reader.ts";

const linking =
  "https://wa.me/settings/linked_devices#2@qFmzP3Yx1rFhR0gRqVwuUmmKj7rEJVtIfLDwDdRrSg5z4XH5V4aIeD1Qeg6QqKpYwsP4vLPAUW9fLz0fVbXq,Hn1Qm7m0bq2mXg0k7M8p9s9J1zqkBz4mOqg2mB9nU2w=,3Qq0Zr3i0mY2l9J0S9Q1h6w2Nn0mJp8yB1sX7q1cV3o=,6l5mYw7pQ2d9vXo1rT8uZk4hN3bG0sJcF6aEiLxPqRw=";
const capacity = (version: number, level: QrLevel) => {
  const { dataBytes, lengthBits } = versionOf(version, level);
  return Math.floor((dataBytes * 8 - 4 - lengthBits) / 8);
};

test("the correction is that of the standard's own example", () => {
  const data = Buffer.from("10200c566180ec11ec11ec11ec11ec11", "hex");
  expect(Buffer.from(correctionOf(data, generatorOf(10))).toString("hex")).toBe("a524d4c1ed36c7872c55");
});

test("every version holds as much as the standard says, and the smallest that does is taken", () => {
  const held = [1, 9, 10, 20, 27, 40].map((version) => [capacity(version, "L"), capacity(version, "M")]);
  expect(held).toEqual([
    [17, 14],
    [230, 180],
    [271, 213],
    [858, 666],
    [1465, 1125],
    [2953, 2331],
  ]);
  expect(versionFor(271, "L")?.version).toBe(10);
  expect(versionFor(272, "L")?.version).toBe(11);
  expect(versionFor(2953, "L")?.version).toBe(40);
  expect(versionFor(2954, "L")).toBeNull();
  expect(() => encodeQr("x".repeat(2_954), "L")).toThrow("too many");
});

test.each<[number, QrLevel, string]>([
  [1, "L", ""],
  [1, "M", "hello"],
  [1, "L", "exactly seventeen"],
  [2, "M", "Grüße, 日本 👋"],
  [7, "L", "x".repeat(154)],
  [10, "L", linking],
  [12, "M", "1/+=".repeat(71)],
  [32, "L", "q".repeat(1_952)],
  [40, "L", "z".repeat(2_953)],
  [40, "M", "z".repeat(2_330)],
])("a code of version %p with level %s is read back by a reader of another make", (version, level, text) => {
  expect(readQr(encodeQr(text, level))).toMatchObject({ text, level, version });
});

test("version 7 says that it is version 7, twice", () => {
  const code = encodeQr("x".repeat(capacity(7, "L")), "L");
  const places = Array.from({ length: 18 }, (_, bit) => 17 - bit);
  const told = (at: (far: number, near: number) => boolean) =>
    places.map((bit) => (at(code.size - 11 + (bit % 3), Math.floor(bit / 3)) ? "1" : "0")).join("");
  expect(told((far, near) => code.isDark(far, near))).toBe("000111110010010100");
  expect(told((far, near) => code.isDark(near, far))).toBe("000111110010010100");
});

test("of the eight masks the one is taken that is easiest to read", () => {
  const taken = ["a", "hello", "12345", "exactly seventeen", linking].map((text) => {
    const grid = encodeQr(text, "L") as Grid;
    const { mask } = readQr(grid);
    const penalties = masks.map((_, other) => {
      const masked = grid.copy();
      applyMask(masked, mask);
      applyMask(masked, other);
      drawFormat(masked, "L", other);
      return penaltyOf(masked);
    });
    expect(penalties[mask]).toBe(Math.min(...penalties));
    return mask;
  });
  expect(new Set(taken).size).toBeGreaterThan(1);
});

test("runs, blocks, false finders and what is out of balance count as the standard has it", () => {
  const size = 21;
  const grid = (isDark: Grid["isDark"]) => ({ ...gridFor(versionOf(1, "L")), size, isDark });
  // 42 lines of one run, 400 blocks, and ten times five per cent away from half and half.
  expect(penaltyOf(grid(() => false))).toBe(42 * (3 + 16) + 400 * 3 + 10 * 10);
  const checkered = (x: number, y: number) => (x + y) % 2 === 0;
  expect(penaltyOf(grid(checkered))).toBe(0);
  const finder = [..."0000101110100001"].map((bit) => bit === "1");
  // One line of it among the others: what is no finder but looks like one, from both sides.
  const line = (x: number, y: number) => (y === 10 ? (finder[x] ?? x % 2 === 0) : checkered(x, y));
  expect(penaltyOf(grid(line)) - penaltyOf(grid((x, y) => line(x, y) && !(y === 10 && x === 8)))).toBeGreaterThan(40);
});

test("the PNG is whole, has its margin, and shows the code in every pixel", () => {
  const code = encodeQr(linking, "L");
  const scale = 3;
  const { width, height, pixel } = readPng(pngOf(code, scale));
  expect([width, height]).toEqual([(code.size + 8) * scale, (code.size + 8) * scale]);
  const wrong: string[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const dark = isDarkWithMargin(code, Math.floor(x / scale) - 4, Math.floor(y / scale) - 4);
      if (pixel(x, y) === dark) wrong.push(`${x},${y}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("the SVG draws the dark modules, on white, with their margin", () => {
  const code = encodeQr("hello", "M");
  const svg = svgOf(code);
  const side = code.size + 8;
  expect(svg).toStartWith(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}"`);
  expect(svg).toContain(`<path fill="#fff" d="M0 0h${side}v${side}H0z"/>`);
  const drawn = [...svg.matchAll(/M(\d+) (\d+)h1v1h-1z/g)].map(([, x, y]) => `${Number(x) - 4},${Number(y) - 4}`);
  expect(drawn).toEqual(darkOf(code));
});

test("in a terminal light modules are drawn, two rows to a line, and lines are as wide as each other", () => {
  const code = encodeQr(linking, "L");
  const lines = textOf(code).trimEnd().split("\n");
  expect(new Set(lines.map((line) => line.length))).toEqual(new Set([code.size + 4]));
  const isLight = (x: number, y: number) => {
    const block = lines[Math.floor((y + 2) / 2)]?.charAt(x + 2) ?? "";
    return block === "█" || block === ((y + 2) % 2 === 0 ? "▀" : "▄");
  };
  const seen: Qr = { size: code.size, isDark: (x, y) => !isLight(x, y) };
  expect(darkOf(seen)).toEqual(darkOf(code));
  expect([isLight(-1, 5), isLight(code.size + 1, 5), isLight(5, -1), isLight(5, code.size + 1)]).not.toContain(false);
});

function darkOf({ size, isDark }: Qr): string[] {
  const places = Array.from({ length: size * size }, (_, place) => [place % size, Math.floor(place / size)] as const);
  return places.filter(([x, y]) => isDark(x, y)).map(([x, y]) => `${x},${y}`);
}

function isDarkWithMargin(code: Qr, x: number, y: number): boolean {
  return x >= 0 && y >= 0 && x < code.size && y < code.size && code.isDark(x, y);
}

function readPng(bytes: Uint8Array) {
  const png = Buffer.from(bytes);
  expect(png.subarray(0, 8).toString("hex")).toBe("89504e470d0a1a0a");
  const chunks = new Map<string, Buffer>();
  for (let place = 8; place < png.length; ) {
    const length = png.readUInt32BE(place);
    const named = png.subarray(place + 4, place + 8 + length);
    expect(png.readUInt32BE(place + 8 + length)).toBe(crc32(named));
    chunks.set(named.subarray(0, 4).toString(), named.subarray(4));
    place += 12 + length;
  }
  expect([...chunks.keys()]).toEqual(["IHDR", "IDAT", "IEND"]);
  const header = chunks.get("IHDR")!;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  expect([...header.subarray(8)]).toEqual([1, 0, 0, 0, 0]);
  const rows = inflateSync(chunks.get("IDAT")!);
  const rowBytes = 1 + Math.ceil(width / 8);
  expect(rows.length).toBe(rowBytes * height);
  const pixel = (x: number, y: number) => ((rows[y * rowBytes + 1 + (x >> 3)]! >> (7 - (x & 7))) & 1) === 1;
  return { width, height, pixel };
}
