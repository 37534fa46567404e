// When something recurs: a cron pattern in a time zone, over both changes of the clock. An hour that is skipped runs once,
// at the jump, and one that comes twice the first time; with `*` for the hour it is every hour that really passes. Pure.
import { Cron } from "croner";
import { second } from "./clock.ts";
import { invalidField, messageOf } from "./errors.ts";
import { isTimeZone } from "./wall-clock.ts";

export type Pattern = { cron: string; timeZone: string };
export type Recurrence = {
  /** The first time after that moment; null where there is none any more. */
  next(after: number): number | null;
  /** The last time after `from` that has come by `upTo`; null where none has. */
  latest(from: number, upTo: number): number | null;
};

const mode = "5-or-6-parts";

export function createRecurrence({ cron, timeZone }: Pattern): Recurrence {
  const job = new Cron(timesOfDay(cron), { timezone: timeZone, mode, fixedTimeRule: "no-wildcard", paused: true });

  function next(after: number): number | null {
    // Whole seconds are all it knows.
    return job.nextRun(new Date(Math.floor(after / second) * second))?.getTime() ?? null;
  }

  function comesBy(after: number, upTo: number): boolean {
    const at = next(after);
    return at !== null && at <= upTo;
  }

  return {
    next,
    /** Looked for by halves: a pattern of seconds may have come a million times meanwhile. */
    latest(from, upTo) {
      if (!comesBy(from, upTo)) return null;
      let [early, late] = [from, upTo];
      while (late - early > second) {
        const between = Math.floor((early + late) / 2);
        if (comesBy(between, upTo)) early = between;
        else late = between;
      }
      return next(early);
    },
  };
}

/** Throws a sentence for what is no pattern, or no zone. */
export function checkPattern({ cron, timeZone }: Pattern): void {
  if (!isTimeZone(timeZone))
    throw invalidField("/time_zone", "There is no such time zone; they are called like Europe/Berlin.");
  try {
    if (fieldsOf(cron).length < 5) throw new Error("it has too few fields");
    new Cron(cron.trim(), { timezone: timeZone, mode, paused: true });
  } catch (error) {
    const reason = messageOf(error).replace(/^Cron\w+: /, "");
    throw invalidField("/cron", `This is no cron pattern of five or six fields, like 0 9 * * MON-FRI: ${reason}`);
  }
}

const fieldsOf = (cron: string) => cron.trim().split(/\s+/);

/**
 * Steps and wildcards of the clock's fields written out, unless it is for every hour: croner takes a list for times of the
 * day, which a change of the clock neither loses nor doubles, and everything else for an interval.
 */
function timesOfDay(cron: string): string {
  const fields = fieldsOf(cron);
  const clock = fields.splice(0, fields.length === 6 ? 3 : 2);
  const written = clock.map((field, place) => writtenOut(field, place === clock.length - 1 ? 24 : 60));
  const hours = written.at(-1);
  if (hours === everyHour) return [...clock.slice(0, -1), "*", ...fields].join(" ");
  return [...written, ...fields].join(" ");
}

function writtenOut(field: string, size: number): string {
  const values = field.split(",").flatMap((part) => {
    const [span = "", step = "1"] = part.split("/");
    const [first = 0, last = first] = /^[*?]$/.test(span) ? [0, size - 1] : span.split("-").map(Number);
    return range(first, last, Number(step));
  });
  return [...new Set(values)].sort((one, other) => one - other).join(",");
}

function range(first: number, last: number, step: number): number[] {
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, place) => first + place * step);
}

const everyHour = range(0, 23, 1).join(",");
