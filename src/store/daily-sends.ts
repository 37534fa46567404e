// Messages counted by account and day (UTC), within what the plan allows.
import { eq, sql } from "drizzle-orm";
import { day } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { accounts, plans } from "./account-tables.ts";
import type { Handle } from "./database.ts";
import { straight, straightRun } from "./straight.ts";
import { dailySends } from "./tables.ts";

/** Used by the transaction that takes a message on: what is refused there is not counted. */
export function sendCounter(db: Handle) {
  const slot = sql.placeholder;
  const columns = { limit: plans.messagesPerDay, lastDay: dailySends.day, messages: dailySends.messages };
  const standing = straight(
    db
      .select(columns)
      .from(accounts)
      .innerJoin(plans, eq(plans.id, accounts.planId))
      .leftJoin(dailySends, eq(dailySends.accountId, accounts.id))
      .where(eq(accounts.id, slot("accountId")))
      .prepare(),
    columns,
  );
  const keep = straightRun(
    db
      .insert(dailySends)
      .values({ accountId: slot("accountId"), day: slot("today"), messages: slot("messages") })
      .onConflictDoUpdate({
        target: dailySends.accountId,
        set: { day: sql`excluded.day`, messages: sql`excluded.messages` },
      })
      .prepare(),
  );

  return {
    countSend(accountId: number, at: number): void {
      const today = Math.floor(at / day);
      const [found] = standing({ accountId });
      const used = found?.lastDay === today ? (found.messages ?? 0) : 0;
      const limit = found?.limit ?? null;
      if (limit !== null && used >= limit) {
        const sentence = `The plan allows ${limit} messages a day, and those of today are used up; it goes on at 00:00 UTC.`;
        const details = { quota: { limit, used }, retryAfterMs: (today + 1) * day - at };
        throw new WaygateError("daily_limit_reached", sentence, details);
      }
      keep({ accountId, today, messages: used + 1 });
    },
  };
}
