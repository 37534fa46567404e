// What clocks on walls show in the time zones of this world, and when: also where they are put forward and back.
import { day } from "./clock.ts";

/** A day as people there have it; `date` counts them, as if it were UTC. */
export type LocalDay = { date: number; begins: number; ends: number };

export function isTimeZone(name: string): boolean {
  try {
    return formatOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** A zone by its IANA name, spelt as the list does; null for what is none, and for an offset, which knows no summer. */
export function readTimeZone(name: string): string | null {
  if (!/^[A-Za-z]/.test(name)) return null;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}

/** The day that this moment is in. Where midnight is left out, or shown twice, it begins as soon as it can. */
export function localDay(timeZone: string, at: number): LocalDay {
  if (timeZone === "UTC") {
    const date = Math.floor(at / day);
    return { date, begins: date * day, ends: (date + 1) * day };
  }
  const date = Math.floor(wallAt(timeZone, at) / day);
  const [begins, ends] = [instantsOf(timeZone, date * day), instantsOf(timeZone, (date + 1) * day)];
  return { date, begins: begins.first, ends: ends.first > at ? ends.first : ends.last };
}

/** `2026-11-20` for a day that is counted. */
export function dateText(date: number): string {
  return new Date(date * day).toISOString().slice(0, 10);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(timeZone, format);
  return format;
}

/** What the clock on the wall shows there and then, counted as if it were UTC. */
export function wallAt(timeZone: string, at: number): number {
  const parts = formatOf(timeZone).formatToParts(at);
  const read = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Date.UTC(
    read("year"),
    read("month") - 1,
    read("day"),
    read("hour"),
    read("minute"),
    read("second"),
    at - Math.floor(at / 1_000) * 1_000,
  );
}

/** When the clock on the wall shows this: once, twice when it is put back, or the moment that it jumps over it. */
export function instantsOf(timeZone: string, wall: number): { first: number; last: number } {
  const offsetAt = (at: number) => wallAt(timeZone, at) - at;
  const [before, after] = [offsetAt(wall - day), offsetAt(wall + day)];
  const [first, last = first] = [before, after]
    .map((offset) => wall - offset)
    .filter((at) => wallAt(timeZone, at) === wall)
    .sort((one, other) => one - other);
  if (first !== undefined && last !== undefined) return { first, last };
  let [early, late] = [wall - Math.max(before, after), wall - Math.min(before, after)];
  while (late - early > 1) {
    const between = Math.floor((early + late) / 2);
    if (offsetAt(between) === after) late = between;
    else early = between;
  }
  return { first: late, last: late };
}
