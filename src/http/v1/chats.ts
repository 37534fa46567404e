// /api/v1/chats: where one talks with people.
import { Type } from "@sinclair/typebox";
import { chatKinds } from "../../core/chat.ts";
import { OneOf } from "../../core/one-of.ts";
import { chatPresences } from "../../core/ports.ts";
import type { Call } from "../call.ts";
import { routes } from "../surface.ts";
import { createChatAccess } from "./chat-access.ts";
import { ChatJson, showChat } from "./chat-shapes.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import { given, idParameter, listOf, NoContent, PageQuery, readPage, showPage, strict } from "./shapes.ts";

const ChatQuery = Type.Object(
  {
    ...PageQuery,
    session: Type.Optional(Type.String({ maxLength: 64, description: "Of this session, by id or name." })),
    type: Type.Optional(OneOf(chatKinds, { description: "Only of this kind." })),
    archived: Type.Optional(Type.Boolean({ description: "Only those that are, or are not; all without it." })),
  },
  strict,
);

const NewPresence = Type.Object(
  { state: OneOf(chatPresences) },
  { ...strict, title: "ChatPresence", examples: [{ state: "typing" }] },
);

export function chatRoutes({ services, operation }: Resource) {
  const { chats, sessions, ids } = services;
  const { reachOf } = createSessionAccess(services);
  const { ownChat } = createChatAccess(services);
  type Listed = Awaited<ReturnType<typeof chats.get>>;

  const show = (chat: Listed) => showChat(chat, ids);
  type Watching = { params: { id: string }; call: Call; set: { status?: number | string } };
  const watching =
    (isWatched: boolean) =>
    async ({ params, call, set }: Watching): Promise<void> => {
      const { chat, session } = await ownChat(call, params.id);
      await chats.watchPresence(session, chat, isWatched);
      set.status = 204;
    };

  return routes()
    .get(
      "/chats",
      async ({ query, call }) => {
        const reach = reachOf(call);
        const sessionIds = await sessions.idsWithin(reach, query.session);
        const kinds = query.type === undefined ? undefined : [query.type];
        const filter = { accountId: reach.accountId, sessionIds, ...given({ kinds, isArchived: query.archived }) };
        return showPage(await chats.list(filter, readPage(query, ids, "chat")), ids, "chat", show);
      },
      operation(
        {
          id: "listChats",
          summary: "List chats",
          description: "With people, in groups and channels; the one where something was said last comes first.",
          access: "read",
          faults: ["not_found"],
        },
        { query: ChatQuery, response: { 200: listOf(ChatJson, "ChatList") } },
      ),
    )
    .get(
      "/chats/:id",
      async ({ params, call }) => show((await ownChat(call, params.id)).chat),
      operation(
        { id: "getChat", summary: "One chat", description: "As it stands now.", access: "read", faults: ["not_found"] },
        { params: idParameter("chat", "chat"), response: { 200: ChatJson } },
      ),
    )
    .post(
      "/chats/:id/read",
      async ({ params, call }) => {
        const { chat, session } = await ownChat(call, params.id);
        return show(await chats.markRead(session, chat));
      },
      operation(
        {
          id: "readChat",
          summary: "Mark a chat as read",
          description:
            "Nothing in it is unread any more, and whoever wrote it is told so, as far as the number's own privacy lets them know. With nothing unread, nothing is done.",
          access: "send",
          faults: ["not_found", "conflict", "unavailable"],
        },
        { params: idParameter("chat", "chat"), response: { 200: ChatJson } },
      ),
    )
    .post(
      "/chats/:id/presence",
      async ({ params, body, call, set }) => {
        const { chat, session } = await ownChat(call, params.id);
        await chats.showPresence(session, chat, body.state);
        set.status = 204;
      },
      operation(
        {
          id: "showChatPresence",
          summary: "Show that one is typing",
          description:
            "Shown in the chat for some seconds: `typing`, `recording` a voice note, or neither any more with `paused`.",
          access: "send",
          faults: ["not_found", "conflict", "unavailable"],
        },
        { params: idParameter("chat", "chat"), body: NewPresence, response: { 204: NoContent } },
      ),
    )
    .put(
      "/chats/:id/presence/subscription",
      watching(true),
      operation(
        {
          id: "subscribeToChatPresence",
          summary: "Hear who is there",
          description:
            "From now on `presence.updated` tells when the people in this chat come, go, type and record, over restarts too: of a person as far as they let others know, and of those in a group what they type and record. Without it one is told only of people who type to one. WhatsApp tells all of it only while the session shows itself online (`mark_online`). At most 500 chats of a session.",
          access: "send",
          faults: ["not_found", "conflict", "limit_reached", "unavailable"],
        },
        { params: idParameter("chat", "chat"), response: { 204: NoContent } },
      ),
    )
    .delete(
      "/chats/:id/presence/subscription",
      watching(false),
      operation(
        {
          id: "unsubscribeFromChatPresence",
          summary: "Hear no more who is there",
          description: "Ends what the subscription began; without one nothing is done.",
          access: "send",
          faults: ["not_found", "conflict"],
        },
        { params: idParameter("chat", "chat"), response: { 204: NoContent } },
      ),
    );
}
