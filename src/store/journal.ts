// The journal in the database: public events, numbered in the order they were committed, each appended within the
// transaction of the rows it speaks of.
import { and, asc, desc, eq, gt, inArray, isNull, min, sql } from "drizzle-orm";
import type { EventType, JournalEvent, NewEvent } from "../core/events.ts";
import { accounts } from "./account-tables.ts";
import type { Handle } from "./database.ts";
import { goOnAfter, type OldRows } from "./pieces.ts";
import { straight } from "./straight.ts";
import { journal } from "./tables.ts";
import { webhooks } from "./webhook-tables.ts";

/** Used by every transaction that others shall hear of; gives back the event's number. */
export function journalAppender(db: Handle): (event: NewEvent) => number {
  const insert = straight(
    db
      .insert(journal)
      .values({
        accountId: sql.placeholder("accountId"),
        sessionId: sql.placeholder("sessionId"),
        type: sql.placeholder("type"),
        at: sql.placeholder("at"),
        data: sql.placeholder("data"),
      })
      .returning({ id: journal.id })
      .prepare(),
    { id: journal.id },
  );
  return (event) => insert(event)[0]?.id ?? 0;
}

export function journalQueries(db: Handle) {
  const later = and(eq(journal.accountId, sql.placeholder("account")), gt(journal.id, sql.placeholder("after")));
  const next = db
    .select()
    .from(journal)
    .where(later)
    .orderBy(asc(journal.id))
    .limit(sql.placeholder("limit"))
    .prepare();
  const placeFields = { id: journal.id, at: journal.at };
  const from = straight(
    db
      .select(placeFields)
      .from(journal)
      .where(and(eq(journal.accountId, sql.placeholder("account")), gt(journal.id, sql.placeholder("after"))))
      .orderBy(asc(journal.id))
      .limit(1)
      .prepare(),
    placeFields,
  );
  const last = straight(db.select({ id: journal.id }).from(journal).orderBy(desc(journal.id)).limit(1).prepare(), {
    id: journal.id,
  });

  const nextOfAll = db
    .select()
    .from(journal)
    .where(gt(journal.id, sql.placeholder("after")))
    .orderBy(asc(journal.id))
    .limit(sql.placeholder("limit"))
    .prepare();
  const newest = (): number =>
    db.all<{ seq: number }>(sql`SELECT seq FROM sqlite_sequence WHERE name = 'journal'`)[0]?.seq ?? 0;
  const eventOf = (row: typeof journal.$inferSelect): JournalEvent => ({ ...row, type: row.type as EventType });

  return {
    /** The newest event's number, whosoever's. */
    end: (): number => last({})[0]?.id ?? 0,
    /** After which an account's events of that time begin. They are in the order of their times, or as good as. */
    placeOf(account: number, at: number): number {
      let [low, high] = [0, last({})[0]?.id ?? 0];
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        const [event] = from({ account, after: middle });
        if (event !== undefined && event.at < at) low = event.id;
        else high = middle;
      }
      return low;
    },
    async find(id: number): Promise<JournalEvent | null> {
      const [row] = await db.select().from(journal).where(eq(journal.id, id));
      return row === undefined ? null : eventOf(row);
    },
    /** An account's events after that number, oldest first. */
    async after(account: number, after: number, limit: number): Promise<JournalEvent[]> {
      return (await next.execute({ account, after, limit })).map(eventOf);
    },
    /** Everybody's. */
    async ofAllAfter(after: number, limit: number): Promise<JournalEvent[]> {
      return (await nextOfAll.execute({ after, limit })).map(eventOf);
    },
    /** The number of the newest event there ever was; 0 before the first. */
    newest,
    /** Up to which number they are not kept any more; 0 where all are. */
    goneUpTo(): number {
      const [row] = db.all<{ first: number | null }>(sql`SELECT min(id) AS first FROM journal`);
      return row?.first == null ? newest() : row.first - 1;
    },
  };
}

export function journalWrites(db: Handle) {
  /** Up to which number all have come that are at work, whosever they are: where it ends, it ends for everybody. */
  async function seenByAll(): Promise<number> {
    const [found] = await db
      .select({ cursor: min(webhooks.cursor) })
      .from(webhooks)
      .innerJoin(accounts, eq(accounts.id, webhooks.accountId))
      .where(and(eq(webhooks.state, "active"), isNull(accounts.disabledAt)));
    return found?.cursor ?? Number.MAX_SAFE_INTEGER;
  }

  return {
    /**
     * Beyond that number, those that are so old; but none that a webhook at work has not come to yet. Gives back where to
     * go on, or null at the end.
     */
    async "journal.prune"({ before, after, most }: OldRows): Promise<number | null> {
      const rows = await db
        .select({ id: journal.id, at: journal.at })
        .from(journal)
        .where(gt(journal.id, after))
        .orderBy(asc(journal.id))
        .limit(most);
      const upTo = await seenByAll();
      const ids = rows.flatMap(({ id, at }) => (at < before && id <= upTo ? [id] : []));
      await db.delete(journal).where(inArray(journal.id, ids));
      return (rows.at(-1)?.id ?? 0) > upTo ? null : goOnAfter(rows, { before, most });
    },
  };
}
