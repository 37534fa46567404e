// The times of a schedule: the first of them, and what is to be done once one has come, or has passed. Pure.
import { day, hour } from "./clock.ts";
import { invalidField } from "./errors.ts";
import { checkPattern, createRecurrence, type Recurrence } from "./recurrence.ts";
import { onTimeMs, type Timing } from "./schedule.ts";

/** What was asked for; what is undefined was not. */
export type TimingInput = {
  sendAt?: number | undefined;
  cron?: string | undefined;
  timeZone?: string | undefined;
  endsAt?: number | null | undefined;
  maxRuns?: number | null | undefined;
  lateMs?: number | null | undefined;
};

export type Due = {
  /** The time it runs for; null where all there were are too late. */
  runAt: number | null;
  /** What was missed, from the first to the last. */
  missed: { from: number; upTo: number } | null;
  /** Null when that was the last. */
  nextAt: number | null;
};

/**
 * What somebody wanted said once is still wanted when the gateway comes back the same day: as long as a message waits for
 * its session. What recurs comes again by itself, and a reminder of this morning is no use in the evening.
 */
export const usualLateMs = { once: day, recurring: hour };

/** Throws a sentence for what cannot be. */
export function readTiming(input: TimingInput, now: number): { timing: Timing; nextAt: number } {
  const { sendAt, cron } = input;
  if ((sendAt === undefined) === (cron === undefined))
    throw invalidField("/send_at", "Say when: at `send_at`, or by `cron` in a `time_zone`.");
  return sendAt === undefined ? readRecurring(input, cron ?? "", now) : readInstant(input, sendAt, now);
}

function readInstant(input: TimingInput, sendAt: number, now: number) {
  const other = (["timeZone", "endsAt", "maxRuns"] as const).find((name) => input[name] != null);
  if (other !== undefined) throw invalidField(pathOf[other], "This goes with `cron` alone.");
  if (sendAt <= now) throw invalidField("/send_at", "This time has passed.");
  const { lateMs = usualLateMs.once } = input;
  const timing: Timing = { sendAt, cron: null, timeZone: null, endsAt: null, maxRuns: null, lateMs };
  return { timing, nextAt: sendAt };
}

const pathOf = { timeZone: "/time_zone", endsAt: "/ends_at", maxRuns: "/max_runs" };

function readRecurring(input: TimingInput, cron: string, now: number) {
  const { timeZone, endsAt = null, maxRuns = null, lateMs = usualLateMs.recurring } = input;
  if (timeZone === undefined)
    throw invalidField("/time_zone", "Say in which time zone, like Europe/Berlin; UTC is one as well.");
  checkPattern({ cron, timeZone });
  const first = createRecurrence({ cron, timeZone }).next(now);
  if (first === null) throw invalidField("/cron", "There is no such time.");
  if (endsAt !== null && first > endsAt) throw invalidField("/ends_at", "It would end before its first time.");
  const timing: Timing = { sendAt: null, cron, timeZone, endsAt, maxRuns, lateMs };
  return { timing, nextAt: first };
}

/** Of one whose time has come. A clock that goes back changes nothing: what comes next is after that time, not after now. */
export function dueOf(timing: Timing, { nextAt, runs }: { nextAt: number; runs: number }, now: number): Due {
  const recurrence = recurrenceOf(timing);
  const late = now - nextAt;
  if (recurrence === null) {
    return mayStill(late, timing)
      ? { runAt: nextAt, missed: null, nextAt: null }
      : { runAt: null, missed: { from: nextAt, upTo: nextAt }, nextAt: null };
  }
  const upTo = Math.min(now, timing.endsAt ?? now);
  // What is hardly late runs as it comes; of what was missed the last one does, at most.
  const last = late <= onTimeMs ? nextAt : (recurrence.latest(nextAt, upTo) ?? nextAt);
  const isRun = mayStill(now - last, timing);
  const missedUpTo = isRun ? before(recurrence, nextAt, last) : last;
  const hasRunOut = timing.maxRuns !== null && runs + Number(isRun) >= timing.maxRuns;
  return {
    runAt: isRun ? last : null,
    missed: missedUpTo === null ? null : { from: nextAt, upTo: missedUpTo },
    nextAt: hasRunOut ? null : within(recurrence.next(last), timing.endsAt),
  };
}

function recurrenceOf({ cron, timeZone }: Timing): Recurrence | null {
  return cron === null || timeZone === null ? null : createRecurrence({ cron, timeZone });
}

function mayStill(late: number, { lateMs }: Timing): boolean {
  return late <= Math.max(onTimeMs, lateMs ?? 0);
}

/** The last time from the first on that comes before this one. */
function before(recurrence: Recurrence, first: number, last: number): number | null {
  return first === last ? null : (recurrence.latest(first, last - 1) ?? first);
}

function within(at: number | null, endsAt: number | null): number | null {
  return at === null || (endsAt !== null && at > endsAt) ? null : at;
}
