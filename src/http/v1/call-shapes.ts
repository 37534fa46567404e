// Calls as the native API shows them.
import { Type } from "@sinclair/typebox";
import { callOutcomes, type ListedCall, secondsSpoken } from "../../core/call.ts";
import { isoTime } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import { textOrNull } from "./message-media.ts";
import { showFace } from "./message-shapes.ts";
import { Id, Time, TimeOrNull } from "./shapes.ts";

export const CallOutcomeOrNull = (description: string) =>
  Type.Union([OneOf(callOutcomes), Type.Null()], { description, examples: ["missed"] });

export const callFields = {
  video: Type.Boolean({ description: "It is a video call.", examples: [false] }),
  group: Type.Boolean({ description: "A whole group was called.", examples: [false] }),
  answered_at: TimeOrNull("When another device of the number took it."),
  ended_at: TimeOrNull("When it was over; null while it rings, and where WhatsApp told nobody here."),
  duration_seconds: Type.Union([Type.Integer(), Type.Null()], {
    description: "For how long they spoke; null as long as nobody knows.",
    examples: [0],
  }),
};

export const CallJson = Type.Object(
  {
    id: Id("call", "The call's id."),
    session_id: Id("session", "The session whose number was called."),
    wa_id: Type.String({ description: "WhatsApp's own id of it.", examples: ["1A5C3E7B9D2F4A6C8E0B"] }),
    from: textOrNull("The caller's number with its +, else the LID.", "+15551000003"),
    caller: Type.Object(
      {
        contact_id: Id("contact", "The contact."),
        phone: textOrNull("With its +, when it is known.", "+15551000003"),
        lid: textOrNull("WhatsApp's other address of the same person.", "603168028046026"),
        name: textOrNull("As they are called here.", "Alice"),
      },
      { title: "Caller" },
    ),
    video: callFields.video,
    group: callFields.group,
    group_id: textOrNull("The group's JID, where WhatsApp says which."),
    outcome: CallOutcomeOrNull("What became of it; null while it rings."),
    started_at: Time("When it began to ring."),
    answered_at: callFields.answered_at,
    ended_at: callFields.ended_at,
    duration_seconds: callFields.duration_seconds,
    created_at: Time("When it was heard of here."),
  },
  { title: "Call" },
);

export function showCall(call: ListedCall, ids: Ids) {
  const { caller } = call;
  const face = showFace(caller);
  return {
    id: ids.show("call", call.id),
    session_id: ids.show("session", call.sessionId),
    wa_id: call.waId,
    from: face.phone ?? face.lid,
    caller: { contact_id: ids.show("contact", caller.id), ...face, name: caller.name ?? caller.pushName },
    video: call.isVideo,
    group: call.isGroup,
    group_id: call.groupJid,
    outcome: call.outcome,
    started_at: isoTime(call.startedAt),
    answered_at: isoTime(call.answeredAt),
    ended_at: isoTime(call.endedAt),
    duration_seconds: secondsSpoken(call),
    created_at: isoTime(call.createdAt),
  };
}
