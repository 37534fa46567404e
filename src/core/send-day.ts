// The days by which an account's messages are counted: from midnight to midnight where the account is. When it moves, the
// day under way ends when it would have, and what is then left of the day at the new place is a part of one, with as much
// of the day's messages: whoever moves can neither begin a day anew nor has to wait longer than one.
import { day } from "./clock.ts";
import { localDay } from "./wall-clock.ts";

export type SendDay = {
  /** Days counted as if they were UTC's. */
  date: number;
  timeZone: string;
  begins: number;
  ends: number;
  isPart: boolean;
};

/** No day is longer: one that ends later was begun by a clock that has been set back since. */
const longestMs = 2 * day;

/** The day that this moment belongs to, after the one that was counted last. */
export function sendDay(timeZone: string, at: number, before: SendDay | null): SendDay {
  if (before !== null && isWithin(before, at)) return before;
  const whole = wholeDay(timeZone, at);
  if (before === null || before.timeZone === timeZone) return whole;
  if (before.ends <= whole.begins || before.ends > at) return whole;
  // One part of a day at the most: a whole one at the place where it ended comes after it.
  return before.isPart ? wholeDay(before.timeZone, at) : { ...whole, begins: before.ends, isPart: true };
}

/** True before it as well: a clock that was set back a little begins no day twice. */
export function isWithin({ ends }: SendDay, at: number): boolean {
  return at < ends && ends - at <= longestMs;
}

/** How many messages it has. */
export function allowanceOf(limit: number, { isPart, timeZone, begins, ends }: SendDay): number {
  if (!isPart) return limit;
  const whole = localDay(timeZone, begins);
  return Math.ceil((limit * (ends - begins)) / (whole.ends - whole.begins));
}

function wholeDay(timeZone: string, at: number): SendDay {
  return { ...localDay(timeZone, at), timeZone, isPart: false };
}
