// Events of calls: that somebody calls, that the session has rejected it, that it rings no more.
import { Type } from "@sinclair/typebox";
import { type CallOutcome, callOutcomes, secondsSpoken } from "../../core/call.ts";
import { isoTime } from "../../core/clock.ts";
import type { EventInFull } from "../../core/events.ts";
import type { Ids } from "../../core/ids.ts";
import { CallOutcomeOrNull, callFields } from "./call-shapes.ts";
import { addressOf, EventPerson, personOf, type Told } from "./event-people.ts";
import { IdOrNull, TimeOrNull } from "./shapes.ts";

const call = {
  id: IdOrNull("call", "The call's id in the list of calls; null for one from before that was kept."),
  call_id: Type.String({ description: "WhatsApp's own id of the call.", examples: ["1A5C3E7B9D2F4A6C8E0B"] }),
  caller: EventPerson,
  video: callFields.video,
  group: callFields.group,
  started_at: TimeOrNull("When it began to ring."),
};

export const callEventData = {
  "call.received": Type.Object(
    { ...call, late: Type.Boolean({ description: "It rang while the session was away.", examples: [false] }) },
    { title: "EventCallReceived" },
  ),
  "call.rejected": Type.Object(call, { title: "EventCall" }),
  "call.ended": Type.Object(
    {
      ...call,
      outcome: CallOutcomeOrNull("What became of it."),
      answered_at: callFields.answered_at,
      ended_at: callFields.ended_at,
      duration_seconds: callFields.duration_seconds,
    },
    { title: "EventCallEnded" },
  ),
};

export function showCallEvent(full: EventInFull, ids: Ids): Told {
  const { type, data } = full.event;
  const caller = personOf(full, ids);
  const common = {
    id: typeof data.callRow === "number" ? ids.show("call", data.callRow) : null,
    call_id: typeof data.callId === "string" ? data.callId : "",
    caller,
    video: data.isVideo === true,
    group: data.isGroup === true,
    started_at: isoTime(numberIn(data.startedAt)),
  };
  const told = { from: addressOf(caller), data: common };
  if (type === "call.received") return { ...told, data: { ...common, late: data.isLate === true } };
  return type === "call.ended" ? { ...told, data: { ...common, ...endOf(data) } } : told;
}

function endOf(data: Record<string, unknown>) {
  const outcome = callOutcomes.find((one): one is CallOutcome => one === data.outcome) ?? null;
  const [answeredAt, endedAt] = [numberIn(data.answeredAt), numberIn(data.endedAt)];
  return {
    outcome,
    answered_at: isoTime(answeredAt),
    ended_at: isoTime(endedAt),
    duration_seconds: secondsSpoken({ outcome, answeredAt, endedAt }),
  };
}

const numberIn = (value: unknown) => (typeof value === "number" ? value : null);
