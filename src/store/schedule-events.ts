// What is told of schedules, and how a run follows the message that it made: in the transaction in which that is settled.
import { and, eq, isNull, sql } from "drizzle-orm";
import type { EventType } from "../core/events.ts";
import type { MessageFault } from "../core/message.ts";
import type { RunState } from "../core/schedule.ts";
import type { Handle } from "./database.ts";
import { journalAppender } from "./journal.ts";
import { scheduleRuns, schedules } from "./schedule-tables.ts";
import { ended } from "./schedules.ts";
import { straight } from "./straight.ts";

type Told = {
  runId: number | null;
  nominalAt: number;
  missedUpTo?: number | null;
  messageId?: number | null;
  fault?: MessageFault | null;
  at: number;
};
type Teller = Pick<typeof schedules.$inferSelect, "id" | "accountId" | "sessionId" | "nextAt">;
export type SettledMessage = {
  id: number;
  at: number;
  state: Extract<RunState, "sent" | "failed" | "cancelled">;
  fault: MessageFault | null;
};

/** Used by every transaction in which a schedule comes to something. */
export function scheduleTeller(db: Handle) {
  const append = journalAppender(db);
  return (type: EventType & `schedule.${string}`, schedule: Teller, told: Told): void => {
    const { id: scheduleId, accountId, sessionId, nextAt } = schedule;
    const { runId, nominalAt, missedUpTo = null, messageId = null, fault = null, at } = told;
    // Without a message it is not named: others look for the row.
    const named = messageId === null ? {} : { messageId };
    append({
      accountId,
      sessionId,
      type,
      at,
      data: { scheduleId, runId, nominalAt, missedUpTo, nextAt, fault, ...named },
    });
  };
}

/** The run that made this message, if one did, and its schedule where that was its last. */
export function runFollower(db: Handle) {
  const tell = scheduleTeller(db);
  const fields = { id: scheduleRuns.id, scheduleId: scheduleRuns.scheduleId, nominalAt: scheduleRuns.nominalAt };
  const runOf = straight(
    db
      .select(fields)
      .from(scheduleRuns)
      .where(and(eq(scheduleRuns.messageId, sql.placeholder("messageId")), eq(scheduleRuns.state, "queued")))
      .prepare(),
    fields,
  );

  return async ({ id: messageId, at, state, fault }: SettledMessage): Promise<void> => {
    const [run] = runOf({ messageId });
    if (run === undefined) return;
    await db.update(scheduleRuns).set({ state, fault, settledAt: at }).where(eq(scheduleRuns.id, run.id));
    const isLast = and(
      eq(schedules.id, run.scheduleId),
      eq(schedules.lastRunId, run.id),
      eq(schedules.state, "pending"),
      isNull(schedules.nextAt),
    );
    await db
      .update(schedules)
      .set({ ...ended(state, at), fault })
      .where(isLast);
    const [schedule] = await db.select().from(schedules).where(eq(schedules.id, run.scheduleId));
    // Whoever calls one off knows.
    if (schedule === undefined || state === "cancelled") return;
    const { id: runId, nominalAt } = run;
    tell(`schedule.${state}`, schedule, { runId, nominalAt, messageId, fault, at });
  };
}
