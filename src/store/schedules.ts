// Schedules in the database: made, changed and called off by their owners, listed, and found when they are due.
import { and, asc, desc, eq, getTableColumns, gt, gte, inArray, isNotNull, lt, lte, type SQL, sql } from "drizzle-orm";
import { WaygateError } from "../core/errors.ts";
import type { PageRequest } from "../core/page.ts";
import type { Said } from "../core/said.ts";
import type { Schedule, ScheduleRun, ScheduleState, Timing } from "../core/schedule.ts";
import { ownerFinder } from "./chats.ts";
import type { Handle } from "./database.ts";
import { type IdempotencyKey, idempotencyKeeper } from "./idempotency.ts";
import { scheduleRuns, schedules } from "./schedule-tables.ts";

type Content = Pick<Schedule, "target" | "said" | "isUrgent" | "failsOffline" | "expiresInMs" | "file" | "fileBytes">;
export type NewSchedule = Content & Timing & { sessionId: number; nextAt: number; createdAt: number };
export type ScheduleCreation = { schedule: NewSchedule; idempotency: IdempotencyKey | null };
export type ScheduleChanges = Partial<Content & Timing & { nextAt: number }>;
export type ScheduleFilter = {
  accountId: number;
  sessionIds: readonly number[] | null;
  state?: ScheduleState | undefined;
  /** By its next time, or its last. */
  dueFrom?: number | undefined;
  dueUntil?: number | undefined;
};
/** What still waits of what it made; or that it made its last and is over but for that; or that it was over before. */
export type Cancelled = { messageIds: number[] } | "under_way" | "over";

export function scheduleWrites(db: Handle) {
  const ownerOf = ownerFinder(db);
  const { replayed, keep } = idempotencyKeeper(db);

  return {
    async "schedules.create"({
      schedule,
      idempotency,
    }: ScheduleCreation): Promise<{ id: number; isReplayed: boolean }> {
      const { createdAt, nextAt } = schedule;
      const owner = ownerOf(schedule.sessionId);
      if (owner === undefined) throw new WaygateError("not_found", "There is no such session.");
      const known = idempotency === null ? null : await replayed(owner.accountId, idempotency, createdAt);
      if (known?.scheduleId != null) return { id: known.scheduleId, isReplayed: true };
      const fresh = { state: "pending", dueAt: nextAt, runs: 0, revision: 0, updatedAt: createdAt } as const;
      const values = { ...schedule, accountId: owner.accountId, hasFile: hasFile(schedule.said), ...fresh };
      const [made] = await db.insert(schedules).values(values).returning({ id: schedules.id });
      const id = made?.id ?? 0;
      const done = { messageId: null, actionId: null, scheduleId: id };
      if (idempotency !== null) await keep(owner.accountId, idempotency, done, createdAt);
      return { id, isReplayed: false };
    },
    /** False where it is not as it was when this was thought out: it has run meanwhile, or was changed by another. */
    async "schedules.update"(input: {
      id: number;
      revision: number;
      changes: ScheduleChanges;
      at: number;
    }): Promise<boolean> {
      const { id, revision, changes, at } = input;
      const moved = {
        ...(changes.nextAt === undefined ? {} : { dueAt: changes.nextAt }),
        ...(changes.said === undefined ? {} : { hasFile: hasFile(changes.said) }),
      };
      const changed = await db
        .update(schedules)
        .set({ ...changes, ...moved, revision: revision + 1, updatedAt: at })
        .where(and(eq(schedules.id, id), eq(schedules.revision, revision), isNotNull(schedules.nextAt)))
        .returning({ id: schedules.id });
      return changed.length > 0;
    },
    async "schedules.cancel"({ id, at }: { id: number; at: number }): Promise<Cancelled> {
      const [row] = await db.select().from(schedules).where(eq(schedules.id, id));
      if (row === undefined || row.state !== "pending") return "over";
      if (row.nextAt === null) return "under_way";
      await db
        .update(schedules)
        .set({ ...ended("cancelled", at), revision: row.revision + 1, updatedAt: at })
        .where(eq(schedules.id, id));
      return { messageIds: await queuedOf(db, id) };
    },
    async "schedules.remove"({ id }: { id: number }): Promise<void> {
      await db.delete(schedules).where(eq(schedules.id, id));
    },
  };
}

const hasFile = ({ body }: Said) => body.kind === "media";

/** Nothing more is to come of it, and its file is of no more use. */
export function ended(state: Exclude<ScheduleState, "pending">, at: number) {
  return { state, nextAt: null, endedAt: at, file: null } as const;
}

