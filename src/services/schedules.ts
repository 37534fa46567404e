// Schedules: messages to be said later, once or again and again; made, changed, called off, or run at once.
import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { createLanes } from "../core/lanes.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import type { Engine } from "../core/ports.ts";
import type { Said } from "../core/said.ts";
import type { Schedule, ScheduleRun } from "../core/schedule.ts";
import { readTiming, type TimingInput } from "../core/schedule-times.ts";
import type { Session } from "../core/session.ts";
import type { IdempotencyKey } from "../store/idempotency.ts";
import type { ScheduleChanges, ScheduleFilter } from "../store/schedules.ts";
import type { Store } from "../store/store.ts";
import { isResting, type MessageInput, type Messages, type Sending } from "./messages.ts";
import { type Preparer, queuedOf, refuseUnlinked } from "./preparing.ts";
import type { Repeats } from "./repeats.ts";
import { changesOf } from "./schedule-changes.ts";
import type { ScheduleContents } from "./schedule-contents.ts";
import type { SessionReach } from "./sessions.ts";

export type SchedulePart = Pick<MessageInput, "failsOffline" | "expiresInMs" | "isUrgent">;
export type ScheduleInput = SchedulePart & TimingInput & { to: string; said: Said };
export type ScheduleUpdate = SchedulePart & TimingInput & { to?: string | undefined; said?: Said | undefined };
export type Schedules = ReturnType<typeof createSchedules>;

type Needs = {
  store: Store;
  engine: Engine | null;
  sending: Sending | null;
  preparer: Preparer | null;
  contents: ScheduleContents;
  messages: Messages;
  repeats: Repeats;
  clock: Clock;
};

/** So often a change is thought out anew because it has just run. */
const tries = 3;
const changing = () => new WaygateError("conflict", "It runs, or is changed, just now; ask again.");

