// Contacts in the database: found by either of a person's addresses, and brought together when both turn out to be one.
import { and, desc, eq, getTableColumns, inArray, lt, or, type SQL, sql } from "drizzle-orm";
import type { Contact } from "../core/chat.ts";
import type { Face } from "../core/content.ts";
import type { PageRequest } from "../core/page.ts";
import { actions } from "./action-tables.ts";
import { calls } from "./call-tables.ts";
import type { Handle } from "./database.ts";
import { journalAppender } from "./journal.ts";
import { straight } from "./straight.ts";
import { chats, contacts, messages, reactions, receipts, votes } from "./tables.ts";

export type Names = { pushName?: string | null; verifiedName?: string | null; name?: string | null };
export type Known = {
  accountId: number;
  sessionId: number;
  face: Face;
  names?: Names;
  at: number;
  /** From before the session was linked: nobody is told. */
  isPast?: boolean;
};
type Row = typeof contacts.$inferSelect;

const unnamed: Required<Names> = { pushName: null, verifiedName: null, name: null };

/** Used by every transaction that meets a person. */
export function contactKeeper(db: Handle) {
  const append = journalAppender(db);
  const contactWhere = (condition: SQL) =>
    straight(
      db
        .select()
        .from(contacts)
        .where(and(eq(contacts.accountId, sql.placeholder("account")), condition))
        .prepare(),
      getTableColumns(contacts),
    );
  const byPhone = contactWhere(eq(contacts.phone, sql.placeholder("phone")));
  const byLid = contactWhere(eq(contacts.lid, sql.placeholder("lid")));

  const slot = sql.placeholder;
  const insert = straight(
    db
      .insert(contacts)
      .values({
        accountId: slot("accountId"),
        phone: slot("phone"),
        lid: slot("lid"),
        name: slot("name"),
        pushName: slot("pushName"),
        verifiedName: slot("verifiedName"),
        createdAt: slot("at"),
        updatedAt: slot("at"),
      })
      .returning({ id: contacts.id })
      .prepare(),
    { id: contacts.id },
  );

  function find(accountId: number, { phone, lid }: Face): Row[] {
    const [one] = phone === null ? [] : byPhone({ account: accountId, phone });
    const [other] = lid === null ? [] : byLid({ account: accountId, lid });
    if (one === undefined) return other === undefined ? [] : [other];
    return other === undefined || other.id === one.id ? [one] : [one, other];
  }

  async function make({ accountId, sessionId, face, names = {}, at, isPast }: Known): Promise<number> {
    const [made] = insert({ accountId, ...unnamed, ...face, ...names, at });
    const id = made?.id ?? 0;
    if (isPast !== true)
      append({ accountId, sessionId, type: "contact.created", at, data: { contactId: id, ...face } });
    return id;
  }

  async function learn(row: Row, { sessionId, face, names = {}, at, isPast }: Known): Promise<void> {
    const told = { ...face, ...names };
    const isNews = (name: keyof typeof told) => told[name] != null && row[name] !== told[name];
    const news = (Object.keys(told) as (keyof typeof told)[]).filter(isNews);
    if (news.length === 0) return;
    const changed = Object.fromEntries(news.map((name) => [name, told[name]]));
    await db
      .update(contacts)
      .set({ ...changed, updatedAt: at })
      .where(eq(contacts.id, row.id));
    const data = { contactId: row.id, changed: news };
    if (isPast !== true) append({ accountId: row.accountId, sessionId, type: "contact.updated", at, data });
  }

  /** No longer in the phone's address book. */
  async function unname({ accountId, sessionId, face, at }: Known): Promise<void> {
    for (const { id, name } of find(accountId, face)) {
      if (name === null) continue;
      await db.update(contacts).set({ name: null, updatedAt: at }).where(eq(contacts.id, id));
      const data = { contactId: id, changed: ["name"] };
      append({ accountId, sessionId, type: "contact.updated", at, data });
    }
  }

  /** The older one stays; everything of the other's becomes its own. */
  async function merge(kept: Row, gone: Row, { sessionId, at }: Known): Promise<Row> {
    for (const chat of await db.select().from(chats).where(eq(chats.contactId, gone.id))) await moveChat(chat, kept.id);
    await db.update(messages).set({ senderId: kept.id }).where(eq(messages.senderId, gone.id));
    await db.update(calls).set({ contactId: kept.id }).where(eq(calls.contactId, gone.id));
    for (const one of [receipts, reactions, votes]) {
      // Where both are there, they say the same.
      await db.run(sql`UPDATE OR IGNORE ${one} SET contact_id = ${kept.id} WHERE contact_id = ${gone.id}`);
      await db.delete(one).where(eq(one.contactId, gone.id));
    }
    await db.delete(contacts).where(eq(contacts.id, gone.id));
    const merged = {
      phone: kept.phone ?? gone.phone,
      lid: kept.lid ?? gone.lid,
      username: kept.username ?? gone.username,
      name: kept.name ?? gone.name,
      pushName: kept.pushName ?? gone.pushName,
      verifiedName: kept.verifiedName ?? gone.verifiedName,
      updatedAt: at,
    };
    await db.update(contacts).set(merged).where(eq(contacts.id, kept.id));
    const data = { contactId: kept.id, mergedId: gone.id, phone: merged.phone, lid: merged.lid };
    append({ accountId: kept.accountId, sessionId, type: "contact.merged", at, data });
    return { ...kept, ...merged };
  }

  async function moveChat(chat: typeof chats.$inferSelect, contactId: number): Promise<void> {
    const same = and(eq(chats.sessionId, chat.sessionId), eq(chats.contactId, contactId));
    const [there] = await db.select().from(chats).where(same);
    if (there === undefined) {
      await db.update(chats).set({ contactId }).where(eq(chats.id, chat.id));
      return;
    }
    await db.run(sql`UPDATE OR IGNORE messages SET chat_id = ${there.id} WHERE chat_id = ${chat.id}`);
    await db.update(actions).set({ chatId: there.id }).where(eq(actions.chatId, chat.id));
    const isLater = (chat.lastMessageAt ?? 0) > (there.lastMessageAt ?? 0);
    const last = isLater ? { lastMessageId: chat.lastMessageId, lastMessageAt: chat.lastMessageAt } : {};
    await db
      .update(chats)
      .set({
        unread: there.unread + chat.unread,
        reachedAt: there.reachedAt ?? chat.reachedAt,
        wasHeard: there.wasHeard || chat.wasHeard,
        isArchived: there.isArchived && chat.isArchived,
        pinnedAt: there.pinnedAt ?? chat.pinnedAt,
        mutedUntil: there.mutedUntil ?? chat.mutedUntil,
        watchedAt: there.watchedAt ?? chat.watchedAt,
        ...last,
      })
      .where(eq(chats.id, there.id));
    await db.delete(chats).where(eq(chats.id, chat.id));
  }

  /** Null for somebody who was never met. */
  async function join(known: Known): Promise<Row | null> {
    const [first, second] = find(known.accountId, known.face);
    if (first === undefined || second === undefined) return first ?? null;
    return merge(...((first.id < second.id ? [first, second] : [second, first]) as [Row, Row]), known);
  }

  return {
    /** The one contact that this person is; made, completed or brought together as need be. */
    async ensure(known: Known): Promise<number> {
      const row = await join(known);
      if (row === null) return make(known);
      await learn(row, known);
      return row.id;
    },
    /** As that, but nobody is made: null for somebody who is not known. */
    async recognise(known: Known): Promise<number | null> {
      const row = await join(known);
      if (row !== null) await learn(row, known);
      return row?.id ?? null;
    },
    /** Whoever was met under two names becomes one; nobody is made. */
    join,
    unname,
    find,
  };
}

