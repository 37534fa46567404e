// Finding the message that somebody speaks of: by its id, and only where they may have it from.
import { and, eq, sql } from "drizzle-orm";
import type { ChatRef } from "../core/chat.ts";
import type { Content } from "../core/content.ts";
import type { MessageKey } from "../core/inbound.ts";
import type { MessageState } from "../core/message.ts";
import type { SessionOwner } from "./chats.ts";
import { contactKeeper } from "./contacts.ts";
import type { Handle } from "./database.ts";
import { straight } from "./straight.ts";
import { chats, messages } from "./tables.ts";

/** Whose session it is about, and when it was heard. */
export type Taking = {
  owner: SessionOwner;
  at: number;
  /** From before the session was linked: nobody is told that it has happened. */
  isPast?: boolean;
};
export type MessageFound = {
  id: number;
  fromMe: boolean;
  senderId: number | null;
  state: MessageState;
  content: Content;
  deletedAt: number | null;
  chat: { kind: ChatRef["kind"]; jid: string | null; contactId: number | null };
};

/** Used by every transaction that changes what is there. */
export function messageFinder(db: Handle) {
  const { ensure: ensureContact, recognise } = contactKeeper(db);
  const columns = {
    id: messages.id,
    fromMe: messages.fromMe,
    senderId: messages.senderId,
    state: messages.state,
    content: messages.content,
    deletedAt: messages.deletedAt,
    chat: { kind: chats.kind, jid: chats.jid, contactId: chats.contactId },
  };
  const byWaId = straight(
    db
      .select(columns)
      .from(messages)
      .innerJoin(chats, eq(chats.id, messages.chatId))
      .where(and(eq(messages.sessionId, sql.placeholder("sessionId")), eq(messages.waId, sql.placeholder("waId"))))
      .prepare(),
    columns,
  );

  /** The message that a key names, in the chat that it names: ids are made by whoever writes, and may be anybody's. */
  async function find(
    taking: Taking,
    { waId, chat }: Pick<MessageKey, "waId" | "chat">,
  ): Promise<MessageFound | undefined> {
    const { owner, at } = taking;
    const [found] = byWaId({ sessionId: owner.sessionId, waId });
    if (found === undefined || found.chat.kind !== chat.kind) return undefined;
    const isThere =
      chat.kind === "person"
        ? (await recognise({ ...owner, face: chat.face, at })) === found.chat.contactId
        : chat.jid === found.chat.jid;
    return isThere ? found : undefined;
  }

  /** Null for ourselves, and in channels, where nobody is named. */
  async function senderOf({ owner, at }: Taking, { sender }: MessageKey): Promise<number | null> {
    return sender === null ? null : ensureContact({ ...owner, face: sender, at });
  }

  async function isBy(taking: Taking, found: MessageFound, key: MessageKey): Promise<boolean> {
    if (found.fromMe !== key.isFromMe) return false;
    if (key.sender === null) return found.senderId === null;
    const { owner, at } = taking;
    return found.senderId !== null && found.senderId === (await recognise({ ...owner, face: key.sender, at }));
  }

  return { find, senderOf, isBy };
}
