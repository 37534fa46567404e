// Chats in the database: made when somebody is first met in one, counted and dated by what happens in them.
import { and, desc, eq, getTableColumns, inArray, or, sql } from "drizzle-orm";
import type { Chat, ChatKind, ChatRef, Contact } from "../core/chat.ts";
import type { Place } from "../core/page.ts";
import { contactKeeper, type Names } from "./contacts.ts";
import type { Handle } from "./database.ts";
import { chats, contacts, sessions } from "./tables.ts";

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

/** Null for a chat that there is none of: nothing is made. */
export function chatFinder(db: Handle) {
  const { find } = contactKeeper(db);
  return async ({ sessionId, accountId, chat }: Omit<Met, "at">): Promise<number | null> => {
    const ofPerson = chat.kind === "person" ? (await find(accountId, chat.face)).map(({ id }) => id) : null;
    const isIt = chat.kind === "person" ? inArray(chats.contactId, ofPerson ?? []) : eq(chats.jid, chat.jid);
    const [row] = await db
      .select({ id: chats.id })
      .from(chats)
      .where(and(eq(chats.sessionId, sessionId), isIt));
    return row?.id ?? null;
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

export type ChatFilter = {
  accountId: number;
  sessionIds: readonly number[] | null;
  kinds?: readonly ChatKind[] | undefined;
  isArchived?: boolean | undefined;
};
/** A chat with what a list of chats shows of it. */
export type ListedChat = Chat & { contact: Contact | null };

export function chatQueries(db: Handle) {
  const select = () =>
    db
      .select({ chat: getTableColumns(chats), contact: getTableColumns(contacts) })
      .from(chats)
      .leftJoin(contacts, eq(contacts.id, chats.contactId));
  const show = ({ chat, contact }: { chat: Chat; contact: Contact | null }): ListedChat => ({
    ...chat,
    name: contact?.name ?? contact?.pushName ?? chat.name,
    contact,
  });
  const one = select()
    .where(eq(chats.id, sql.placeholder("id")))
    .prepare();

  return {
    async find(id: number): Promise<ListedChat | null> {
      const [row] = await one.execute({ id });
      return row === undefined ? null : show(row);
    },
    async findByRef(sessionId: number, ref: ChatRef): Promise<ListedChat | null> {
      const isIt =
        ref.kind === "person"
          ? or(
              ref.face.phone === null ? undefined : eq(contacts.phone, ref.face.phone),
              ref.face.lid === null ? undefined : eq(contacts.lid, ref.face.lid),
            )
          : eq(chats.jid, ref.jid);
      const [row] = await select().where(and(eq(chats.sessionId, sessionId), isIt));
      return row === undefined ? null : show(row);
    },
    /** By their newest message, those without any last. */
    async list(
      { accountId, sessionIds, kinds, isArchived }: ChatFilter,
      before: Place | null,
      limit: number,
    ): Promise<ListedChat[]> {
      const own = sql`${chats.sessionId} IN (SELECT id FROM ${sessions} WHERE account_id = ${accountId})`;
      const at = sql`coalesce(${chats.lastMessageAt}, 0)`;
      const rows = await select()
        .where(
          and(
            sessionIds === null ? own : inArray(chats.sessionId, [...sessionIds]),
            kinds === undefined ? undefined : inArray(chats.kind, [...kinds]),
            isArchived === undefined ? undefined : eq(chats.isArchived, isArchived),
            before === null ? undefined : sql`(${at}, ${chats.id}) < (${before.at}, ${before.id})`,
          ),
        )
        .orderBy(desc(at), desc(chats.id))
        .limit(limit);
      return rows.map(show);
    },
  };
}
