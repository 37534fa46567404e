// What an account has used of what its plan allows, now and on each of its last days.
import type { Account } from "../core/account.ts";
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import { allowanceOf } from "../core/send-day.ts";
import { localDay } from "../core/wall-clock.ts";
import type { Windows } from "../core/windows.ts";
import type { Store } from "../store/store.ts";
import type { UsageDay } from "../store/usage.ts";
import type { UsageCounts } from "./usage-counts.ts";

/** Null where there is no limit, or where what has none is not counted. */
export type Standing = { limit: number | null; used: number | null; resetsAt: number | null };
export type AccountUsage = {
  account: Account;
  requests: Standing;
  webhookEvents: Standing & { waiting: number };
  sessions: Standing;
  messages: Standing;
  /** Newest first, without a gap. */
  days: UsageDay[];
};
export type Usage = ReturnType<typeof createUsage>;

/** As many days are told of. */
export const daysTold = 30;
/** More are not counted. */
export const mostWaitingTold = 10_000;

type Needs = { store: Store; counts: UsageCounts; clock: Clock };

export function createUsage({ store, counts, clock }: Needs) {
  async function planOf(accountId: number): Promise<{ account: Account; plan: Plan }> {
    const account = await store.accounts.find(accountId);
    const plan = account === null ? null : await store.plans.find(account.planId);
    if (account === null || plan === null) throw new WaygateError("not_found", "There is no such account.");
    return { account, plan };
  }

  function within(windows: Windows, accountId: number, limit: number | null): Standing {
    if (limit === null) return { limit, used: null, resetsAt: null };
    const window = windows.find(String(accountId));
    return { limit, used: Math.min(window?.count ?? 0, limit), resetsAt: window?.until ?? null };
  }

  function messagesOf(accountId: number, perDay: number | null): Standing {
    const found = store.dailySends.standing(accountId, clock.now());
    if (found === null) return { limit: perDay, used: 0, resetsAt: null };
    const { used, day } = found.now;
    return { limit: perDay === null ? null : allowanceOf(perDay, day), used, resetsAt: day.ends };
  }

  async function daysOf({ id, timeZone }: Account): Promise<UsageDay[]> {
    const today = localDay(timeZone, clock.now()).date;
    const rows = await store.usage.days(id, today - daysTold + 1);
    const byDay = new Map(rows.map((row) => [row.day, row]));
    // Not among them until another day begins.
    const last = store.dailySends.standing(id, clock.now())?.last ?? null;
    return Array.from({ length: daysTold }, (_, back) => {
      const day = today - back;
      const row = byDay.get(day) ?? { day, requests: 0, webhookEvents: 0, messages: 0 };
      return last?.day.date === day ? { ...row, messages: row.messages + last.used } : row;
    });
  }

  return {
    async of(accountId: number): Promise<AccountUsage> {
      const { account, plan } = await planOf(accountId);
      await counts.flush();
      const events = within(counts.webhookEvents, accountId, plan.webhookEventsPerMinute);
      const isUsedUp = events.limit !== null && (events.used ?? 0) >= events.limit;
      const waiting = isUsedUp ? await store.deliveryLog.waiting(accountId, mostWaitingTold) : 0;
      return {
        account,
        requests: within(counts.requests, accountId, plan.requestsPerMinute),
        webhookEvents: { ...events, waiting },
        sessions: { limit: plan.sessions, used: await store.sessions.count(accountId), resetsAt: null },
        messages: messagesOf(accountId, plan.messagesPerDay),
        days: await daysOf(account),
      };
    },

    /** While an account's webhook events of this minute are used up: until when. Null while there are some left. */
    async eventsWait(accountId: number): Promise<{ until: number | null } | null> {
      const { plan } = await planOf(accountId);
      const { limit, used, resetsAt } = within(counts.webhookEvents, accountId, plan.webhookEventsPerMinute);
      return limit !== null && (used ?? 0) >= limit ? { until: resetsAt } : null;
    },
  };
}
