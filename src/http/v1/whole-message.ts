// One message with everything about it: whoever reacted, voted or has got it, and what was asked to be done to it.
import { Type } from "@sinclair/typebox";
import { actionKinds, actionStates, type MessageAction } from "../../core/action.ts";
import { isoTime } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import type { Message } from "../../core/message.ts";
import { OneOf } from "../../core/one-of.ts";
import type { WholeMessage as Whole } from "../../services/export.ts";
import type { Services } from "../../services/services.ts";
import { orNull, textOrNull } from "./message-media.ts";
import { MessageWithResponses, showResponses } from "./message-responses.ts";
import { showMessage } from "./message-shapes.ts";
import { Id, Time, TimeOrNull } from "./shapes.ts";

export const ActionJson = Type.Object(
  {
    id: Id("action", "Its id."),
    type: OneOf(actionKinds, { examples: ["reaction"] }),
    wa_id: Type.String({ description: "WhatsApp's own id of it.", examples: ["3EB0C767D097B7C7C030"] }),
    emoji: textOrNull("Of a reaction; null takes it back.", "👍"),
    text: textOrNull("Of an edit."),
    status: OneOf(actionStates, {
      description: "`queued` until WhatsApp has it, over restarts and broken connections; it holds once it is `sent`.",
      examples: ["sent"],
    }),
    error: orNull({ code: Type.String(), sentence: Type.String() }, "MessageActionError", "Why it came to nothing."),
    created_at: Time("When it was accepted."),
    expires_at: Time("It is not done any more after that."),
    sent_at: TimeOrNull("When WhatsApp took it."),
  },
  { title: "MessageAction" },
);

export const WholeMessage = Type.Object(
  {
    ...MessageWithResponses.properties,
    actions: Type.Array(ActionJson, {
      description: "What this account has asked to be done to it, oldest first: the newest fifty.",
      examples: [[]],
    }),
  },
  { title: "WholeMessage" },
);

export function createWholeMessages({ messages, messageActions, ids }: Services) {
  return {
    async showWhole(message: Message) {
      const [responses, actions] = await Promise.all([messages.responses(message), messageActions.listOf(message)]);
      return showWholeMessage({ message, responses, actions }, ids);
    },
  };
}

export function showWholeMessage({ message, responses, actions }: Whole, ids: Ids) {
  return {
    ...showMessage(message, ids),
    ...showResponses(responses),
    actions: actions.map((action) => showAction(action, ids)),
  };
}

export function showAction(action: MessageAction, ids: Ids) {
  const { id, kind, waId, emoji, text, state, fault, createdAt, expiresAt, sentAt } = action;
  return {
    id: ids.show("action", id),
    type: kind,
    wa_id: waId,
    emoji,
    text,
    status: state,
    error: fault,
    created_at: isoTime(createdAt),
    expires_at: isoTime(expiresAt),
    sent_at: isoTime(sentAt),
  };
}
