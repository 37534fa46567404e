// A schedule that runs: in one transaction the run, which no second one can be for the same time, the message that it makes
// with everything that belongs to one, what comes next, and what others are told.
import { and, eq } from "drizzle-orm";
import { WaygateError } from "../core/errors.ts";
import type { MessageFault } from "../core/message.ts";
import type { RunState, ScheduleState } from "../core/schedule.ts";
import type { Due } from "../core/schedule-times.ts";
import type { Handle } from "./database.ts";
import { type NewMessage, outboxWrites } from "./outbox.ts";
import { scheduleTeller } from "./schedule-events.ts";
import { scheduleRuns, schedules } from "./schedule-tables.ts";
import { ended } from "./schedules.ts";

export type Firing = {
  id: number;
  /** As it was when this was made ready. */
  revision: number;
  missed: Due["missed"];
  /** What it made for that time, or why there is nothing; null where it does not run. */
  run: { nominalAt: number; made: NewMessage | MessageFault } | null;
  nextAt: number | null;
  at: number;
};
export type Fired = { runId: number; message: { id: number; chatId: number } | null };
/** It is not what it was, and nothing was done; or it was, and nothing had to be sent. */
export type FiringOutcome = { outcome: "stale" } | { outcome: "done"; fired: Fired | null };
export type ManualRun = Pick<Firing, "id" | "revision" | "at"> & { message: NewMessage };

type Row = typeof schedules.$inferSelect;
type NewRun = Omit<typeof scheduleRuns.$inferInsert, "id" | "scheduleId">;

export function scheduleRunWrites(db: Handle) {
  const { "outbox.enqueue": enqueue } = outboxWrites(db);
  const tell = scheduleTeller(db);

  async function find(id: number, revision: number): Promise<Row | null> {
    const [row] = await db.select().from(schedules).where(eq(schedules.id, id));
    return row === undefined || row.revision !== revision || row.nextAt === null ? null : row;
  }

  /** Null where it has run for that time already. */
  async function insertRun(scheduleId: number, run: NewRun): Promise<number | null> {
    const [made] = await db
      .insert(scheduleRuns)
      .values({ ...run, scheduleId })
      .onConflictDoNothing()
      .returning({ id: scheduleRuns.id });
    return made?.id ?? null;
  }

  async function sendFor(runId: number, message: NewMessage): Promise<Fired> {
    const { id, chatId } = await enqueue(message);
    if (chatId === null) throw new WaygateError("conflict", "It has been run with this Idempotency-Key already.");
    await db.update(scheduleRuns).set({ messageId: id }).where(eq(scheduleRuns.id, runId));
    return { runId, message: { id, chatId } };
  }

  async function noteMissed(row: Row, { missed, nextAt, at }: Firing): Promise<number | null> {
    if (missed === null) return null;
    const { from: nominalAt, upTo: missedUpTo } = missed;
    const run = { nominalAt, missedUpTo, isManual: false, state: "missed", at, settledAt: at } as const;
    const runId = await insertRun(row.id, run);
    if (runId !== null) tell("schedule.missed", { ...row, nextAt }, { ...run, runId, at });
    return runId;
  }

  async function begin(row: Row, { run, nextAt, at }: Firing): Promise<Fired | null> {
    if (run === null) return null;
    const { nominalAt, made } = run;
    const isMade = "waId" in made;
    const state: RunState = isMade ? "queued" : "failed";
    const noted = { nominalAt, isManual: false, state, fault: isMade ? null : made, at, settledAt: isMade ? null : at };
    const runId = await insertRun(row.id, noted);
    if (runId === null) return null;
    if (isMade) return sendFor(runId, made);
    tell("schedule.failed", { ...row, nextAt }, { nominalAt, runId, fault: made, at });
    return { runId, message: null };
  }

  /** What has no time to come any more stands as it ended, unless that is not known yet. */
  async function standing(lastRunId: number | null, nextAt: number | null, at: number) {
    if (nextAt !== null) return { nextAt, dueAt: nextAt };
    const [run] = lastRunId === null ? [] : await db.select().from(scheduleRuns).where(eq(scheduleRuns.id, lastRunId));
    if (run === undefined || run.state === "queued") return { nextAt };
    return { ...ended(run.state satisfies ScheduleState, at), fault: run.fault };
  }

  return {
    async "schedules.fire"(firing: Firing): Promise<FiringOutcome> {
      const { id, revision, nextAt, at } = firing;
      const row = await find(id, revision);
      if (row === null) return { outcome: "stale" };
      const missedId = await noteMissed(row, firing);
      const fired = await begin(row, firing);
      const lastRunId = fired?.runId ?? missedId ?? row.lastRunId;
      const counted = { runs: row.runs + (fired === null ? 0 : 1), lastRunId, revision: revision + 1 };
      await db
        .update(schedules)
        .set({ ...counted, ...(await standing(lastRunId, nextAt, at)) })
        .where(eq(schedules.id, id));
      return { outcome: "done", fired };
    },
    /** Because somebody asked for it: one that has a single time has had it with that, one that recurs goes on as before. */
    async "schedules.run"({ id, revision, at, message }: ManualRun): Promise<Fired | null> {
      const row = await find(id, revision);
      if (row === null) return null;
      const runId = await insertRun(id, { nominalAt: at, isManual: true, state: "queued", at });
      if (runId === null) return null;
      const fired = await sendFor(runId, message);
      const isOnce = row.sendAt !== null;
      await db
        .update(schedules)
        .set({ lastRunId: runId, revision: revision + 1, ...(isOnce ? { nextAt: null, dueAt: at } : {}) })
        .where(and(eq(schedules.id, id)));
      return fired;
    },
  };
}
