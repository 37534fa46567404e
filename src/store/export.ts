// Reading everything there is, from the oldest on, a page at a time: each begins behind the last row of the one before it.
import { and, asc, eq, getTableColumns, gt, inArray, lte, max, sql } from "drizzle-orm";
import type { Contact } from "../core/chat.ts";
import type { Message } from "../core/message.ts";
import type { Place } from "../core/page.ts";
import type { ListedChat } from "./chats.ts";
import { isWithSessions } from "./contacts.ts";
import type { Handle } from "./database.ts";
import { messageQueries } from "./messages.ts";
import { chats, contacts, messages } from "./tables.ts";

/** Of one account; in these sessions. */
export type ExportReach = { accountId: number; sessionIds: readonly number[]; isWhole: boolean };

export function exportQueries(db: Handle) {
  const { findMany } = messageQueries(db);

  async function inOrder(ids: readonly number[]): Promise<Message[]> {
    const found = new Map((await findMany(ids)).map((message) => [message.id, message]));
    return ids.flatMap((id) => found.get(id) ?? []);
  }

  return {
    async newestMessageId(): Promise<number> {
      const [row] = await db.select({ id: max(messages.id) }).from(messages);
      return row?.id ?? 0;
    },
    contacts: (reach: ExportReach, after: number, limit: number): Promise<Contact[]> =>
      db
        .select()
        .from(contacts)
        .where(
          and(
            eq(contacts.accountId, reach.accountId),
            gt(contacts.id, after),
            reach.isWhole ? undefined : isWithSessions(reach.sessionIds),
          ),
        )
        .orderBy(asc(contacts.id))
        .limit(limit),
    async contactsNamed(ids: readonly number[]): Promise<Contact[]> {
      return db
        .select()
        .from(contacts)
        .where(inArray(contacts.id, [...ids]))
        .orderBy(asc(contacts.id));
    },
    async chats({ sessionIds }: ExportReach, after: number, limit: number): Promise<ListedChat[]> {
      const rows = await db
        .select({ chat: getTableColumns(chats), contact: getTableColumns(contacts) })
        .from(chats)
        .leftJoin(contacts, eq(contacts.id, chats.contactId))
        .where(and(inArray(chats.sessionId, [...sessionIds]), gt(chats.id, after)))
        .orderBy(asc(chats.id))
        .limit(limit);
      return rows.map(({ chat, contact }) => ({
        ...chat,
        name: contact?.name ?? contact?.pushName ?? chat.name,
        contact,
      }));
    },
    /** In the order in which they got here. */
    async messagesOfSession(sessionId: number, span: { after: number; upTo: number }, limit: number) {
      const rows = await db
        .select({ id: messages.id })
        .from(messages)
        .where(and(eq(messages.sessionId, sessionId), gt(messages.id, span.after), lte(messages.id, span.upTo)))
        .orderBy(asc(messages.id))
        .limit(limit);
      return inOrder(rows.map(({ id }) => id));
    },
    /** In the order in which they were said. */
    async messagesOfChat(chatId: number, span: { after: Place; upTo: number }, limit: number) {
      return inOrder((await said(chatId, span, limit)).map(({ id }) => id));
    },
    /** Who wrote a part of a chat, and where that part ends; null at the end of all. */
    async authorsIn(chatId: number, span: { after: Place; upTo: number }, limit: number) {
      const rows = await said(chatId, span, limit);
      const last = rows.at(-1);
      return {
        ids: rows.flatMap(({ senderId }) => senderId ?? []),
        next: last === undefined || rows.length < limit ? null : { at: last.at, id: last.id },
      };
    },
  };

  function said(chatId: number, { after, upTo }: { after: Place; upTo: number }, limit: number) {
    return db
      .select({ id: messages.id, at: messages.saidAt, senderId: messages.senderId })
      .from(messages)
      .where(
        and(
          eq(messages.chatId, chatId),
          sql`(${messages.saidAt}, ${messages.id}) > (${after.at}, ${after.id})`,
          lte(messages.id, upTo),
        ),
      )
      .orderBy(asc(messages.saidAt), asc(messages.id))
      .limit(limit);
  }
}
