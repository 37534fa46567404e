// A schedule as the native API shows it, and each time that it ran.
import { type Static, Type } from "@sinclair/typebox";
import { isoTime, second } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import { runStates, type Schedule, type ScheduleRun, scheduleStates } from "../../core/schedule.ts";
import { numberOrNull, orNull, textOrNull } from "./message-media.ts";
import { saidShape, showSaid } from "./said-shapes.ts";
import { lateSeconds, missedDescription, missedPolicies } from "./schedule-input.ts";
import { Id, IdOrNull, Time, TimeOrNull } from "./shapes.ts";

const Fault = orNull({ code: Type.String(), sentence: Type.String() }, "ScheduleError", "Why it said nothing.");

export const ScheduleRunJson = Type.Object(
  {
    id: Id("scheduleRun", "Its id."),
    schedule_id: Id("schedule", "The schedule."),
    scheduled_at: Time("When it was due; where somebody asked for it, when that was."),
    missed_until: TimeOrNull("Of several times that were missed one after the other: the last of them."),
    manual: Type.Boolean({ description: "Somebody asked for it, beside its times.", examples: [false] }),
    status: OneOf(runStates, {
      description: "`queued` while its message waits, as any message does; then what became of that.",
      examples: ["sent"],
    }),
    message_id: IdOrNull("message", "The message that it made."),
    error: Fault,
    started_at: Time("When it ran, or was found to be missed."),
    settled_at: TimeOrNull("When it was known what became of it."),
  },
  { title: "ScheduleRun" },
);

export const ScheduleJson = Type.Object(
  {
    id: Id("schedule", "The schedule's id."),
    session_id: Id("session", "The session it goes out from."),
    status: OneOf(scheduleStates, {
      description: "`pending` while a time is yet to come, or its last message on its way; then what became of that.",
      examples: ["pending"],
    }),
    error: Fault,
    next_run_at: TimeOrNull("When it is due next."),
    last_run: Type.Union([ScheduleRunJson, Type.Null()], { description: "What came of it last.", examples: [null] }),
    runs: Type.Integer({ description: "How often it ran at its times.", examples: [0] }),
    to: Type.String({ description: "The chat's address.", examples: ["15551000003@s.whatsapp.net"] }),
    ...saidShape,
    if_offline: OneOf(["queue", "fail"], { examples: ["queue"] }),
    expires_in_seconds: numberOrNull("How long its message may wait to go out; null is a day."),
    urgent: Type.Boolean({ examples: [false] }),
    send_at: TimeOrNull("When it goes out, once; null for one that recurs."),
    cron: textOrNull("When it recurs.", "0 9 * * MON-FRI"),
    time_zone: textOrNull("By the clock of this zone.", "Europe/Berlin"),
    ends_at: TimeOrNull("It does not recur after that."),
    max_runs: numberOrNull("It does not recur more often."),
    if_missed: Type.Object(
      { policy: OneOf(missedPolicies), within_seconds: Type.Union([lateSeconds, Type.Null()]) },
      { title: "ScheduleIfMissed", description: missedDescription },
    ),
    created_at: Time("When it was made."),
    updated_at: Time("When it was last changed."),
    ended_at: TimeOrNull("When it came to its end."),
  },
  { title: "Schedule" },
);

export function showRun(run: ScheduleRun, ids: Ids): Static<typeof ScheduleRunJson> {
  return {
    id: ids.show("scheduleRun", run.id),
    schedule_id: ids.show("schedule", run.scheduleId),
    scheduled_at: isoTime(run.nominalAt),
    missed_until: isoTime(run.missedUpTo),
    manual: run.isManual,
    status: run.state,
    message_id: run.messageId === null ? null : ids.show("message", run.messageId),
    error: run.fault,
    started_at: isoTime(run.at),
    settled_at: isoTime(run.settledAt),
  };
}

export function showSchedule(schedule: Schedule, ids: Ids): Static<typeof ScheduleJson> {
  const { lateMs, lastRun, expiresInMs } = schedule;
  return {
    id: ids.show("schedule", schedule.id),
    session_id: ids.show("session", schedule.sessionId),
    status: schedule.state,
    error: schedule.fault,
    next_run_at: isoTime(schedule.nextAt),
    last_run: lastRun === null ? null : showRun(lastRun, ids),
    runs: schedule.runs,
    to: schedule.target,
    ...showSaid(schedule.said, schedule.fileBytes, ids),
    if_offline: schedule.failsOffline ? "fail" : "queue",
    expires_in_seconds: expiresInMs === null ? null : expiresInMs / second,
    urgent: schedule.isUrgent,
    send_at: isoTime(schedule.sendAt),
    cron: schedule.cron,
    time_zone: schedule.timeZone,
    ends_at: isoTime(schedule.endsAt),
    max_runs: schedule.maxRuns,
    if_missed:
      lateMs === null
        ? { policy: "skip", within_seconds: null }
        : { policy: "run_once", within_seconds: lateMs / second },
    created_at: isoTime(schedule.createdAt),
    updated_at: isoTime(schedule.updatedAt),
    ended_at: isoTime(schedule.endedAt),
  };
}
