// What has been read in a chat: so many count as unread no more, and bear the time.
import { and, eq, inArray, sql } from "drizzle-orm";
import type { ChatRef } from "../core/chat.ts";
import { chatFinder, ownerFinder } from "./chats.ts";
import type { Handle } from "./database.ts";
import { chats, messages } from "./tables.ts";

/** A message's place in its chat. */
type Place = { at: number; id: number };
export type ReadTold = { sessionId: number; chat: ChatRef; waIds: readonly string[]; until: number | null; at: number };
export type ReadHere = { chatId: number; waIds: readonly string[]; at: number };

const lastId = Number.MAX_SAFE_INTEGER;

/** Used by every transaction in which something is read. */
export function readingKeeper(db: Handle) {
  /**
   * Everything of others' up to that place. What is unread is the newest so many: those of them that lie behind it stay,
   * and what history counted without bringing it was before all of them.
   */
  async function readUpTo(chatId: number, { at: saidAt, id }: Place, at: number): Promise<void> {
    const [chat] = await db.select({ unread: chats.unread }).from(chats).where(eq(chats.id, chatId));
    if (chat === undefined || chat.unread === 0) return;
    const newest = sql`SELECT id, said_at FROM ${messages} WHERE chat_id = ${chatId} AND from_me = 0
      ORDER BY said_at DESC, id DESC LIMIT ${chat.unread}`;
    const isRead = sql`(said_at, id) <= (${saidAt}, ${id})`;
    const [left] = await db.all<{ count: number; all: number }>(
      sql`SELECT count(*) FILTER (WHERE NOT ${isRead}) AS count, count(*) AS "all" FROM (${newest})`,
    );
    if (left === undefined || (left.count === left.all && left.all === chat.unread)) return;
    await db.run(sql`UPDATE ${messages} SET read_at = ${at}
      WHERE read_at IS NULL AND id IN (SELECT id FROM (${newest}) WHERE ${isRead})`);
    await db.update(chats).set({ unread: left.count }).where(eq(chats.id, chatId));
  }

  /** Where the newest of these is, and how many of them are there. */
  async function placeOf(chatId: number, waIds: readonly string[]): Promise<{ place: Place | null; found: number }> {
    const ofOthers = and(eq(messages.chatId, chatId), eq(messages.fromMe, false), inArray(messages.waId, [...waIds]));
    const rows = await db.select({ at: messages.saidAt, id: messages.id }).from(messages).where(ofOthers);
    const place = rows.reduce<Place | null>((last, row) => (last === null || isAfter(row, last) ? row : last), null);
    return { place, found: rows.length };
  }

  return { readUpTo, placeOf };
}

export function readingWrites(db: Handle) {
  const ownerOf = ownerFinder(db);
  const findChat = chatFinder(db);
  const { readUpTo, placeOf } = readingKeeper(db);

  return {
    /** On another device. False where not all that was read is there: it may still be on its way. */
    async "chats.read_elsewhere"({ sessionId, chat, waIds, until, at }: ReadTold): Promise<boolean> {
      const owner = await ownerOf(sessionId);
      const id = owner === undefined ? null : await findChat({ ...owner, chat });
      if (id === null) return owner === undefined;
      if (until !== null) await readUpTo(id, { at: until, id: lastId }, at);
      const { place, found } = await placeOf(id, waIds);
      if (place !== null) await readUpTo(id, place, at);
      return found === waIds.length;
    },
    /** Here: so many are unread no more. What has come since still is. */
    async "chats.mark_read"({ chatId, waIds, at }: ReadHere): Promise<void> {
      const { place } = await placeOf(chatId, waIds);
      if (place !== null) await readUpTo(chatId, place, at);
      // History counted more than it brought.
      else await db.update(chats).set({ unread: 0 }).where(eq(chats.id, chatId));
    },
  };
}

function isAfter(one: Place, other: Place): boolean {
  return one.at === other.at ? one.id > other.id : one.at > other.at;
}
