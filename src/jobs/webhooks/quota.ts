// How many events a minute an account's plan lets go out: what is beyond waits for the next minute, and none is dropped.
// An event that is told to two webhooks is two; another attempt is none, and waits with the rest.
import { type Clock, minute } from "../../core/clock.ts";
import type { UsageCounts } from "../../services/usage-counts.ts";

export type Quota = {
  /** Until when there is none left; null while there is. */
  usedUpUntil(accountId: number, perMinute: number | null): number | null;
  /** One has gone out for the first time. */
  count(accountId: number, perMinute: number | null): void;
};

export function createQuota(counts: UsageCounts, clock: Clock): Quota {
  return {
    usedUpUntil(accountId, perMinute) {
      if (perMinute === null) return null;
      if (perMinute === 0) return clock.now() + minute;
      const window = counts.webhookEvents.find(String(accountId));
      return window === null || window.count < perMinute ? null : window.until;
    },
    count(accountId, perMinute) {
      counts.countWebhookEvent(accountId);
      if (perMinute !== null) counts.webhookEvents.take(String(accountId), perMinute);
    },
  };
}
