// A message as it comes in to be sent, by request or over a socket.
import { type Static, Type } from "@sinclair/typebox";
import { day, second } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import type { MessageInput } from "../../services/messages.ts";
import { messageInput, readSaid } from "./message-input.ts";
import { given, strict } from "./shapes.ts";

export const NewMessage = Type.Object(
  {
    session_id: Type.String({ minLength: 1, maxLength: 64, description: "The session, by id or name." }),
    to: Type.String({
      minLength: 1,
      maxLength: 100,
      description:
        "A phone number with its country code in any usual form, or a full JID of a person, group or channel.",
    }),
    ...messageInput,
    if_offline: Type.Optional(
      OneOf(["queue", "fail"], {
        default: "queue",
        description: "`queue` keeps it until the session is connected; `fail` answers 503 then.",
      }),
    ),
    expires_in_seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: (30 * day) / second,
        default: day / second,
        description: "What could not go out by then fails with `expired`.",
      }),
    ),
    urgent: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "For what must not wait, a login code above all: the session's quiet hours and its quota of new people do not hold it, nothing that they hold in its chat goes before it, and nobody sees it being typed. What WhatsApp itself forbids holds it still.",
      }),
    ),
  },
  { ...strict, title: "NewMessage", examples: [{ session_id: "shop", to: "+1 555 100 0003", text: "Hello!" }] },
);

export function readNewMessage(body: Static<typeof NewMessage>, ids: Ids): MessageInput {
  const { to, if_offline, expires_in_seconds: seconds, urgent: isUrgent } = body;
  const expiresInMs = seconds === undefined ? undefined : seconds * second;
  const said = readSaid(body, ids);
  return { to, said, failsOffline: if_offline === "fail", ...given({ expiresInMs, isUrgent }) };
}
