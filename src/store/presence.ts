// Who is there and who types, as others are told of it; and the chats that somebody wants to be told of.
import { and, count, eq, inArray, isNotNull, notExists, sql } from "drizzle-orm";
import { jidOf } from "../core/chat.ts";
import { WaygateError } from "../core/errors.ts";
import type { PresenceValue } from "../core/told.ts";
import { ownerFinder, type SessionOwner } from "./chats.ts";
import { contactKeeper } from "./contacts.ts";
import type { Handle } from "./database.ts";
import { journalAppender } from "./journal.ts";
import { chats, contacts, journal } from "./tables.ts";
import { webhooks } from "./webhook-tables.ts";

export type PresenceToTell = { sessionId: number; told: PresenceValue; at: number };
/** `at` is null where nobody wants to be told any more. */
export type Watch = { chatId: number; at: number | null };

/** Of one session: each is asked for with every connection. */
export const mostWatched = 500;

export function presenceWrites(db: Handle) {
  const append = journalAppender(db);
  const ownerOf = ownerFinder(db);
  const { find } = contactKeeper(db);

  async function chatOf({ sessionId }: SessionOwner, { chat }: PresenceValue, contactId: number | null) {
    if (chat.kind === "person" && contactId === null) return undefined;
    const isIt = chat.kind === "person" ? eq(chats.contactId, contactId ?? 0) : eq(chats.jid, chat.jid);
    const [row] = await db
      .select({ id: chats.id, watchedAt: chats.watchedAt })
      .from(chats)
      .where(and(eq(chats.sessionId, sessionId), isIt));
    return row;
  }

  return {
    /**
     * Of chats that there are, and of nobody who is not in one. Who types to us is told as it comes; who is there, and what
     * goes on in groups, only where somebody wants to hear of it.
     */
    async "presence.tell"({ sessionId, told, at }: PresenceToTell): Promise<void> {
      const owner = ownerOf(sessionId);
      if (owner === undefined) return;
      const { chat, who, state, lastSeenAt } = told;
      const contactId = find(owner.accountId, who)[0]?.id ?? null;
      const row = await chatOf(owner, told, contactId);
      const isAskedFor = chat.kind !== "person" || state === "available" || state === "unavailable";
      if (row === undefined || (isAskedFor && row.watchedAt === null)) return;
      const data = {
        chatId: row.id,
        ...(chat.kind === "person" ? {} : { groupJid: chat.jid }),
        ...(contactId === null ? { face: who } : { contactId }),
        state,
        lastSeenAt,
      };
      append({ ...owner, type: "presence.updated", at, data });
    },
    async "presence.watch"({ chatId, at }: Watch): Promise<void> {
      const [chat] = await db.select().from(chats).where(eq(chats.id, chatId));
      if (chat === undefined || (chat.watchedAt === null) === (at === null)) return;
      const isWatched = and(eq(chats.sessionId, chat.sessionId), isNotNull(chats.watchedAt));
      const [held] = await db.select({ chats: count() }).from(chats).where(isWatched);
      if (at !== null && (held?.chats ?? 0) >= mostWatched) {
        const sentence = `The presence in ${mostWatched} chats of a session may be subscribed to; end another one first.`;
        throw new WaygateError("limit_reached", sentence);
      }
      await db.update(chats).set({ watchedAt: at }).where(eq(chats.id, chatId));
    },
    /** The oldest so many, as far as they are that old; but none that a webhook at work has not come to yet. */
    async "presence.prune"({ before, most }: { before: number; most: number }): Promise<number> {
      // Said as it stands in the index: only so does SQLite see that it fits.
      const oldest = await db
        .select({ id: journal.id, at: journal.at })
        .from(journal)
        .where(sql`${journal.type} = 'presence.updated'`)
        .orderBy(journal.id)
        .limit(most);
      const ids = oldest.flatMap(({ id, at }) => (at < before ? [id] : []));
      const isBehind = and(
        eq(webhooks.accountId, journal.accountId),
        eq(webhooks.state, "active"),
        sql`${webhooks.cursor} < ${journal.id}`,
      );
      const comesTo = db.select({ id: webhooks.id }).from(webhooks).where(isBehind);
      const gone = await db
        .delete(journal)
        .where(and(inArray(journal.id, ids), notExists(comesTo)))
        .returning({ id: journal.id });
      return gone.length;
    },
  };
}

export function presenceQueries(db: Handle) {
  return {
    /** The people a session is to be told of, as they are asked for. */
    async watched(sessionId: number): Promise<string[]> {
      const rows = await db
        .select({ phone: contacts.phone, lid: contacts.lid })
        .from(chats)
        .innerJoin(contacts, eq(contacts.id, chats.contactId))
        .where(and(eq(chats.sessionId, sessionId), isNotNull(chats.watchedAt)));
      return rows.map(jidOf);
    },
  };
}
