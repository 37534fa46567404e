// The event of somebody's presence in a chat.
import { Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import type { EventInFull } from "../../core/events.ts";
import type { Ids } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import { presenceStates } from "../../core/told.ts";
import { addressOf, anyoneIn, PersonOrNull, type Told } from "./event-people.ts";
import { IdOrNull, TimeOrNull } from "./shapes.ts";

export const presenceEventData = {
  "presence.updated": Type.Object(
    {
      chat_id: IdOrNull("chat", "The chat."),
      person: PersonOrNull("Whose it is; null for who was forgotten."),
      state: Type.Union([OneOf(presenceStates), Type.Null()], {
        description:
          "`available` or `unavailable` on WhatsApp; `typing` or `recording` in this chat, and `paused` after that.",
        examples: ["typing"],
      }),
      last_seen_at: TimeOrNull("When they were last there, as far as they let others know."),
    },
    { title: "EventPresence" },
  ),
};

export function showPresenceEvent(full: EventInFull, ids: Ids): Told {
  const { chatId, state, lastSeenAt } = full.event.data;
  const person = anyoneIn(full, ids);
  return {
    from: person === null ? null : addressOf(person),
    data: {
      chat_id: typeof chatId === "number" ? ids.show("chat", chatId) : null,
      person,
      state: presenceStates.find((one) => one === state) ?? null,
      last_seen_at: isoTime(typeof lastSeenAt === "number" ? lastSeenAt : null),
    },
  };
}
