// Chats in the database: made when somebody is first met in one, counted and dated by what happens in them.
import { and, eq, sql } from "drizzle-orm";
import type { ChatRef } from "../core/chat.ts";
import { contactKeeper, type Names } from "./contacts.ts";
import type { Handle } from "./database.ts";
import { chats, sessions } from "./tables.ts";

export type Met = { sessionId: number; accountId: number; chat: ChatRef; names?: Names; at: number };
export type SessionOwner = { sessionId: number; accountId: number };

/** Used by every transaction that concerns a chat. */
export function chatKeeper(db: Handle) {
  const { ensure } = contactKeeper(db);
  const byContact = db
    .select({ id: chats.id })
    .from(chats)
    .where(and(eq(chats.sessionId, sql.placeholder("sessionId")), eq(chats.contactId, sql.placeholder("contactId"))))
    .prepare();
  const byJid = db
    .select({ id: chats.id })
    .from(chats)
    .where(and(eq(chats.sessionId, sql.placeholder("sessionId")), eq(chats.jid, sql.placeholder("jid"))))
    .prepare();
  const insert = db
    .insert(chats)
    .values({
      sessionId: sql.placeholder("sessionId"),
      kind: sql.placeholder("kind"),
      contactId: sql.placeholder("contactId"),
      jid: sql.placeholder("jid"),
      unread: 0,
      createdAt: sql.placeholder("at"),
    })
    .returning({ id: chats.id })
    .prepare();
  const touch = db
    .update(chats)
    .set({
      unread: sql`${chats.unread} + ${sql.placeholder("unread")}`,
      lastMessageId: sql`${sql.placeholder("messageId")}`,
      lastMessageAt: sql`${sql.placeholder("at")}`,
    })
    .where(and(eq(chats.id, sql.placeholder("id"))))
    .prepare();
  const last = db
    .select({ at: chats.lastMessageAt })
    .from(chats)
    .where(eq(chats.id, sql.placeholder("id")))
    .prepare();
  const count = db
    .update(chats)
    .set({ unread: sql`${chats.unread} + ${sql.placeholder("unread")}` })
    .where(eq(chats.id, sql.placeholder("id")))
    .prepare();

  return {
    async ensureChat({
      sessionId,
      accountId,
      chat,
      names,
      at,
    }: Met): Promise<{ id: number; contactId: number | null }> {
      const contactId =
        chat.kind === "person"
          ? await ensure({ accountId, sessionId, face: chat.face, at, ...(names === undefined ? {} : { names }) })
          : null;
      const [known] =
        chat.kind === "person"
          ? await byContact.execute({ sessionId, contactId })
          : await byJid.execute({ sessionId, jid: chat.jid });
      if (known !== undefined) return { id: known.id, contactId };
      const jid = chat.kind === "person" ? null : chat.jid;
      const [made] = await insert.execute({ sessionId, kind: chat.kind, contactId, jid, at });
      return { id: made?.id ?? 0, contactId };
    },
    /** There is a message in it; the newest one is what the chat is listed by. */
    async noteMessage(note: { id: number; messageId: number; at: number; unread: 0 | 1 }): Promise<void> {
      const [known] = await last.execute({ id: note.id });
      if ((known?.at ?? 0) <= note.at) await touch.execute(note);
      else if (note.unread > 0) await count.execute(note);
    },
  };
}

/** Undefined for a session that is gone. */
export function ownerFinder(db: Handle) {
  const find = db
    .select({ accountId: sessions.accountId })
    .from(sessions)
    .where(eq(sessions.id, sql.placeholder("sessionId")))
    .prepare();
  return async (sessionId: number): Promise<SessionOwner | undefined> => {
    const [row] = await find.execute({ sessionId });
    return row === undefined ? undefined : { sessionId, accountId: row.accountId };
  };
}
