// Quiet hours: from when to when it is night where they are kept, also in the nights in which clocks are changed.
import { type Static, Type } from "@sinclair/typebox";
import { day, hour, minute } from "./clock.ts";
import { instantsOf, wallAt } from "./wall-clock.ts";

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
