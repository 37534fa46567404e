// The square of a QR code: its modules, which of them belong to patterns, and the patterns themselves.
import type { QrVersion } from "./versions.ts";

export type Grid = {
  readonly size: number;
  isDark(x: number, y: number): boolean;
  /** True for what is no data. */
  isPattern(x: number, y: number): boolean;
  set(x: number, y: number, isDark: boolean): void;
  copy(): Grid;
};

const levelBits = { L: 1, M: 0 } as const;
const formatPolynomial = 0x537;
const formatMask = 0x5412;
const versionPolynomial = 0x1f25;

function createGrid(size: number, dark: Uint8Array, patterns: Uint8Array): Grid {
  return {
    size,
    isDark: (x, y) => dark[y * size + x] === 1,
    isPattern: (x, y) => patterns[y * size + x] === 1,
    set(x, y, isDark) {
      dark[y * size + x] = isDark ? 1 : 0;
    },
    copy: () => createGrid(size, dark.slice(), patterns),
  };
}

/** With all its patterns; room for the format is kept, and no data is in it. */
export function gridFor({ version, size, alignments }: QrVersion): Grid {
  const patterns = new Uint8Array(size * size);
  const grid = createGrid(size, new Uint8Array(size * size), patterns);
  const draw = (x: number, y: number, isDark: boolean) => {
    if (x < 0 || y < 0 || x >= size || y >= size) return;
    patterns[y * size + x] = 1;
    grid.set(x, y, isDark);
  };
  for (let place = 0; place < size; place++) {
    draw(6, place, place % 2 === 0);
    draw(place, 6, place % 2 === 0);
  }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const) {
    drawRings(draw, { x, y, reach: 4, light: [2, 4] });
  }
  for (const [x, y] of middlesOf(alignments, size)) drawRings(draw, { x, y, reach: 2, light: [1] });
  for (const [x, y] of formatPlaces(size).flat()) draw(x, y, false);
  draw(8, size - 8, true);
  if (version >= 7) drawVersion(draw, version, size);
  return grid;
}

/** Which level and which mask: twice, so that a torn corner does not matter. */
export function drawFormat(grid: Grid, level: QrVersion["level"], mask: number): void {
  const data = (levelBits[level] << 3) | mask;
  const bits = ((data << 10) | remainder(data, formatPolynomial, 10)) ^ formatMask;
  for (const places of formatPlaces(grid.size)) {
    for (const [bit, [x, y]] of places.entries()) grid.set(x, y, ((bits >>> bit) & 1) === 1);
  }
}

type Place = readonly [x: number, y: number];
type Draw = (x: number, y: number, isDark: boolean) => void;
type Rings = { x: number; y: number; reach: number; light: readonly number[] };

/** Squares around a middle, dark but for those at the distances given. */
function drawRings(draw: Draw, { x, y, reach, light }: Rings): void {
  for (let down = -reach; down <= reach; down++) {
    for (let right = -reach; right <= reach; right++) {
      draw(x + right, y + down, !light.includes(Math.max(Math.abs(right), Math.abs(down))));
    }
  }
}

/** Everywhere but in the three corners where the finders are. */
function middlesOf(alignments: readonly number[], size: number): Place[] {
  const near = 6;
  const far = size - 7;
  return alignments
    .flatMap((x) => alignments.map((y): Place => [x, y]))
    .filter(([x, y]) => !((x === near && (y === near || y === far)) || (x === far && y === near)));
}

/** Where the fifteen bits of the format go, lowest first, in both places. */
function formatPlaces(size: number): readonly (readonly Place[])[] {
  const count = (length: number) => Array.from({ length }, (_, place) => place);
  const corner: Place[] = [
    ...count(6).map((y): Place => [8, y]),
    [8, 7],
    [8, 8],
    [7, 8],
    ...count(6).map((x): Place => [5 - x, 8]),
  ];
  const edges: Place[] = [
    ...count(8).map((x): Place => [size - 1 - x, 8]),
    ...count(7).map((y): Place => [8, size - 7 + y]),
  ];
  return [corner, edges];
}

function drawVersion(draw: Draw, version: number, size: number): void {
  const bits = (version << 12) | remainder(version, versionPolynomial, 12);
  for (let bit = 0; bit < 18; bit++) {
    const isDark = ((bits >>> bit) & 1) === 1;
    const far = size - 11 + (bit % 3);
    const near = Math.floor(bit / 3);
    draw(far, near, isDark);
    draw(near, far, isDark);
  }
}

/** Of a division of polynomials with bits for coefficients. */
function remainder(data: number, polynomial: number, degree: number): number {
  let rest = data;
  for (let round = 0; round < degree; round++) rest = (rest << 1) ^ ((rest >>> (degree - 1)) * polynomial);
  return rest;
}
