// What goes out of the clients dialect: our values, their JSON. Numbers are digits alone, chats end in @c.us, moments of
// chats are Unix seconds.
import { Type } from "@sinclair/typebox";
import { second } from "../../core/clock.ts";
import { type Content, type Face, isMedia } from "../../core/content.ts";
import type { Message, MessageState } from "../../core/message.ts";
import type { Session } from "../../core/session.ts";

export const StringOrNull = Type.Union([Type.String(), Type.Null()]);
export const Serialized = Type.Object({ _serialized: Type.String({ examples: ["3EB0C767F26AFC1F8B"] }) });

export const seconds = (ms: number) => Math.floor(ms / second);

/** Digits alone: the number where it is known. */
export const digitsOf = ({ phone, lid }: Face) => phone ?? lid ?? "";
export const personId = ({ phone, lid }: Face) => (phone === null ? `${lid}@lid` : `${phone}@c.us`);

export function chatId({ jid, face }: { jid: string | null; face: Face | null }): string {
  return jid ?? personId(face ?? { phone: null, lid: null });
}

/** Whom a message went to: a number, or the JID of what is no person. */
export function recipientOf({ chat }: Message): string {
  return chat.face === null ? (chat.jid ?? "") : digitsOf(chat.face);
}

export const phoneOf = ({ identity, settings }: Session) => settings.intendedPhone ?? identity?.phone ?? "";
export const linkedId = ({ identity }: Session) => (identity === null ? null : `${identity.phone}@c.us`);

export function bodyOf({ text, content, deletedAt }: Message): string {
  if (deletedAt !== null) return "";
  return (content.kind === "poll" ? content.question : text) ?? "";
}

/** The document knows `sent`; how far a message came after that is told in its chat. */
export function sentStatus(state: MessageState): "pending" | "sent" | "failed" | "cancelled" {
  if (state === "queued" || state === "sending") return "pending";
  return state === "failed" || state === "cancelled" ? state : "sent";
}

const acks: Record<MessageState, number> = {
  failed: -1,
  cancelled: -1,
  queued: 0,
  sending: 0,
  sent: 1,
  received: 2,
  delivered: 2,
  read: 3,
  played: 4,
};
export const ackOf = ({ state }: Message, isRead: boolean) =>
  state === "received" && isRead ? acks.read : acks[state];

export function typeOf({ content, deletedAt }: Message): string {
  if (deletedAt !== null) return "revoked";
  return content.kind === "contacts" && content.contacts.length > 1 ? "multi_vcard" : types[content.kind];
}

const types: Record<Content["kind"], string> = {
  text: "chat",
  choice: "chat",
  image: "image",
  video: "video",
  gif: "video",
  video_note: "video",
  audio: "audio",
  voice: "ptt",
  document: "document",
  sticker: "sticker",
  location: "location",
  contacts: "vcard",
  poll: "poll_creation",
  event: "event_creation",
  group_invite: "groups_v4_invite",
  unsupported: "unknown",
  placeholder: "ciphertext",
};

export const hasMedia = ({ content, deletedAt }: Message) => deletedAt === null && isMedia(content);

export function fileNameOf(message: Message): string | null {
  const { content } = message;
  return hasMedia(message) && isMedia(content) ? content.media.fileName : null;
}
