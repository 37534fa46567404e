// What is kept no longer than its session wants: messages with everything about them, and what they were received as.
import { and, eq, inArray, isNotNull, lt, not, type SQL, sql } from "drizzle-orm";
import type { Handle } from "./database.ts";
import { chats, inbox, messages, sessions } from "./tables.ts";

export type TooOld = { sessionId: number; before: number; most: number };

export function retentionWrites(db: Handle) {
  async function remove(condition: SQL | undefined, most: number): Promise<number> {
    const old = await db.select({ id: messages.id }).from(messages).where(condition).limit(most);
    const ids = old.map(({ id }) => id);
    // The chat stays where it stood in the list.
    await db.update(chats).set({ lastMessageId: null }).where(inArray(chats.lastMessageId, ids));
    await db.delete(messages).where(inArray(messages.id, ids));
    return ids.length;
  }

  return {
    /** In pieces, so that nobody waits long; what still waits to be sent, or to be changed, is not touched. Files follow their rows. */
    async "messages.prune"(tooOld: TooOld): Promise<number> {
      const { sessionId, before, most } = tooOld;
      const isOld = and(eq(inbox.sessionId, sessionId), isNotNull(inbox.takenAt), lt(inbox.receivedAt, before));
      const stanzas = db.select({ id: inbox.id }).from(inbox).where(isOld).limit(most);
      const gone = await db.delete(inbox).where(inArray(inbox.id, stanzas)).returning({ id: inbox.id });
      const hasWaiting = sql`EXISTS (SELECT 1 FROM actions WHERE actions.message_id = ${messages.id} AND actions.state = 0)`;
      const isSettled = and(sql`${messages.state} <> 0`, not(hasWaiting));
      const areOld = and(eq(messages.sessionId, sessionId), lt(messages.saidAt, before), isSettled);
      return Math.max(await remove(areOld, most), gone.length);
    },
    /** Before a session is removed, with what waits to be sent. */
    async "messages.remove_all"({ sessionId, most }: { sessionId: number; most: number }): Promise<number> {
      return remove(eq(messages.sessionId, sessionId), most);
    },
  };
}

export function retentionQueries(db: Handle) {
  return {
    /** Sessions that keep messages for so many days only. */
    async limits(): Promise<{ sessionId: number; days: number }[]> {
      const rows = await db.select({ id: sessions.id, settings: sessions.settings }).from(sessions);
      return rows.flatMap(({ id, settings: { retentionDays: days } }) =>
        days === null ? [] : [{ sessionId: id, days }],
      );
    },
  };
}
