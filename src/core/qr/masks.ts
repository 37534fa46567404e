// The eight masks of a QR code, and how hard each leaves it to read (ISO/IEC 18004, 7.8).
import type { Grid } from "./grid.ts";

export const masks: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** Turns data over where the mask says so; done twice it is as it was. */
export function applyMask(grid: Grid, mask: number): void {
  const isMasked = masks[mask];
  if (isMasked === undefined) return;
  for (let y = 0; y < grid.size; y++) {
    for (let x = 0; x < grid.size; x++) {
      if (!grid.isPattern(x, y) && isMasked(x, y)) grid.set(x, y, !grid.isDark(x, y));
    }
  }
}

const shortestRun = 5;
const blockPenalty = 3;
const finderPenalty = 40;
const balancePenalty = 10;
/** What a reader takes for a finder: with four light modules on either side of it. */
const finders = [0b0000_1011101, 0b1011101_0000];
const finderLength = 11;

/** The lower, the easier to read. */
export function penaltyOf(grid: Grid): number {
  let penalty = 0;
  for (let place = 0; place < grid.size; place++) {
    penalty += linePenalty(grid.size, (along) => grid.isDark(along, place));
    penalty += linePenalty(grid.size, (along) => grid.isDark(place, along));
  }
  return penalty + blocksPenalty(grid) + balancePenaltyOf(grid);
}

function linePenalty(size: number, isDark: (along: number) => boolean): number {
  let penalty = 0;
  let run = 0;
  let before: boolean | null = null;
  let window = 0;
  for (let along = 0; along < size; along++) {
    const dark = isDark(along);
    run = dark === before ? run + 1 : 1;
    before = dark;
    if (run === shortestRun) penalty += run - 2;
    else if (run > shortestRun) penalty += 1;
    window = ((window << 1) | (dark ? 1 : 0)) & ((1 << finderLength) - 1);
    if (along >= finderLength - 1 && finders.includes(window)) penalty += finderPenalty;
  }
  return penalty;
}

function blocksPenalty({ size, isDark }: Grid): number {
  let penalty = 0;
  for (let y = 1; y < size; y++) {
    for (let x = 1; x < size; x++) {
      const dark = isDark(x, y);
      if (dark === isDark(x - 1, y) && dark === isDark(x, y - 1) && dark === isDark(x - 1, y - 1)) {
        penalty += blockPenalty;
      }
    }
  }
  return penalty;
}

/** For every full five per cent away from half dark, half light. */
function balancePenaltyOf({ size, isDark }: Grid): number {
  let dark = 0;
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) if (isDark(x, y)) dark += 1;
  return Math.floor(Math.abs(dark * 20 - size * size * 10) / (size * size)) * balancePenalty;
}
