// A schedule as it comes in: a message as it is sent, and when.
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { day, second } from "../../core/clock.ts";
import { invalidField } from "../../core/errors.ts";
import type { Ids } from "../../core/ids.ts";
import { parseInstant } from "../../core/instant.ts";
import { OneOf } from "../../core/one-of.ts";
import { onTimeMs } from "../../core/schedule.ts";
import { type TimingInput, usualLateMs } from "../../core/schedule-times.ts";
import type { ScheduleInput, SchedulePart, ScheduleUpdate } from "../../services/schedules.ts";
import { messageInput, readSaid } from "./message-input.ts";
import { NewMessage, readNewMessage } from "./new-message.ts";
import { asChanges, given, strict } from "./shapes.ts";

const example = "2030-01-31T09:00:00+01:00";
const instant = (description: string) =>
  Type.String({
    maxLength: 40,
    description: `${description} ISO-8601 with its offset, like ${example}.`,
    examples: [example],
  });
const orNone = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));

export const missedPolicies = ["run_once", "skip"] as const;
export const lateSeconds = Type.Integer({
  minimum: onTimeMs / second,
  maximum: (366 * day) / second,
  description: `How late it may still go: ${usualLateMs.once / second} unless you say otherwise, ${usualLateMs.recurring / second} for what recurs.`,
  examples: [3_600],
});
export const missedDescription =
  "What becomes of a time at which the gateway was off. `run_once`: it goes when the gateway is back, unless that is too late; of several such times, for the last one. `skip`: it does not. `schedule.missed` tells of what did not go. Less than a minute late is on time.";

const times = {
  send_at: Type.Optional(instant("When it goes out, once.")),
  cron: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        "When it recurs: five fields (minute, hour, day of the month, month, day of the week), or six with seconds in front; `MON-FRI`, `L` (the last day) and `FRI#2` (the second Friday) too. What the clock skips when it is put forward goes once, at the jump; what it shows twice goes the first time.",
      examples: ["0 9 * * MON-FRI"],
    }),
  ),
  time_zone: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: "With `cron`: where the clock hangs that it goes by.",
      examples: ["Europe/Berlin"],
    }),
  ),
  ends_at: orNone(instant("With `cron`: none after this.")),
  max_runs: orNone(
    Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: "With `cron`: so often, then it ends." }),
  ),
  if_missed: Type.Optional(
    Type.Object(
      { policy: OneOf(missedPolicies), within_seconds: orNone(lateSeconds) },
      { ...strict, title: "IfMissed", description: missedDescription, examples: [{ policy: "skip" }] },
    ),
  ),
};
const { session_id, to, ...message } = NewMessage.properties;

export const NewSchedule = Type.Object(
  { session_id, to, ...message, ...times },
  {
    ...strict,
    title: "NewSchedule",
    examples: [{ session_id: "shop", to: "+1 555 100 0003", text: "Hello!", send_at: example }],
  },
);
export const ScheduleChanges = Type.Object(
  { to: Type.Optional(to), ...asChanges(message), ...times },
  { ...strict, title: "ScheduleChanges", examples: [{ text: "Good morning!" }] },
);
type Times = Pick<Static<typeof NewSchedule>, keyof typeof times>;

export function readNewSchedule(body: Static<typeof NewSchedule>, ids: Ids): ScheduleInput {
  const { to, said, ...how } = readNewMessage(body, ids);
  return { to, said, ...how, ...readTimes(body) };
}

/** What it says is another as a whole where anything of that is given. */
export function readScheduleChanges(body: Static<typeof ScheduleChanges>, ids: Ids): ScheduleUpdate {
  const isSaid = Object.keys(messageInput).some((name) => name in body);
  const said = isSaid ? readSaid(body, ids) : undefined;
  return { ...given({ to: body.to, said, ...howOf(body) }), ...readTimes(body) };
}

function howOf(body: Static<typeof ScheduleChanges>): SchedulePart {
  const { if_offline: ifOffline, expires_in_seconds: seconds, urgent: isUrgent } = body;
  const failsOffline = ifOffline === undefined ? undefined : ifOffline === "fail";
  return { failsOffline, isUrgent, expiresInMs: seconds === undefined ? undefined : seconds * second };
}

function readTimes({ send_at, cron, time_zone: timeZone, ends_at, max_runs: maxRuns, if_missed }: Times): TimingInput {
  const sendAt = send_at === undefined ? undefined : readInstant(send_at, "/send_at");
  const endsAt = typeof ends_at === "string" ? readInstant(ends_at, "/ends_at") : ends_at;
  return given({ sendAt, cron, timeZone, endsAt, maxRuns, lateMs: readLateness(if_missed) });
}

function readLateness(wanted: Times["if_missed"]): number | null | undefined {
  const { policy, within_seconds: seconds } = wanted ?? {};
  if (policy === "run_once") return seconds == null ? undefined : seconds * second;
  if (policy === "skip" && seconds != null)
    throw invalidField("/if_missed/within_seconds", "What is skipped may not be late.");
  return policy === "skip" ? null : undefined;
}

function readInstant(text: string, path: string): number {
  const read = parseInstant(text);
  if ("at" in read) return read.at;
  const missing = `Which moment is meant? Give the time with its offset, like ${example}, or with a Z for UTC.`;
  throw invalidField(path, read.fault === "offset" ? missing : `There is no such time; write it like ${example}.`);
}
