// Quiet hours: from when to when it is night where they are kept, also in the nights in which clocks are changed.
import { type Static, Type } from "@sinclair/typebox";
import { day, hour, minute } from "./clock.ts";

const WallTime = Type.String({ pattern: "^([01]\\d|2[0-3]):[0-5]\\d$", description: "As a clock shows it: `22:00`." });

export const QuietHours = Type.Object({
  from: WallTime,
  /** Of the next day where it is not later than `from`. */
  to: WallTime,
  timeZone: Type.String({ minLength: 1, maxLength: 64 }),
});
export type QuietHours = Static<typeof QuietHours>;
export type Span = { from: number; until: number };

/** Whoever wrote so short a time ago is awake: what goes to them is an answer. */
export const awakeMs = hour;

export function isTimeZone(name: string): boolean {
  try {
    return formatOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** The quiet hours that this moment is in, or the next. */
export function quietSpan({ from, to, timeZone }: QuietHours, at: number): Span {
  const [start, end] = [wallMs(from), wallMs(to)];
  const today = Math.floor(wallAt(timeZone, at) / day) * day;
  for (let date = today - day; ; date += day) {
    // What the clock shows twice that night counts from the first time to the last: rather too long than too short.
    const began = instantsOf(timeZone, date + start).first;
    const until = instantsOf(timeZone, date + end + (end > start ? 0 : day)).last;
    if (at < until && began < until) return { from: began, until };
  }
}

/** When they end, if this moment is in them. */
export function quietUntil(hours: QuietHours | null, at: number): number | null {
  if (hours === null) return null;
  const { from, until } = quietSpan(hours, at);
  return from <= at ? until : null;
}

function wallMs(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * hour + minutes * minute;
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
function wallAt(timeZone: string, at: number): number {
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
function instantsOf(timeZone: string, wall: number): { first: number; last: number } {
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
