// /api/chats: the chat page's own routes, for whoever is signed in.
import { type Static, Type } from "@sinclair/typebox";
import type { Message } from "../../core/message.ts";
import { justText } from "../../core/said.ts";
import type { Session } from "../../core/session.ts";
import type { Call } from "../../http/call.ts";
import { routes } from "../../http/surface.ts";
import type { Resource } from "../../http/v1/resource.ts";
import { lenient } from "../shapes.ts";
import {
  ChatList,
  type ChatRow,
  MessageList,
  type MessageRow,
  showChat,
  showMessage,
  unreadIn,
} from "./chat-shapes.ts";
import type { Limits } from "./limits.ts";
import { chatParameters, clientParameter, createClientAccess, readChatId } from "./read.ts";
import { sendFor } from "./sending.ts";
import { bodyOf, Serialized, seconds } from "./write.ts";

const mostChats = 1_000;
const usualMessages = 50;
const mostMessages = 1_000;

const MessageQuery = Type.Object(
  { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: mostMessages, default: usualMessages })) },
  lenient,
);
const NewText = Type.Object(
  { message: Type.String({ minLength: 1, maxLength: 65_536 }) },
  { ...lenient, title: "ClientsNewText", examples: [{ message: "Hello! How can I help you?" }] },
);
const SentText = Type.Object(
  {
    success: Type.Literal(true, { examples: [true] }),
    message: Type.Object({ id: Serialized, body: Type.String(), timestamp: Type.Integer() }),
  },
  {
    title: "ClientsSentText",
    examples: [
      {
        success: true,
        message: { id: { _serialized: "3EB0C767F26AFC1F8B" }, body: "Hello!", timestamp: 1_699_123_456 },
      },
    ],
  },
);
const Done = Type.Object({ success: Type.Literal(true, { examples: [true] }) }, { title: "ClientsDone" });

export function chatRoutes({ services, operation }: Resource, limits: Limits) {
  const { chats, messages } = services;
  const clients = createClientAccess(services);

  function own(call: Call, clientId: string): Promise<Session> {
    limits.chat(call);
    return clients.get(call, clientId);
  }

  async function chatRows(session: Session): Promise<ChatRow[]> {
    const filter = { accountId: session.accountId, sessionIds: [session.id], kinds: ["person"] as const };
    const { rows } = await chats.list(filter, { before: null, limit: mostChats });
    const last = await messages.findMany(rows.flatMap(({ lastMessageId }) => lastMessageId ?? []));
    const byId = new Map(last.map((message) => [message.id, message]));
    return rows.map((chat) => showChat(chat, byId.get(chat.lastMessageId ?? 0) ?? null, services.clock.now()));
  }

  async function messageRows(session: Session, chatId: string, limit: number): Promise<MessageRow[]> {
    const chat = await clients.getChat(session, chatId);
    const filter = { accountId: session.accountId, sessionIds: [session.id], chatId: chat.id };
    const { rows } = await messages.list(filter, { before: null, limit });
    const reactions = Map.groupBy(await messages.reactionsTo(rows.map(({ id }) => id)), (one) => one.messageId);
    const unread = unreadIn(rows, chat.unread);
    const show = (message: Message) =>
      showMessage(message, { session, reactions: reactions.get(message.id) ?? [], isRead: !unread.has(message.id) });
    return rows.map(show).toReversed();
  }

  async function send(clientId: string, chatId: string, body: Static<typeof NewText>, call: Call) {
    const session = await own(call, clientId);
    const sent = await sendFor(call, services, { session, to: readChatId(chatId), said: justText(body.message) });
    const timestamp = seconds(sent.sentAt ?? sent.saidAt);
    return { success: true as const, message: { id: { _serialized: sent.waId }, body: bodyOf(sent), timestamp } };
  }

  return routes()
    .get(
      "/api/chats/:clientId",
      async ({ params, call }) => ({ chats: await chatRows(await own(call, params.clientId)) }),
      operation(
        {
          id: "clientsListChats",
          summary: "List private chats",
          description: "The client's chats with one person each; the one where something was said last comes first.",
          access: "login",
          faults: ["not_found"],
        },
        { params: clientParameter, response: { 200: ChatList } },
      ),
    )
    .get(
      "/api/chats/:clientId/:chatId/messages",
      async ({ params, query, call }) => {
        const session = await own(call, params.clientId);
        return { messages: await messageRows(session, params.chatId, query.limit ?? usualMessages) };
      },
      operation(
        {
          id: "clientsListMessages",
          summary: "A chat's messages",
          description: "The last of them, from earliest to latest.",
          access: "login",
          faults: ["not_found"],
        },
        { params: chatParameters, query: MessageQuery, response: { 200: MessageList } },
      ),
    )
    .post(
      "/api/chats/:clientId/:chatId/send",
      ({ params, body, call }) => send(params.clientId, params.chatId, body, call),
      operation(
        {
          id: "clientsSendText",
          summary: "Send a text to a chat",
          description: "Answers when WhatsApp has it, or after 15 seconds: then it goes out as soon as it can.",
          access: "login",
          faults: ["not_found", "conflict", "daily_limit_reached", "unavailable"],
        },
        { params: chatParameters, body: NewText, response: { 200: SentText } },
      ),
    )
    .post(
      "/api/chats/:clientId/:chatId/read",
      async ({ params, call }) => {
        const session = await own(call, params.clientId);
        await chats.markRead(session, await clients.getChat(session, params.chatId));
        return { success: true as const };
      },
      operation(
        {
          id: "clientsReadChat",
          summary: "Mark a chat as read",
          description: "Whoever wrote what is unread is told that it was read.",
          access: "login",
          faults: ["not_found", "conflict", "unavailable"],
        },
        { params: chatParameters, response: { 200: Done } },
      ),
    );
}
