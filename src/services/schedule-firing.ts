// A schedule whose time has come: its message is made ready as if somebody asked for it now, and kept with the run, what
// comes next and what is told of it in one transaction. What cannot be said is written down with the reason.
import type { Clock } from "../core/clock.ts";
import { messageOf, WaygateError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { MessageFault } from "../core/message.ts";
import type { Engine } from "../core/ports.ts";
import type { Schedule } from "../core/schedule.ts";
import { dueOf } from "../core/schedule-times.ts";
import type { Fired, Firing } from "../store/schedule-runs.ts";
import type { Store } from "../store/store.ts";
import { isResting, type Sending } from "./messages.ts";
import { type Prepared, type Preparer, queuedOf } from "./preparing.ts";
import { inputOf } from "./schedules.ts";

export type FireOptions = {
  /** What might pass is not waited for any longer. */
  isLastTry: boolean;
};
/** Throws for what may pass: then nothing was done. */
export type Fire = (scheduleId: number, options: FireOptions) => Promise<void>;

type Needs = { store: Store; engine: Engine; sending: Sending | null; preparer: Preparer; clock: Clock; log: Log };

const passing: readonly string[] = ["unavailable", "storage_full", "rate_limited", "internal"];
const sessionGone: MessageFault = { code: "session_removed", sentence: "Its session was removed." };
const inside: MessageFault = {
  code: "internal",
  sentence: "Something went wrong here when it was to go out; the log says what.",
};

export function createScheduleFiring({ store, engine, sending, preparer, clock, log }: Needs): Fire {
  function faultOf(error: unknown, { sessionId, failsOffline }: Schedule, isLastTry: boolean): MessageFault | null {
    const known = error instanceof WaygateError ? error : null;
    // One that is not to wait for its session does not, where that will not be there within moments.
    const isHopeless = failsOffline && isResting(engine, sessionId);
    const mayPass = known === null || passing.includes(known.code);
    if (mayPass && !isLastTry && !isHopeless) return null;
    if (known !== null && known.code !== "internal") return { code: known.code, sentence: known.message };
    log.error({ session: sessionId, error: messageOf(error) }, "what was scheduled could not be made ready");
    return inside;
  }

  async function make(schedule: Schedule, isLastTry: boolean): Promise<Prepared | MessageFault> {
    const session = await store.sessions.find(schedule.sessionId);
    if (session === null) return sessionGone;
    try {
      return await preparer.prepare(session, inputOf(schedule));
    } catch (error) {
      const fault = faultOf(error, schedule, isLastTry);
      if (fault === null) throw error;
      return fault;
    }
  }

  async function keep(firing: Firing): Promise<Fired | null> {
    const done = await store.write("schedules.fire", firing);
    return done.outcome === "done" ? done.fired : null;
  }

  /** What the plan forbids, for one, is known only there. */
  async function keepMessage(schedule: Schedule, firing: Omit<Firing, "run">, nominalAt: number, prepared: Prepared) {
    const message = { ...prepared.message, idempotency: null };
    try {
      const fired = await keep({ ...firing, run: { nominalAt, made: message } });
      if (fired?.message == null) return prepared.discard();
      if (!isResting(engine, schedule.sessionId))
        for (const queued of queuedOf(message, fired.message)) sending?.offer(schedule.sessionId, queued);
    } catch (error) {
      await prepared.discard();
      const fault = faultOf(error, schedule, false);
      if (fault === null) throw error;
      await keep({ ...firing, run: { nominalAt, made: fault } });
    }
  }

  return async function fire(scheduleId, { isLastTry }) {
    const schedule = await store.schedules.find(scheduleId);
    const at = clock.now();
    if (schedule === null || schedule.nextAt === null || schedule.nextAt > at) return;
    const { id, revision, nextAt: dueAt, runs } = schedule;
    const { runAt, missed, nextAt } = dueOf(schedule, { nextAt: dueAt, runs }, at);
    const firing = { id, revision, missed, nextAt, at };
    if (runAt === null) return void (await keep({ ...firing, run: null }));
    const made = await make(schedule, isLastTry);
    if ("discard" in made) return keepMessage(schedule, firing, runAt, made);
    await keep({ ...firing, run: { nominalAt: runAt, made } });
  };
}
