// How a receiver stands: how much at a time it is trusted with, and how long it is left alone after it has failed again
// and again. Pure, but for the clock.
import { type Clock, day, hour, minute, second } from "../../core/clock.ts";
import { failingDays } from "../../core/webhook.ts";

export type Health = {
  /** How many attempts there may be at a time. */
  limit(): number;
  /** It is left alone until then; null while it is not. */
  restsUntil(): number | null;
  isSlow(): boolean;
  /** Nothing has been delivered since then; null after a success. */
  failingSince(): number | null;
  /** For so long, and as far as is known all the while, that there is no use in going on. */
  isGivenUp(at: number): boolean;
  delivered(durationMs: number): void;
  /** `restMs` is what the receiver asked for itself. */
  failed(attempt: { at: number; durationMs: number; wasAnswered: boolean; restMs: number | null }): void;
  rest(until: number): void;
};

export const slowMs = 300;
const mostAtOnce = 10;
/** Of so many failures one after the other, over so long, more is learnt from a single attempt now and then. */
const trippingFailures = 50;
const trippingMs = minute;
const firstRestMs = 10 * second;
const longestRestMs = 5 * minute;
/** A failure after so long without any attempt, or after a start, may be the first of an hour's trouble. */
const quietMs = 2 * day;
/** What had failed for so long before the start, and fails again, has used its chances up. */
const longFailingMs = 10 * minute;
const sureMs = hour;

/** `since` is what is known from before the start. */
export function createHealth(clock: Clock, since: number | null): Health {
  let limit = 1;
  let failures = since !== null && clock.now() - since >= longFailingMs ? trippingFailures : 0;
  let failingSince = since;
  let streakSince = since ?? 0;
  /** Of failures that were seen here, none of them long after the one before it. */
  let seen: { since: number; last: number } | null = null;
  let rests = 0;
  let until = 0;
  let isSlow = false;

  return {
    limit: () => limit,
    restsUntil: () => (until > clock.now() ? until : null),
    isSlow: () => isSlow,
    failingSince: () => failingSince,
    isGivenUp(at) {
      if (failingSince === null || seen === null) return false;
      return at - failingSince >= failingDays * day && at - seen.since >= sureMs;
    },
    delivered(durationMs) {
      limit = Math.min(limit * 2, mostAtOnce);
      isSlow = durationMs >= slowMs;
      failures = 0;
      rests = 0;
      failingSince = null;
      seen = null;
    },
    failed({ at, durationMs, wasAnswered, restMs }) {
      limit = 1;
      isSlow = durationMs >= slowMs || !wasAnswered;
      failingSince ??= at;
      seen = seen === null || at - seen.last > quietMs ? { since: at, last: at } : { ...seen, last: at };
      if (failures === 0) streakSince = at;
      failures += 1;
      const isTripped = failures >= trippingFailures && at - streakSince >= trippingMs;
      if (isTripped) until = Math.max(until, clock.now() + Math.min(firstRestMs * 2 ** rests++, longestRestMs));
      if (restMs !== null) until = Math.max(until, clock.now() + restMs);
    },
    rest(to) {
      until = Math.max(until, to);
    },
  };
}
