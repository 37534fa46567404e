// Pacing on disk: what may go while something is held, who was written to first, and what WhatsApp has forbidden.
import { and, asc, count, eq, gt, lt, sql } from "drizzle-orm";
import { day } from "../core/clock.ts";
import { isMedia, textOf } from "../core/content.ts";
import { type Brakes, noBrakes, type WaitingMessage } from "../core/pacing.ts";
import type { Typed } from "../core/typing.ts";
import type { Handle } from "./database.ts";
import { brakes } from "./pacing-tables.ts";
import { chats, messages } from "./tables.ts";

/** `allowed` is how many within a day. */
export type Reaching = { messageId: number; at: number; allowed: number };
/** What is held just now; of `quiet`, everything but what goes where somebody wrote since. */
export type HeldKinds = { cold: boolean; fresh: boolean; quiet: boolean; heardSince: number };

/**
 * Within a chat everything goes in its order, what is done to messages too: the first that waits stands for all behind
 * it. What is urgent gets past those that are not, should they be held.
 */
export const isFirst = sql`NOT EXISTS (SELECT 1 FROM messages AS earlier WHERE earlier.chat_id = messages.chat_id AND earlier.state = 0 AND earlier.id < messages.id AND earlier.is_urgent >= messages.is_urgent) AND (messages.is_urgent = 1 OR NOT EXISTS (SELECT 1 FROM actions WHERE actions.chat_id = messages.chat_id AND actions.state = 0 AND actions.after_id < messages.id))`;
/** To a person who never wrote. In a group, nobody is a stranger. */
const isCold = sql`(EXISTS (SELECT 1 FROM chats WHERE chats.id = messages.chat_id AND chats.kind = 0 AND chats.was_heard = 0) AND NOT EXISTS (SELECT 1 FROM messages AS theirs WHERE theirs.chat_id = messages.chat_id AND theirs.from_me = 0))`;
/** And to whom nothing went out before either. */
const isNew = sql`(${isCold} AND EXISTS (SELECT 1 FROM chats WHERE chats.id = messages.chat_id AND chats.reached_at IS NULL) AND NOT EXISTS (SELECT 1 FROM messages AS ours WHERE ours.chat_id = messages.chat_id AND ours.from_me = 1 AND ours.state NOT IN (0, 2, 7)))`;
const isHeard = sql`EXISTS (SELECT 1 FROM messages AS theirs WHERE theirs.chat_id = messages.chat_id AND theirs.from_me = 0 AND theirs.said_at > ${sql.placeholder("heardSince")})`;
/** In spite of what is held: each of these is 1 where its kind is. */
export const mayGo = and(
  sql`(${sql.placeholder("cold")} = 0 OR NOT ${isCold})`,
  sql`(${sql.placeholder("fresh")} = 0 OR messages.is_urgent = 1 OR NOT ${isNew})`,
  sql`(${sql.placeholder("quiet")} = 0 OR messages.is_urgent = 1 OR ${isHeard})`,
);

const countedAhead = 500;

export function pacingWrites(db: Handle) {
  return {
    async "pacing.brake"({ sessionId, ...values }: Brakes & { sessionId: number }): Promise<void> {
      await db
        .insert(brakes)
        .values({ sessionId, ...values })
        .onConflictDoUpdate({ target: brakes.sessionId, set: values });
    },
    /** Counts a person who is written to for the first time; false, and nothing counted, beyond what is allowed. */
    async "pacing.reach"({ messageId, at, allowed }: Reaching): Promise<boolean> {
      const [row] = await db
        .select({ sessionId: messages.sessionId, chatId: messages.chatId, isUrgent: messages.isUrgent })
        .from(messages)
        .where(and(eq(messages.id, messageId), isNew));
      if (row === undefined) return true;
      if (!row.isUrgent) {
        const within = and(eq(chats.sessionId, row.sessionId), gt(chats.reachedAt, at - day));
        const [found] = await db.select({ people: count() }).from(chats).where(within);
        if ((found?.people ?? 0) >= allowed) return false;
      }
      await db.update(chats).set({ reachedAt: at }).where(eq(chats.id, row.chatId));
      return true;
    },
  };
}

export function pacingQueries(db: Handle) {
  const heardAt = sql<
    number | null
  >`(SELECT theirs.said_at FROM messages AS theirs WHERE theirs.chat_id = messages.chat_id AND theirs.from_me = 0 ORDER BY theirs.said_at DESC LIMIT 1)`;
  const standing = db
    .select({
      sessionId: messages.sessionId,
      isUrgent: messages.isUrgent,
      isFirst: sql<number>`${isFirst}`,
      isCold: sql<number>`${isCold}`,
      isNew: sql<number>`${isNew}`,
      heardAt,
    })
    .from(messages)
    .where(eq(messages.id, sql.placeholder("id")))
    .prepare();
  const reached = db
    .select({ at: chats.reachedAt })
    .from(chats)
    .where(and(eq(chats.sessionId, sql.placeholder("sessionId")), gt(chats.reachedAt, sql.placeholder("since"))))
    .orderBy(asc(chats.reachedAt))
    .prepare();
  const said = db
    .select({ content: messages.content, isUrgent: messages.isUrgent })
    .from(messages)
    .where(eq(messages.id, sql.placeholder("id")))
    .prepare();

  /** How many who are new come before this one; null for very many. */
  async function newBefore(sessionId: number, id: number): Promise<number | null> {
    const waits = and(eq(messages.sessionId, sessionId), sql`messages.state = 0`, lt(messages.id, id));
    const ahead = await db
      .select({ id: messages.id })
      .from(messages)
      .where(and(waits, isFirst, isNew, eq(messages.isUrgent, false)))
      .limit(countedAhead);
    return ahead.length < countedAhead ? ahead.length : null;
  }

  return {
    async brakes(sessionId: number): Promise<Brakes> {
      const [row] = await db.select().from(brakes).where(eq(brakes.sessionId, sessionId));
      if (row === undefined) return noBrakes;
      const { coldUntil, allUntil, pauses } = row;
      return { coldUntil, allUntil, pauses };
    },
    /** When somebody was written to for the first time, oldest first. */
    async reached(sessionId: number, since: number): Promise<number[]> {
      return (await reached.execute({ sessionId, since })).flatMap(({ at }) => at ?? []);
    },
    async isNew(id: number): Promise<boolean> {
      const [row] = await standing.execute({ id });
      return row?.isNew === 1;
    },
    async find(id: number): Promise<WaitingMessage | null> {
      const [row] = await standing.execute({ id });
      if (row === undefined) return null;
      const { sessionId, isUrgent, heardAt } = row;
      const isNew = row.isNew === 1;
      const before = isNew ? await newBefore(sessionId, id) : 0;
      return { isUrgent, heardAt, isNew, isFirst: row.isFirst === 1, isCold: row.isCold === 1, newBefore: before };
    },
    /** What shows that it is being written; null where nothing shall. */
    async typed(id: number): Promise<Typed | null> {
      const [row] = await said.execute({ id });
      if (row === undefined || row.isUrgent) return null;
      const { content } = row;
      const seconds = isMedia(content) ? content.media.seconds : null;
      return { kind: content.kind, length: textOf(content)?.length ?? 0, seconds };
    },
  };
}
