// What accounts have used by day, and what is counted against limits in windows of time: noted in batches, about once a second.
import { and, asc, desc, eq, gt, gte, sql } from "drizzle-orm";
import { type LocalDay, localDay } from "../core/wall-clock.ts";
import { accounts } from "./account-tables.ts";
import { auditAppender, type Recorded } from "./audit.ts";
import type { Handle } from "./database.ts";
import { straightRun } from "./straight.ts";
import { limitWindows, usageDays } from "./usage-tables.ts";

/** What there has been since it was noted last. */
export type Used = { accountId: number; requests: number; webhookEvents: number };
/** As it stands. */
export type CountedWindow = typeof limitWindows.$inferSelect;
export type UsageNote = {
  at: number;
  used: readonly Used[];
  windows: readonly CountedWindow[];
  events: readonly Recorded[];
};
export type UsageDay = Omit<typeof usageDays.$inferSelect, "accountId">;

const slot = sql.placeholder;

export function usageWrites(db: Handle) {
  const append = auditAppender(db);
  const days = new Map<string, LocalDay>();
  const zoneOf = db
    .select({ timeZone: accounts.timeZone })
    .from(accounts)
    .where(eq(accounts.id, slot("accountId")))
    .prepare();
  const add = straightRun(
    db
      .insert(usageDays)
      .values({
        accountId: slot("accountId"),
        day: slot("day"),
        requests: slot("requests"),
        webhookEvents: slot("webhookEvents"),
      })
      .onConflictDoUpdate({
        target: [usageDays.accountId, usageDays.day],
        set: {
          requests: sql`${usageDays.requests} + excluded.requests`,
          webhookEvents: sql`${usageDays.webhookEvents} + excluded.webhook_events`,
        },
      })
      .prepare(),
  );
  const keep = straightRun(
    db
      .insert(limitWindows)
      .values({ rule: slot("rule"), name: slot("name"), count: slot("count"), until: slot("until") })
      .onConflictDoUpdate({
        target: [limitWindows.rule, limitWindows.name],
        set: { count: sql`excluded.count`, until: sql`excluded.until` },
      })
      .prepare(),
  );

  /** Asked again and again for the same few zones. */
  function dateIn(timeZone: string, at: number): number {
    const known = days.get(timeZone);
    if (known !== undefined && at >= known.begins && at < known.ends) return known.date;
    const found = localDay(timeZone, at);
    days.set(timeZone, found);
    return found.date;
  }

  return {
    async "usage.note"({ at, used, windows, events }: UsageNote): Promise<void> {
      for (const { accountId, ...counts } of used) {
        const [found] = await zoneOf.execute({ accountId });
        // It may be gone by the time that this is written.
        if (found !== undefined) add({ accountId, day: dateIn(found.timeZone, at), ...counts });
      }
      for (const window of windows) keep(window);
      for (const event of events) await append(event);
    },
    /** Days that nobody is told of any more; in pieces, so that nobody waits long. */
    async "usage.prune"({ beforeDay, most }: { beforeDay: number; most: number }): Promise<number> {
      const old = sql`(account_id, day) IN (SELECT account_id, day FROM usage_days WHERE day < ${beforeDay} LIMIT ${most})`;
      return (await db.delete(usageDays).where(old).returning({ day: usageDays.day })).length;
    },
    /** Windows that are over. */
    async "usage.prune_windows"({ now, most }: { now: number; most: number }): Promise<number> {
      const over = sql`(rule, name) IN (SELECT rule, name FROM limit_windows WHERE until <= ${now} LIMIT ${most})`;
      return (await db.delete(limitWindows).where(over).returning({ name: limitWindows.name })).length;
    },
  };
}

export function usageQueries(db: Handle) {
  const days = db
    .select({
      day: usageDays.day,
      requests: usageDays.requests,
      webhookEvents: usageDays.webhookEvents,
      messages: usageDays.messages,
    })
    .from(usageDays)
    .where(and(eq(usageDays.accountId, slot("accountId")), gte(usageDays.day, slot("since"))))
    .orderBy(desc(usageDays.day))
    .prepare();

  return {
    days: async (accountId: number, since: number): Promise<UsageDay[]> => days.execute({ accountId, since }),
    /** Windows that go on, those that end first before the others. */
    async windows(now: number): Promise<CountedWindow[]> {
      return db.select().from(limitWindows).where(gt(limitWindows.until, now)).orderBy(asc(limitWindows.until));
    },
  };
}
