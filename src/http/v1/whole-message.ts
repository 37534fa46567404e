// One message with everything about it: whoever reacted, voted or has got it, and what was asked to be done to it.
import { Type } from "@sinclair/typebox";
import { actionKinds, actionStates, type MessageAction } from "../../core/action.ts";
import { isoTime } from "../../core/clock.ts";
import type { Face } from "../../core/content.ts";
import type { Ids } from "../../core/ids.ts";
import type { Message } from "../../core/message.ts";
import { OneOf } from "../../core/one-of.ts";
import type { Services } from "../../services/services.ts";
import { orNull, textOrNull } from "./message-media.ts";
import { MessageJson, showFace, showMessage } from "./message-shapes.ts";
import { Id, Time, TimeOrNull } from "./shapes.ts";

const Who = Type.Object(
  {
    from_me: Type.Boolean(),
    phone: Type.Union([Type.String(), Type.Null()]),
    lid: Type.Union([Type.String(), Type.Null()]),
    name: Type.Union([Type.String(), Type.Null()]),
  },
  { title: "Responder" },
);
const timeOrNull = Type.Union([Type.String(), Type.Null()]);

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
    ...MessageJson.properties,
    reactions: Type.Array(Type.Object({ by: Who, emoji: Type.String(), at: Type.String() }), { examples: [[]] }),
    votes: Type.Array(Type.Object({ by: Who, options: Type.Array(Type.String()), at: Type.String() }), {
      examples: [[]],
    }),
    receipts: Type.Array(
      Type.Object({ by: Who, delivered_at: timeOrNull, read_at: timeOrNull, played_at: timeOrNull }),
      { description: "Of everybody who got it, in a group above all.", examples: [[]] },
    ),
    actions: Type.Array(ActionJson, {
      description: "What this account has asked to be done to it, oldest first: the newest fifty.",
      examples: [[]],
    }),
  },
  { title: "MessageWithResponses" },
);

export function createWholeMessages({ messages, messageActions, ids }: Services) {
  return {
    async showWhole(message: Message) {
      const [responses, actions] = await Promise.all([messages.responses(message), messageActions.listOf(message)]);
      return {
        ...showMessage(message, ids),
        ...showResponses(responses),
        actions: actions.map((action) => showAction(action, ids)),
      };
    },
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

type Responses = Awaited<ReturnType<Services["messages"]["responses"]>>;
type Responder = Responses["votes"][number];

function showResponses({ reactions, votes, receipts }: Responses) {
  const by = ({ contactId, who }: Pick<Responder, "contactId" | "who">) => ({
    from_me: contactId === 0,
    ...showFace((who ?? { phone: null, lid: null }) satisfies Face),
    name: who?.name ?? who?.pushName ?? null,
  });
  return {
    reactions: reactions.map((one) => ({ by: by(one), emoji: one.emoji, at: isoTime(one.at) })),
    votes: votes.map((one) => ({ by: by(one), options: one.options, at: isoTime(one.at) })),
    receipts: receipts.map((one) => ({
      by: by(one),
      delivered_at: isoTime(one.deliveredAt),
      read_at: isoTime(one.readAt),
      played_at: isoTime(one.playedAt),
    })),
  };
}