/** What it made and what waits still. */
async function queuedOf(db: Handle, scheduleId: number): Promise<number[]> {
  const rows = await db
    .select({ messageId: scheduleRuns.messageId })
    .from(scheduleRuns)
    .where(and(eq(scheduleRuns.scheduleId, scheduleId), eq(scheduleRuns.state, "queued")))
    .orderBy(asc(scheduleRuns.id));
  return rows.flatMap(({ messageId }) => messageId ?? []);
}

export function scheduleQueries(db: Handle) {
  const select = () =>
    db
      .select({ schedule: getTableColumns(schedules), lastRun: getTableColumns(scheduleRuns) })
      .from(schedules)
      .leftJoin(scheduleRuns, eq(scheduleRuns.id, schedules.lastRunId));
  const show = ({ schedule, lastRun }: Row): Schedule => ({ ...schedule, lastRun });
  const one = select()
    .where(eq(schedules.id, sql.placeholder("id")))
    .prepare();
  const dueOnes = (condition: SQL) =>
    db
      .select({ id: schedules.id, nextAt: schedules.nextAt })
      .from(schedules)
      .where(and(eq(schedules.hasFile, sql.placeholder("hasFile")), condition))
      .orderBy(asc(schedules.nextAt))
      .limit(sql.placeholder("limit"))
      .prepare();
  const due = dueOnes(lte(schedules.nextAt, sql.placeholder("now")));
  const later = dueOnes(gt(schedules.nextAt, sql.placeholder("now")));

  return {
    async find(id: number): Promise<Schedule | null> {
      const [row] = await one.execute({ id });
      return row === undefined ? null : show(row);
    },
    /** Newest first; within a time by that, the latest first: any other order would have a million of them read. */
    async list(filter: ScheduleFilter, { before, limit }: PageRequest): Promise<Schedule[]> {
      const isByTime = (filter.dueFrom ?? filter.dueUntil) !== undefined;
      const order = isByTime ? [desc(schedules.dueAt), desc(schedules.id)] : [desc(schedules.id)];
      const place = isByTime ? beforeInTime : beforeById;
      const rows = await select()
        .where(and(matching(filter), before === null ? undefined : place(before)))
        .orderBy(...order)
        .limit(limit);
      return rows.map(show);
    },
    /** The earliest so many whose time has come, with a file to send or without. */
    async due(now: number, { hasFile, limit }: { hasFile: boolean; limit: number }): Promise<number[]> {
      const rows = await due.execute({ now, hasFile: Number(hasFile), limit });
      return rows.map(({ id }) => id);
    },
    /** When the next one's time comes; null where none waits. */
    async nextAfter(now: number): Promise<number | null> {
      const firsts = await Promise.all([0, 1].map((hasFile) => later.execute({ now, hasFile, limit: 1 })));
      const times = firsts.flat().flatMap(({ nextAt }) => nextAt ?? []);
      return times.length === 0 ? null : Math.min(...times);
    },
    /** Of one schedule, newest first. */
    async runs(scheduleId: number, { before, limit }: PageRequest): Promise<ScheduleRun[]> {
      return db
        .select()
        .from(scheduleRuns)
        .where(and(eq(scheduleRuns.scheduleId, scheduleId), before === null ? undefined : lt(scheduleRuns.id, before)))
        .orderBy(desc(scheduleRuns.id))
        .limit(limit);
    },
    async runOf(messageId: number): Promise<ScheduleRun | null> {
      const [row] = await db.select().from(scheduleRuns).where(eq(scheduleRuns.messageId, messageId));
      return row ?? null;
    },
    queuedOf: (scheduleId: number): Promise<number[]> => queuedOf(db, scheduleId),
  };
}

type Row = { schedule: typeof schedules.$inferSelect; lastRun: ScheduleRun | null };

const beforeById = (id: number) => lt(schedules.id, id);
const beforeInTime = (id: number) =>
  sql`(${schedules.dueAt}, ${schedules.id}) < (SELECT earlier.due_at, earlier.id FROM ${schedules} AS earlier WHERE earlier.id = ${id})`;

function matching(filter: ScheduleFilter): SQL | undefined {
  const { accountId, sessionIds, state, dueFrom, dueUntil } = filter;
  return and(
    eq(schedules.accountId, accountId),
    sessionIds === null ? undefined : inArray(schedules.sessionId, [...sessionIds]),
    state === undefined ? undefined : eq(schedules.state, state),
    dueFrom === undefined ? undefined : gte(schedules.dueAt, dueFrom),
    dueUntil === undefined ? undefined : lt(schedules.dueAt, dueUntil),
  );
}
