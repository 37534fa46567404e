// When a delivery that failed is attempted again: schedules, and what a receiver says itself. Pure.
import { day, hour, minute, second } from "./clock.ts";

/** A schedule by its name, or seconds between attempts, one after the other. */
export type RetryPlan = "default" | "patient" | number[];

const schedules = {
  /** As the documents have it: five, within three quarters of an hour. */
  default: [10 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute],
  /** The same at first, and then for three days. */
  patient: [
    ...[10 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute],
    ...[hour, 2 * hour, 4 * hour],
    ...Array.from({ length: 11 }, () => 6 * hour),
  ],
} as const;

/** So that many that failed together do not come back together. */
const jitter = 0.1;
/** Whoever asks for more is asked again after so long. */
const maxRetryAfterMs = hour;

/** After so many tries; null when that was the last. `random` is from 0 to 1. */
export function retryDelay(plan: RetryPlan, tries: number, random: number): number | null {
  const usual = typeof plan === "string" ? schedules[plan][tries - 1] : plan[tries - 1];
  if (usual === undefined) return null;
  return Math.round((typeof plan === "string" ? usual : usual * second) * (1 + jitter * (2 * random - 1)));
}

/** What a `Retry-After` asks for, from now on; null where there is none that can be read. */
export function retryAfter(header: string | undefined, now: number): number | null {
  const text = header?.trim() ?? "";
  const ms = /^\d{1,12}$/.test(text) ? Number(text) * second : dateOf(text, now) - now;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), maxRetryAfterMs);
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/** RFC 9110, 5.6.7: the one form to write, and the two old ones to read. */
const forms = [
  /^[a-z]{3}, (?<day>\d{2}) (?<month>[a-z]{3}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/i,
  /^[a-z]{6,9}, (?<day>\d{2})-(?<month>[a-z]{3})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/i,
  /^[a-z]{3} (?<month>[a-z]{3}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/i,
];

function dateOf(text: string, now: number): number {
  const found = forms.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (found === undefined) return Number.NaN;
  const month = months.indexOf(found.month?.toLowerCase() ?? "");
  const [hours = 0, minutes = 0, seconds = 0] = (found.time ?? "").split(":").map(Number);
  if (month < 0) return Number.NaN;
  return Date.UTC(yearOf(found.year ?? "", now), month, Number(found.day), hours, minutes, seconds);
}

/** Two digits mean the century in which it is not more than fifty years ahead. */
function yearOf(text: string, now: number): number {
  const year = Number(text);
  if (text.length > 2) return year;
  const thisYear = 1970 + Math.floor(now / (365.2425 * day));
  const full = thisYear - (thisYear % 100) + year;
  return full > thisYear + 50 ? full - 100 : full;
}
