// Forgetting a person in what is to be said later: what would go to them goes with its runs, what speaks of them is called
// off and says nothing of them any more.
import { and, asc, eq, gt, inArray, isNotNull, lte, or, sql } from "drizzle-orm";
import { valueWithout } from "../core/traces.ts";
import type { Handle } from "./database.ts";
import { digitsOf, type ForgettingTask, type Step } from "./forgetting-piece.ts";
import { schedules } from "./schedule-tables.ts";
import { ended } from "./schedules.ts";
import { idempotency } from "./tables.ts";

const spokeOfThem = { code: "cancelled", sentence: "It spoke of somebody who was forgotten." };

export function scheduleSteps(db: Handle) {
  const addressesOf = ({ traces: { phones, lids } }: ForgettingTask) => [
    ...phones.map((phone) => `${phone}@s.whatsapp.net`),
    ...lids.map((lid) => `${lid}@lid`),
  ];

  /** At once, in the transaction that begins it: nothing that is made from here on is theirs. */
  async function cancelWaiting(task: ForgettingTask, at: number): Promise<void> {
    const isTheirs = and(
      eq(schedules.accountId, task.accountId),
      inArray(schedules.target, addressesOf(task)),
      isNotNull(schedules.nextAt),
    );
    await db
      .update(schedules)
      .set({ ...ended("cancelled", at), revision: sql`${schedules.revision} + 1` })
      .where(isTheirs);
  }

  async function removeAll(accountId: number, ids: readonly number[]): Promise<void> {
    const isOfThese = and(eq(idempotency.accountId, accountId), inArray(idempotency.scheduleId, [...ids]));
    await db.delete(idempotency).where(isOfThese);
    await db.delete(schedules).where(inArray(schedules.id, [...ids]));
  }

  const forgetSchedules: Step = async (task, { most, at }) => {
    const { accountId, traces, place } = task;
    const isOwn = eq(schedules.accountId, accountId);
    const rows = await db
      .select({ id: schedules.id })
      .from(schedules)
      .where(and(isOwn, gt(schedules.id, place)))
      .orderBy(asc(schedules.id))
      .limit(most);
    const last = rows.at(-1);
    if (last === undefined) return { next: null };
    const range = and(isOwn, gt(schedules.id, place), lte(schedules.id, last.id));
    const theirs = await db
      .select({ id: schedules.id })
      .from(schedules)
      .where(and(range, inArray(schedules.target, addressesOf(task))));
    const ids = theirs.map(({ id }) => id);
    if (ids.length > 0) await removeAll(accountId, ids);
    const speaks = or(...digitsOf(traces).map((digits) => sql`instr(${schedules.said}, ${digits}) > 0`));
    for (const row of await db.select().from(schedules).where(and(range, speaks))) {
      const said = valueWithout(row.said, traces);
      if (JSON.stringify(said) === JSON.stringify(row.said)) continue;
      const stops = row.nextAt === null ? {} : { ...ended("cancelled", at), fault: spokeOfThem };
      await db
        .update(schedules)
        .set({ said, ...stops, revision: row.revision + 1 })
        .where(eq(schedules.id, row.id));
    }
    return { next: rows.length < most ? null : last.id };
  };

  return { cancelWaiting, forgetSchedules };
}
