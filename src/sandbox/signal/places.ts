// Places in chains: a sender steps a chain once for each message, so no place may ever hold two different ciphertexts.
// Of each there is a short mark, for as long a stretch as there is room for.
import { sha256 } from "../crypto/derive.ts";

/** Where a ciphertext stands, as anybody can read it from outside. */
export type Place = { chain: string; counter: number; ciphertext: Buffer };
/** Marks by counter from `floor` on; 0 for a counter that was not seen. */
export type Marks = { floor: number; marks: Uint32Array };

/** So far back a second use is noticed, in one chain. */
export const longestStretch = 65_536;
const shortestStretch = 16;
/** Of a chain that is met in its middle: as far back as a latecomer may lie. */
const stretchBefore = 2_000;

export const makeMarks = (): Marks => ({ floor: 0, marks: new Uint32Array(0) });

/** 32 bits of its hash: one in four thousand million second uses goes unnoticed. */
export const markOf = (ciphertext: Buffer): number => sha256(ciphertext).readUInt32BE(0) || 1;

/** False when the place holds another ciphertext already. What lies too far back is not judged. */
export function occupy(kept: Marks, counter: number, mark: number): boolean {
  if (kept.marks.length === 0) kept.floor = Math.max(0, counter - stretchBefore);
  if (counter < kept.floor) return true;
  if (counter - kept.floor >= longestStretch) moveOn(kept, counter);
  const place = counter - kept.floor;
  if (place >= kept.marks.length) lengthen(kept, place + 1);
  const known = kept.marks[place] ?? 0;
  if (known === 0) kept.marks[place] = mark;
  return known === 0 || known === mark;
}

/** The last ones alone: what is written to the disk. */
export function latest({ floor, marks }: Marks, count: number): Marks {
  let end = marks.length;
  while (end > 0 && marks[end - 1] === 0) end -= 1;
  const start = Math.max(0, end - count);
  return { floor: floor + start, marks: marks.slice(start, end) };
}

function lengthen(kept: Marks, needed: number): void {
  const length = Math.min(longestStretch, Math.max(needed, kept.marks.length * 2, shortestStretch));
  const longer = new Uint32Array(length);
  longer.set(kept.marks);
  kept.marks = longer;
}

/** Half of the stretch is given up at once, so that long chains need not be moved for every message. */
function moveOn(kept: Marks, counter: number): void {
  const floor = counter - longestStretch / 2;
  kept.marks = kept.marks.slice(floor - kept.floor);
  kept.floor = floor;
}