export function contactQueries(db: Handle) {
  const one = db
    .select()
    .from(contacts)
    .where(eq(contacts.id, sql.placeholder("id")))
    .prepare();
  return {
    async find(id: number): Promise<Contact | null> {
      const [row] = await one.execute({ id });
      return row ?? null;
    },
    /** In no order. */
    findMany: async (ids: readonly number[]): Promise<Contact[]> =>
      ids.length === 0
        ? []
        : db
            .select()
            .from(contacts)
            .where(inArray(contacts.id, [...ids])),
    /** Whether this contact has to do with one of these sessions. */
    async isWithin(id: number, sessionIds: readonly number[]): Promise<boolean> {
      const found = await db
        .select({ id: contacts.id })
        .from(contacts)
        .where(and(eq(contacts.id, id), isWithSessions(sessionIds)));
      return found.length > 0;
    },
    async findByFace(account: number, { phone, lid }: Face): Promise<Contact | null> {
      const isIt = or(
        phone === null ? undefined : eq(contacts.phone, phone),
        lid === null ? undefined : eq(contacts.lid, lid),
      );
      const [row] = await db
        .select(getTableColumns(contacts))
        .from(contacts)
        .where(and(eq(contacts.accountId, account), isIt));
      return row ?? null;
    },
    /** Of these sessions' chats only, unless that is null. */
    list: async (
      account: number,
      sessionIds: readonly number[] | null,
      { before, limit }: PageRequest,
    ): Promise<Contact[]> =>
      db
        .select()
        .from(contacts)
        .where(
          and(
            eq(contacts.accountId, account),
            before === null ? undefined : lt(contacts.id, before),
            sessionIds === null ? undefined : isWithSessions(sessionIds),
          ),
        )
        .orderBy(desc(contacts.id))
        .limit(limit),
  };
}

/** There is a chat with them in one of these, or they have called there. */
export function isWithSessions(sessionIds: readonly number[]): SQL {
  if (sessionIds.length === 0) return sql`false`;
  const hasChat = sql`EXISTS (SELECT 1 FROM ${chats} WHERE ${chats.contactId} = ${contacts.id} AND ${inArray(chats.sessionId, [...sessionIds])})`;
  const hasCalled = sql`EXISTS (SELECT 1 FROM ${calls} WHERE ${calls.contactId} = ${contacts.id} AND ${inArray(calls.sessionId, [...sessionIds])})`;
  return sql`(${hasChat} OR ${hasCalled})`;
}
