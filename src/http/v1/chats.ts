// /api/v1/chats and /api/v1/contacts: who there is, and where one talks with them.
import { Type } from "@sinclair/typebox";
import { type Contact, chatKinds, jidOf } from "../../core/chat.ts";
import { isoTime } from "../../core/clock.ts";
import { WaygateError } from "../../core/errors.ts";
import { OneOf } from "../../core/one-of.ts";
import { chatPresences } from "../../core/ports.ts";
import type { Session } from "../../core/session.ts";
import type { Call } from "../call.ts";
import { routes } from "../surface.ts";
import { showFace } from "./message-shapes.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import {
  given,
  Id,
  IdOrNull,
  idParameter,
  listOf,
  NoContent,
  PageParameters,
  PageQuery,
  readId,
  readPage,
  showPage,
  strict,
  Time,
  TimeOrNull,
} from "./shapes.ts";

const textOrNull = (description: string, example: unknown = null) =>
  Type.Union([Type.String(), Type.Null()], { description, examples: [example] });
const faces = {
  phone: textOrNull("With its +, when it is known.", "+15551000003"),
  lid: textOrNull("WhatsApp's other address of the same person.", "603168028046026"),
};

const ContactJson = Type.Object(
  {
    id: Id("contact", "The contact's id."),
    ...faces,
    username: textOrNull("On WhatsApp, where they have one."),
    name: textOrNull("From the phone's address book."),
    push_name: textOrNull("As they call themselves.", "Alice"),
    verified_name: textOrNull("A business's, vouched for by WhatsApp."),
    created_at: Time("When they were first met."),
    updated_at: Time("When something new was learnt."),
  },
  { title: "Contact" },
);

const ChatJson = Type.Object(
  {
    id: Id("chat", "The chat's id."),
    session_id: Id("session", "The session it belongs to."),
    type: OneOf(chatKinds, { examples: ["person"] }),
    jid: Type.String({ examples: ["15551000003@s.whatsapp.net"] }),
    contact_id: IdOrNull("contact", "The person, if it is with one."),
    ...faces,
    name: textOrNull("As it is called here.", "Alice"),
    unread: Type.Integer({ examples: [2] }),
    last_message_id: IdOrNull("message", "The newest message in it."),
    last_message_at: TimeOrNull("When that was said."),
    archived: Type.Boolean({ description: "Put aside on the phone.", examples: [false] }),
    pinned: Type.Boolean({ description: "Kept on top on the phone.", examples: [false] }),
    muted_until: TimeOrNull("Until then nothing sounds for it on the phone; in the year 9999 where that is for good."),
    created_at: Time("When it was first heard of."),
  },
  { title: "Chat" },
);

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
  const { own, reachOf } = createSessionAccess(services);
  type Listed = Awaited<ReturnType<typeof chats.get>>;

  const showChat = (chat: Listed) => {
    const face = chat.contact ?? { phone: null, lid: null };
    return {
      id: ids.show("chat", chat.id),
      session_id: ids.show("session", chat.sessionId),
      type: chat.kind,
      jid: chat.jid ?? jidOf(face),
      contact_id: chat.contact === null ? null : ids.show("contact", chat.contact.id),
      ...showFace(face),
      name: chat.name,
      unread: chat.unread,
      last_message_id: chat.lastMessageId === null ? null : ids.show("message", chat.lastMessageId),
      last_message_at: isoTime(chat.lastMessageAt),
      archived: chat.isArchived,
      pinned: chat.pinnedAt !== null,
      muted_until: isoTime(chat.mutedUntil),
      created_at: isoTime(chat.createdAt),
    };
  };
  const showContact = (contact: Contact) => ({
    id: ids.show("contact", contact.id),
    ...showFace(contact),
    username: contact.username,
    name: contact.name,
    push_name: contact.pushName,
    verified_name: contact.verifiedName,
    created_at: isoTime(contact.createdAt),
    updated_at: isoTime(contact.updatedAt),
  });

  async function ownChat(call: Call, shown: string): Promise<{ chat: Listed; session: Session }> {
    const chat = await chats.get(readId(ids, "chat", shown));
    const session = await own(call, ids.show("session", chat.sessionId)).catch(() => {
      throw new WaygateError("not_found", "There is no such chat.");
    });
    return { chat, session };
  }

  async function contactReach(call: Call) {
    const reach = reachOf(call);
    return { accountId: reach.accountId, sessionIds: await sessions.idsWithin(reach, undefined) };
  }

  return routes()
    .get(
      "/chats",
      async ({ query, call }) => {
        const reach = reachOf(call);
        const sessionIds = await sessions.idsWithin(reach, query.session);
        const kinds = query.type === undefined ? undefined : [query.type];
        const filter = { accountId: reach.accountId, sessionIds, ...given({ kinds, isArchived: query.archived }) };
        return showPage(await chats.list(filter, readPage(query, ids, "chat")), ids, "chat", showChat);
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
      async ({ params, call }) => showChat((await ownChat(call, params.id)).chat),
      operation(
        { id: "getChat", summary: "One chat", description: "As it stands now.", access: "read", faults: ["not_found"] },
        { params: idParameter("chat", "chat"), response: { 200: ChatJson } },
      ),
    )
    .post(
      "/chats/:id/read",
      async ({ params, call }) => {
        const { chat, session } = await ownChat(call, params.id);
        return showChat(await chats.markRead(session, chat));
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
    .get(
      "/contacts",
      async ({ query, call }) => {
        const page = await chats.listContacts(await contactReach(call), readPage(query, ids, "contact"));
        return showPage(page, ids, "contact", showContact);
      },
      operation(
        {
          id: "listContacts",
          summary: "List contacts",
          description:
            "Everybody who wrote or was written to. One person is one contact: phone number and LID are two names of it.",
          access: "read",
        },
        { query: PageParameters, response: { 200: listOf(ContactJson, "ContactList") } },
      ),
    )
    .get(
      "/contacts/:id",
      async ({ params, call }) =>
        showContact(await chats.getContact(await contactReach(call), readId(ids, "contact", params.id))),
      operation(
        {
          id: "getContact",
          summary: "One contact",
          description: "As it is known now.",
          access: "read",
          faults: ["not_found"],
        },
        { params: idParameter("contact", "contact"), response: { 200: ContactJson } },
      ),
    );
}
