// Schedules that end without having run: with their session, with a person, or because they ended long ago.
import { and, eq, inArray, isNotNull, lt, ne, type SQL } from "drizzle-orm";
import type { MessageFault } from "../core/message.ts";
import type { Handle } from "./database.ts";
import { scheduleTeller } from "./schedule-events.ts";
import { scheduleRuns, schedules } from "./schedule-tables.ts";
import { ended } from "./schedules.ts";

type OfSession = { sessionId: number; at: number; most: number };
type Old = { before: number; most: number; sessionId?: number };

const sessionRemoved: MessageFault = { code: "session_removed", sentence: "Its session was removed." };

/** Used by every transaction that ends more of them than one. */
export function scheduleEnder(db: Handle) {
  const tell = scheduleTeller(db);

  return {
    /** Those that wait, and those whose message does; gives back how many these were. */
    async failOfSession({ sessionId, at, most }: OfSession): Promise<number> {
      const rows = await db
        .select()
        .from(schedules)
        .where(and(eq(schedules.sessionId, sessionId), eq(schedules.state, "pending")))
        .limit(most);
      const ids = rows.map(({ id }) => id);
      await db
        .update(scheduleRuns)
        .set({ state: "failed", fault: sessionRemoved, settledAt: at })
        .where(and(inArray(scheduleRuns.scheduleId, ids), eq(scheduleRuns.state, "queued")));
      await db
        .update(schedules)
        .set({ ...ended("failed", at), fault: sessionRemoved })
        .where(inArray(schedules.id, ids));
      for (const row of rows) {
        const told = { runId: null, nominalAt: row.dueAt, fault: sessionRemoved, at };
        tell("schedule.failed", { ...row, nextAt: null }, told);
      }
      return rows.length;
    },
  };
}

export function scheduleEndWrites(db: Handle) {
  const { failOfSession } = scheduleEnder(db);

  async function remove(condition: SQL | undefined, most: number): Promise<number> {
    const rows = await db.select({ id: schedules.id }).from(schedules).where(condition).limit(most);
    const ids = rows.map(({ id }) => id);
    await db.delete(schedules).where(inArray(schedules.id, ids));
    return rows.length;
  }

  return {
    /** Before their session is removed. */
    "schedules.fail_all": (input: OfSession): Promise<number> => failOfSession(input),
    /** In pieces, so that nobody waits long: what ended so long ago, with its runs. */
    async "schedules.prune"({ before, most, sessionId }: Old): Promise<number> {
      const isOfSession = sessionId === undefined ? undefined : eq(schedules.sessionId, sessionId);
      return remove(and(isNotNull(schedules.endedAt), lt(schedules.endedAt, before), isOfSession), most);
    },
    /** Runs of what goes on. */
    async "schedules.prune_runs"({ before, most }: Old): Promise<number> {
      const isOld = and(lt(scheduleRuns.at, before), ne(scheduleRuns.state, "queued"));
      const rows = await db.select({ id: scheduleRuns.id }).from(scheduleRuns).where(isOld).limit(most);
      await db.delete(scheduleRuns).where(
        inArray(
          scheduleRuns.id,
          rows.map(({ id }) => id),
        ),
      );
      return rows.length;
    },
  };
}
