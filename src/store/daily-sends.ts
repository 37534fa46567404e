// Messages counted by account and by the account's own day, within what the plan allows.
import { eq, sql } from "drizzle-orm";
import { isoTime } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { allowanceOf, isWithin, type SendDay, sendDay } from "../core/send-day.ts";
import { accounts, plans } from "./account-tables.ts";
import type { Handle } from "./database.ts";
import { straight, straightRun } from "./straight.ts";
import { dailySends } from "./tables.ts";
import { usageDays } from "./usage-tables.ts";

type Standing = {
  limit: number | null;
  timeZone: string;
  date: number | null;
  messages: number | null;
  zoneOfDay: string | null;
  begins: number | null;
  ends: number | null;
  isPart: boolean | null;
};

const slot = sql.placeholder;

function standingQuery(db: Handle) {
  const columns = {
    limit: plans.messagesPerDay,
    timeZone: accounts.timeZone,
    date: dailySends.day,
    messages: dailySends.messages,
    zoneOfDay: dailySends.timeZone,
    begins: dailySends.beginsAt,
    ends: dailySends.endsAt,
    isPart: dailySends.isPart,
  };
  const prepared = db
    .select(columns)
    .from(accounts)
    .innerJoin(plans, eq(plans.id, accounts.planId))
    .leftJoin(dailySends, eq(dailySends.accountId, accounts.id))
    .where(eq(accounts.id, slot("accountId")))
    .prepare();
  return straight(prepared, columns);
}

/** Used by the transaction that takes a message on: what is refused there is not counted. */
export function sendCounter(db: Handle) {
  const standing = standingQuery(db);
  const add = straightRun(
    db
      .update(dailySends)
      .set({ messages: sql`${dailySends.messages} + ${slot("count")}` })
      .where(eq(dailySends.accountId, slot("accountId")))
      .prepare(),
  );
  /** The day before is over. */
  const file = straightRun(
    db
      .insert(usageDays)
      .values({ accountId: slot("accountId"), day: slot("date"), messages: slot("messages") })
      .onConflictDoUpdate({
        target: [usageDays.accountId, usageDays.day],
        set: { messages: sql`${usageDays.messages} + excluded.messages` },
      })
      .prepare(),
  );

  async function begin(accountId: number, count: number, { date, begins, ends, ...more }: SendDay): Promise<void> {
    const set = { day: date, messages: count, beginsAt: begins, endsAt: ends, ...more };
    await db
      .insert(dailySends)
      .values({ accountId, ...set })
      .onConflictDoUpdate({ target: dailySends.accountId, set });
  }

  return {
    /** One message, or several that are taken on as one. */
    async countSend(accountId: number, at: number, count = 1): Promise<void> {
      const [found] = standing({ accountId });
      if (found === undefined) throw new WaygateError("not_found", "There is no such account.");
      const last = lastDayOf(found);
      const isUnderWay = last !== null && isWithin(last, at);
      const used = isUnderWay ? (found.messages ?? 0) : 0;
      if (found.limit !== null) refuseBeyond(found.limit, used, count, sendDay(found.timeZone, at, last), at);
      if (isUnderWay) return void add({ accountId, count });
      if (last !== null) file({ accountId, date: last.date, messages: found.messages });
      await begin(accountId, count, sendDay(found.timeZone, at, last));
    },
  };
}

export type SendStanding = { used: number; day: SendDay };

export function dailySendQueries(db: Handle) {
  const standing = standingQuery(db);
  return {
    /** Of the day that this moment is in, and of the one that was counted last, which may be another. */
    standing(accountId: number, at: number): { now: SendStanding; last: SendStanding | null } | null {
      const [found] = standing({ accountId });
      if (found === undefined) return null;
      const last = lastDayOf(found);
      const counted = last === null ? null : { used: found.messages ?? 0, day: last };
      const day = sendDay(found.timeZone, at, last);
      return { now: { used: day === last ? (found.messages ?? 0) : 0, day }, last: counted };
    },
  };
}

function lastDayOf({ date, zoneOfDay, begins, ends, isPart }: Standing): SendDay | null {
  if (date === null || zoneOfDay === null || begins === null || ends === null) return null;
  return { date, timeZone: zoneOfDay, begins, ends, isPart: isPart === true };
}

function refuseBeyond(perDay: number, used: number, count: number, day: SendDay, at: number): void {
  const limit = allowanceOf(perDay, day);
  if (used + count <= limit) return;
  const left = used < limit ? `only ${limit - used} of those of today are left` : "those of today are used up";
  const part = day.isPart
    ? ` (${limit} for the part of a day that began when the account moved to another time zone)`
    : "";
  const sentence = `The plan allows ${perDay} messages a day${part}, and ${left}; it goes on at midnight in ${day.timeZone}, ${isoTime(day.ends)}.`;
  throw new WaygateError("daily_limit_reached", sentence, {
    quota: { limit, used, resetsAt: day.ends },
    retryAfterMs: day.ends - at,
  });
}
