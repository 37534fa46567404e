// Time as the house sees it: epoch milliseconds from a clock that is handed in. Date.now() lives here alone.

export type Clock = { now(): number };

export const systemClock: Clock = { now: () => Date.now() };

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** Milliseconds to the form every surface shows. */
export function isoTime(ms: number): string;
export function isoTime(ms: number | null): string | null;
export function isoTime(ms: number | null): string | null {
  if (ms === null) return null;
  const dayNumber = Math.floor(ms / day);
  // The times of a list are mostly of one day, whose date is written once: three times faster than Date's own.
  if (dayNumber !== lastDay) {
    lastDate = new Date(dayNumber * day).toISOString().slice(0, -13);
    lastDay = dayNumber;
  }
  const rest = ms - dayNumber * day;
  const seconds = Math.floor(rest / second);
  const time = `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${lastDate}${time}.${three(Math.floor(rest - seconds * second))}Z`;
}

let lastDay = Number.NaN;
let lastDate = "";
const padded = (length: number) => Array.from({ length: 10 ** length }, (_, n) => String(n).padStart(length, "0"));
const twoDigits = padded(2);
const threeDigits = padded(3);
const two = (n: number) => twoDigits[n] ?? "";
const three = (n: number) => threeDigits[n] ?? "";

/** WhatsApp tells whole seconds: where in its second is as late as can be, so that an answer stands after its question. */
export function withinSecond(told: number, now: number): number {
  return told + Math.min(Math.max(now - told, 0), second - 1);
}
