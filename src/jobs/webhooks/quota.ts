// How many events a minute an account's plan lets go out: what is beyond waits for the next minute, and none is dropped.
import { type Clock, minute } from "../../core/clock.ts";

export type Quota = {
  /** Until when there is none left; null while there is. */
  usedUpUntil(accountId: number, perMinute: number | null): number | null;
  /** One has gone out for the first time. */
  count(accountId: number): void;
};

type Window = { until: number; count: number };

export function createQuota(clock: Clock): Quota {
  const windows = new Map<number, Window>();

  function windowOf(accountId: number): Window {
    const known = windows.get(accountId);
    // A clock that was set back must not make a minute last for hours.
    if (known !== undefined && known.until > clock.now() && known.until <= clock.now() + minute) return known;
    const fresh = { until: clock.now() + minute, count: 0 };
    windows.set(accountId, fresh);
    return fresh;
  }

  return {
    usedUpUntil(accountId, perMinute) {
      if (perMinute === null) return null;
      const { count, until } = windowOf(accountId);
      return count < perMinute ? null : until;
    },
    count(accountId) {
      windowOf(accountId).count += 1;
    },
  };
}
