// Which events a caller gets: of what it asks for, what it may see; and from which place on.
import { Type } from "@sinclair/typebox";
import { WaygateError } from "../../core/errors.ts";
import { eventPatterns, readEventPatterns, wantedTypes } from "../../core/event-filter.ts";
import { chatIdOf } from "../../core/events.ts";
import type { Choice } from "../../services/event-feed.ts";
import type { Services } from "../../services/services.ts";
import { type Call, principalOf } from "../call.ts";
import { createChatAccess } from "./chat-access.ts";
import { createSessionAccess } from "./session-access.ts";

/** What is not given, or is empty, is not narrowed. */
export type Wanted = {
  events?: readonly string[] | undefined;
  /** By id or name. */
  sessions?: readonly string[] | undefined;
  chats?: readonly string[] | undefined;
};
type Input = { in: "query" | "body" | "header"; path: string };

export const Position = (description: string) =>
  Type.String({
    maxLength: 60,
    description: `${description} An event's id, \`earliest\` or \`latest\`.`,
    examples: ["latest"],
  });

export const EventPatterns = Type.Array(Type.String({ maxLength: 60 }), {
  maxItems: 100,
  description: `Names, sets like \`message.*\`, or \`*\` for all: ${eventPatterns.join(", ")}.`,
  examples: [["message.*", "session.failed"]],
});

/** The same in an address. */
export const eventsInQuery = {
  session: Type.Optional(Type.String({ maxLength: 64, description: "Of this session, by id or name." })),
  chat: Type.Optional(Type.String({ maxLength: 60, description: "In this chat." })),
  events: Type.Optional(
    Type.String({
      maxLength: 1_000,
      description: "Only these, separated by commas: names, sets like `message.*`, or `*`.",
      examples: ["message.*,session.failed"],
    }),
  ),
};
type InQuery = { session?: string | undefined; chat?: string | undefined; events?: string | undefined };

export function wantedIn({ session, chat, events }: InQuery): Wanted {
  return {
    ...(session === undefined ? {} : { sessions: [session] }),
    ...(chat === undefined ? {} : { chats: [chat] }),
    ...(events === undefined ? {} : { events: readEventPatterns(events.split(","), "events") }),
  };
}

export function createEventChoices(services: Services) {
  const { ids, eventFeed } = services;
  const { own } = createSessionAccess(services);
  const { ownChat } = createChatAccess(services);
  const eachOnce = async (shown: readonly string[] | undefined, find: (one: string) => Promise<number>) =>
    shown === undefined || shown.length === 0 ? null : new Set(await Promise.all(shown.map(find)));

  return {
    /** What the caller may see is looked at anew for each event: it may change while it listens. */
    async choose(call: Call, { events = [], sessions, chats }: Wanted): Promise<() => Choice> {
      const isNamed = wantedTypes(events);
      const sessionIds = await eachOnce(sessions, async (one) => (await own(call, one)).id);
      const chatIds = await eachOnce(chats, async (one) => (await ownChat(call, one)).chat.id);
      const accountId = principalOf(call).account.id;
      return () => {
        const { sessions: bound, scopes } = principalOf(call);
        return {
          accountId,
          mayWant: ({ type, sessionId }) =>
            isNamed(type) &&
            // Whoever sees a QR can link a phone of theirs: reading alone is not enough.
            (type !== "session.qr" || scopes.includes("manage")) &&
            (sessionIds === null || (sessionId !== null && sessionIds.has(sessionId))),
          wants: (full) =>
            (bound === null || (full.session !== null && bound.includes(full.session.name))) &&
            (chatIds === null || chatIds.has(chatIdOf(full) ?? 0)),
        };
      };
    },

    readPosition(text: string, at: Input): number {
      if (text === "earliest") return 0;
      if (text === "latest") return eventFeed.newest();
      const position = ids.read("event", text);
      if (position !== null) return position;
      const message = "This is not a place among the events: give an event's id, earliest or latest.";
      throw new WaygateError("invalid", `${at.path}: ${message}`, { fields: [{ ...at, message }] });
    },
  };
}
