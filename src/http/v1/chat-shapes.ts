// Chats and contacts as the native API shows them.
import { Type } from "@sinclair/typebox";
import { type Chat, type Contact, chatKinds, jidOf } from "../../core/chat.ts";
import { isoTime } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import { showFace } from "./message-shapes.ts";
import { Id, IdOrNull, Time, TimeOrNull } from "./shapes.ts";

const textOrNull = (description: string, example: unknown = null) =>
  Type.Union([Type.String(), Type.Null()], { description, examples: [example] });
const faces = {
  phone: textOrNull("With its +, when it is known.", "+15551000003"),
  lid: textOrNull("WhatsApp's other address of the same person.", "603168028046026"),
};

export const ContactJson = Type.Object(
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

export const ChatJson = Type.Object(
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
    presence_subscribed: Type.Boolean({
      description: "Whether the people in it come, go, type and record is told of; see `presence.updated`.",
      examples: [false],
    }),
    archived: Type.Boolean({ description: "Put aside on the phone.", examples: [false] }),
    pinned: Type.Boolean({ description: "Kept on top on the phone.", examples: [false] }),
    muted_until: TimeOrNull("Until then nothing sounds for it on the phone; in the year 9999 where that is for good."),
    created_at: Time("When it was first heard of."),
  },
  { title: "Chat" },
);

/** With whom, if it is with one person. */
type ListedChat = Chat & { contact: Contact | null };

export function showChat(chat: ListedChat, ids: Ids) {
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
    presence_subscribed: chat.watchedAt !== null,
    created_at: isoTime(chat.createdAt),
  };
}

export function showContact(contact: Contact, ids: Ids) {
  return {
    id: ids.show("contact", contact.id),
    ...showFace(contact),
    username: contact.username,
    name: contact.name,
    push_name: contact.pushName,
    verified_name: contact.verifiedName,
    created_at: isoTime(contact.createdAt),
    updated_at: isoTime(contact.updatedAt),
  };
}
