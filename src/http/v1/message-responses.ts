// What came back to a message, as the native API shows it.
import { Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import type { Face } from "../../core/content.ts";
import type { WholeMessage as Whole } from "../../services/export.ts";
import { MessageJson, showFace } from "./message-shapes.ts";

type Responses = Whole["responses"];
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
export const MessageWithResponses = Type.Object(
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
  },
  { title: "MessageWithResponses" },
);

type Responder = Responses["votes"][number];

export function showResponses({ reactions, votes, receipts }: Responses) {
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