export function createSchedules({ store, engine, sending, preparer, contents, messages, repeats, clock }: Needs) {
  const inTurn = createLanes<number>();

  async function find(id: number): Promise<Schedule> {
    await store.written();
    const found = await store.schedules.find(id);
    if (found === null) throw new WaygateError("not_found", "There is no such schedule.");
    return found;
  }

  async function isWithin({ accountId, sessions }: SessionReach, schedule: Schedule): Promise<boolean> {
    if (schedule.accountId !== accountId || sessions === null) return schedule.accountId === accountId;
    const session = await store.sessions.find(schedule.sessionId);
    return session !== null && sessions.includes(session.name);
  }

  async function sessionOf({ sessionId }: Schedule): Promise<Session> {
    const session = await store.sessions.find(sessionId);
    if (session === null) throw new WaygateError("conflict", "Its session was removed.");
    return session;
  }

  async function make(session: Session, input: ScheduleInput, idempotency: IdempotencyKey | null) {
    const { timing, nextAt } = readTiming(input, clock.now());
    refuseUnlinked(session);
    const { to, said } = input;
    const kept = await contents.keep(session, { to, said, recurs: timing.cron !== null });
    const { isUrgent = false, failsOffline = false, expiresInMs = null } = input;
    const how = { isUrgent, failsOffline, expiresInMs };
    const schedule = { ...kept, ...timing, ...how, nextAt, sessionId: session.id, createdAt: clock.now() };
    try {
      const made = await store.write("schedules.create", { schedule, idempotency });
      if (made.isReplayed) await contents.discard(kept);
      return made;
    } catch (error) {
      await contents.discard(kept);
      throw error;
    }
  }

  function refuseOver({ state, nextAt }: Schedule): void {
    if (state !== "pending") throw new WaygateError("conflict", `It is ${state} already.`);
    if (nextAt === null) throw new WaygateError("conflict", "What it says is on its way already.");
  }

  /** On the row as it then stands, again where it has run meanwhile. */
  async function change(id: number, how: (row: Schedule) => ScheduleChanges): Promise<Schedule> {
    for (let left = tries; left > 0; left -= 1) {
      const row = await find(id);
      refuseOver(row);
      const at = clock.now();
      const { revision } = row;
      if (await store.write("schedules.update", { id, revision, changes: how(row), at })) return find(id);
    }
    throw changing();
  }

  async function cancelMessage(id: number): Promise<void> {
    await messages.cancel(await messages.get(id));
  }

  async function cancel(schedule: Schedule): Promise<Schedule> {
    const { id } = schedule;
    const left = await store.write("schedules.cancel", { id, at: clock.now() });
    if (left === "over") throw new WaygateError("conflict", `It is ${(await find(id)).state} already.`);
    if (left === "under_way") {
      // Its last message: with that it is cancelled itself.
      for (const messageId of await store.schedules.queuedOf(id)) await cancelMessage(messageId);
      return find(id);
    }
    for (const messageId of left.messageIds) {
      await cancelMessage(messageId).catch((error) => {
        // On its way just now: that one was said still.
        if (!(error instanceof WaygateError && error.code === "conflict")) throw error;
      });
    }
    return find(id);
  }

  async function runOf(messageId: number): Promise<ScheduleRun> {
    await store.written();
    const run = await store.schedules.runOf(messageId);
    if (run === null) throw new WaygateError("not_found", "This run is not kept any more.");
    return run;
  }

  async function runNow(row: Schedule, idempotency: IdempotencyKey | null): Promise<number> {
    refuseOver(row);
    if (preparer === null) throw new WaygateError("unavailable", "No session runs here.");
    const session = await sessionOf(row);
    const { message, discard } = await preparer.prepare(session, inputOf(row));
    const { id, revision } = row;
    const manual = { id, revision, at: clock.now(), message: { ...message, idempotency } };
    try {
      const fired = await store.write("schedules.run", manual);
      if (fired?.message == null) throw changing();
      if (!isResting(engine, session.id))
        for (const queued of queuedOf(message, fired.message)) sending?.offer(session.id, queued);
      return fired.message.id;
    } catch (error) {
      await discard();
      throw error;
    }
  }

  return {
    async get(reach: SessionReach, id: number): Promise<Schedule> {
      const found = await find(id);
      if (await isWithin(reach, found)) return found;
      throw new WaygateError("not_found", "There is no such schedule.");
    },
    /** Newest first, or by their time where that narrows them. */
    async list(filter: ScheduleFilter, page: PageRequest): Promise<Page<Schedule>> {
      await store.written();
      return pageOf(page, (oneMore) => store.schedules.list(filter, oneMore));
    },
    /** When it ran and what came of it, newest first. */
    async listRuns({ id }: Schedule, page: PageRequest): Promise<Page<ScheduleRun>> {
      await store.written();
      return pageOf(page, (oneMore) => store.schedules.runs(id, oneMore));
    },
    create(session: Session, input: ScheduleInput, key?: string): Promise<{ schedule: Schedule; isReplayed: boolean }> {
      return repeats.once(session.accountId, key, async () => {
        const idempotency =
          key === undefined ? null : { key, fingerprint: fingerprintOf("schedule", session.id, input) };
        const known = await repeats.find(session.accountId, idempotency);
        if (known?.scheduleId != null) return { schedule: await find(known.scheduleId), isReplayed: true };
        const { id, isReplayed } = await make(session, input, idempotency);
        return { schedule: await find(id), isReplayed };
      });
    },
    /** Only while it has a time yet to come. */
    async update(schedule: Schedule, update: ScheduleUpdate): Promise<Schedule> {
      refuseOver(schedule);
      const session = await sessionOf(schedule);
      // Its file is brought once, however often it runs meanwhile.
      const { changes, discard } = await changesOf(schedule, { session, update, now: clock.now(), contents });
      try {
        return await inTurn(schedule.id, () => change(schedule.id, changes));
      } catch (error) {
        await discard();
        throw error;
      }
    },
    /** With what it made and what waits still. What is on its way just now cannot be held back. */
    cancel,
    /** Called off first, if it is not over. */
    async remove(schedule: Schedule): Promise<void> {
      const now = schedule.state === "pending" ? await cancel(schedule) : schedule;
      await store.write("schedules.remove", { id: now.id });
    },
    run(schedule: Schedule, key?: string): Promise<{ run: ScheduleRun; isReplayed: boolean }> {
      return repeats.once(schedule.accountId, key, async () => {
        const idempotency = key === undefined ? null : { key, fingerprint: fingerprintOf("run", schedule.id, null) };
        const known = await repeats.find(schedule.accountId, idempotency);
        if (known?.messageId != null) return { run: await runOf(known.messageId), isReplayed: true };
        return { run: await runOf(await runNow(schedule, idempotency)), isReplayed: false };
      });
    },
  };
}

/** As if somebody asked for it now. */
export function inputOf({ target: to, said, isUrgent, failsOffline, expiresInMs }: Schedule): MessageInput {
  return { to, said, isUrgent, failsOffline, ...(expiresInMs === null ? {} : { expiresInMs }) };
}

/** Of everything that makes it this request and no other. */
function fingerprintOf(what: "schedule" | "run", id: number, input: ScheduleInput | null): Uint8Array {
  return createHash("sha256")
    .update(JSON.stringify([what, id, input]))
    .digest();
}
