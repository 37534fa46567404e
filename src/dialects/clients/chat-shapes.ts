// A chat and a message of it as the clients dialect shows them.
import { type Static, Type } from "@sinclair/typebox";
import type { Face } from "../../core/content.ts";
import type { Message } from "../../core/message.ts";
import type { Session } from "../../core/session.ts";
import type { ListedChat } from "../../store/chats.ts";
import type { Reaction } from "../../store/messages.ts";
import {
  ackOf,
  bodyOf,
  chatId,
  digitsOf,
  fileNameOf,
  hasMedia,
  personId,
  Serialized,
  StringOrNull,
  seconds,
  typeOf,
} from "./write.ts";

const ChatRow = Type.Object(
  {
    id: Type.Object({ _serialized: Type.String({ examples: ["9721234567@c.us"] }) }),
    name: Type.String({ examples: ["John Doe"] }),
    profilePic: StringOrNull,
    lastMessage: Type.Union([
      Type.Object({ body: Type.String(), timestamp: Type.Integer(), fromMe: Type.Boolean() }),
      Type.Null(),
    ]),
    timestamp: Type.Integer({ examples: [1_699_123_456] }),
    unreadCount: Type.Integer({ examples: [2] }),
    isMuted: Type.Boolean({ examples: [false] }),
    pinned: Type.Boolean({ examples: [false] }),
  },
  { title: "ClientsChat" },
);
const MessageRow = Type.Object(
  {
    id: Serialized,
    body: Type.String({ examples: ["Hello!"] }),
    fromMe: Type.Boolean({ examples: [false] }),
    timestamp: Type.Integer({ examples: [1_699_123_456] }),
    type: Type.String({ examples: ["chat"] }),
    hasMedia: Type.Boolean({ examples: [false] }),
    hasReaction: Type.Boolean({ examples: [false] }),
    reactions: Type.Union([Type.Array(Type.Object({ reaction: Type.String(), senderId: Type.String() })), Type.Null()]),
    ack: Type.Integer({
      description: "-1 failed, 0 on its way, 1 sent, 2 delivered, 3 read, 4 played.",
      examples: [3],
    }),
    filename: StringOrNull,
  },
  { title: "ClientsMessage" },
);
export type ChatRow = Static<typeof ChatRow>;
export type MessageRow = Static<typeof MessageRow>;
export const ChatList = Type.Object({ chats: Type.Array(ChatRow) }, { title: "ClientsChats" });
export const MessageList = Type.Object({ messages: Type.Array(MessageRow) }, { title: "ClientsMessages" });

const nobody: Face = { phone: null, lid: null };

export function showChat(chat: ListedChat, last: Message | null, now: number): ChatRow {
  const face = chat.contact ?? nobody;
  const shown = last === null ? null : { body: bodyOf(last), timestamp: seconds(last.saidAt), fromMe: last.isFromMe };
  return {
    id: { _serialized: chatId({ jid: chat.jid, face }) },
    name: chat.name ?? digitsOf(face),
    profilePic: null,
    lastMessage: shown,
    timestamp: seconds(chat.lastMessageAt ?? chat.createdAt),
    unreadCount: chat.unread,
    isMuted: (chat.mutedUntil ?? 0) > now,
    pinned: chat.pinnedAt !== null,
  };
}

type Around = { session: Session; reactions: readonly Reaction[]; isRead: boolean };

export function showMessage(message: Message, { session, reactions, isRead }: Around): MessageRow {
  const me: Face = { phone: session.identity?.phone ?? session.settings.intendedPhone, lid: null };
  return {
    id: { _serialized: message.waId },
    body: bodyOf(message),
    fromMe: message.isFromMe,
    timestamp: seconds(message.saidAt),
    type: typeOf(message),
    hasMedia: hasMedia(message),
    hasReaction: reactions.length > 0,
    reactions:
      reactions.length === 0
        ? null
        : reactions.map(({ emoji, who }) => ({ reaction: emoji, senderId: personId(who ?? me) })),
    ack: ackOf(message, isRead),
    filename: fileNameOf(message),
  };
}

/** The newest of what others wrote, as many as the chat counts. */
export function unreadIn(newestFirst: readonly Message[], count: number): ReadonlySet<number> {
  const theirs = newestFirst.filter(({ isFromMe }) => !isFromMe);
  return new Set(theirs.slice(0, count).map(({ id }) => id));
}
