// Chats in the database: made when somebody is first met in one, counted and dated by what happens in them.
import { and, desc, eq, getTableColumns, inArray, or, type SQL, sql } from "drizzle-orm";
import type { Chat, ChatKind, ChatRef, Contact } from "../core/chat.ts";
import type { Place } from "../core/page.ts";
import { contactKeeper, type Names } from "./contacts.ts";
import type { Handle } from "./database.ts";
import { straight, straightRun } from "./straight.ts";
import { chats, contacts, sessions } from "./tables.ts";

export type Met = { sessionId: number; accountId: number; chat: ChatRef; names?: Names; at: number };
export type SessionOwner = { sessionId: number; accountId: number };

/** Used by every transaction that concerns a chat. */
export function chatKeeper(db: Handle) {
  const { ensure } = contactKeeper(db);
  const slot = sql.placeholder;
  const id = { id: chats.id };
  const chatWhere = (condition: SQL) =>
    db
      .select(id)
      .from(chats)
      .where(and(eq(chats.sessionId, slot("sessionId")), condition))
      .prepare();
  const byContact = straight(chatWhere(eq(chats.contactId, slot("contactId"))), id);
  const byJid = straight(chatWhere(eq(chats.jid, slot("jid"))), id);
  const insert = straight(
    db
      .insert(chats)
      .values({
        sessionId: slot("sessionId"),
        kind: slot("kind"),
        contactId: slot("contactId"),
        jid: slot("jid"),
        unread: 0,
        createdAt: slot("at"),
      })
      .returning(id)
      .prepare(),
    id,
  );
  const isNewest = sql`coalesce(${chats.lastMessageAt}, 0) <= ${slot("at")}`;
  const note = straightRun(
    db
      .update(chats)
      .set({
        unread: sql`${chats.unread} + ${slot("unread")}`,
        lastMessageId: sql`CASE WHEN ${isNewest} THEN ${slot("messageId")} ELSE ${chats.lastMessageId} END`,
        lastMessageAt: sql`max(coalesce(${chats.lastMessageAt}, 0), ${slot("at")})`,
      })
      .where(eq(chats.id, slot("id")))
      .prepare(),
  );

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
        chat.kind === "person" ? byContact({ sessionId, contactId }) : byJid({ sessionId, jid: chat.jid });
      if (known !== undefined) return { id: known.id, contactId };
      const jid = chat.kind === "person" ? null : chat.jid;
      const [made] = insert({ sessionId, kind: chat.kind, contactId, jid, at });
      return { id: made?.id ?? 0, contactId };
    },
    /** There is a message in it; the newest one is what the chat is listed by. */
    noteMessage(noted: { id: number; messageId: number; at: number; unread: 0 | 1 }): void {
      note(noted);
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
  const owner = { accountId: sessions.accountId };
  const find = straight(
    db
      .select(owner)
      .from(sessions)
      .where(eq(sessions.id, sql.placeholder("sessionId")))
      .prepare(),
    owner,
  );
  return (sessionId: number): SessionOwner | undefined => {
    const [row] = find({ sessionId });
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
