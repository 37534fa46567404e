// The journal in the database: public events, numbered in the order they were committed, each appended within the
// transaction of the rows it speaks of.
import { and, asc, eq, gt, inArray, lt, sql } from "drizzle-orm";
import type { EventType, JournalEvent, NewEvent } from "../core/events.ts";
import type { Handle } from "./database.ts";
import { straight } from "./straight.ts";
import { journal } from "./tables.ts";

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
  return {
    /** The oldest so many, as far as they are that old. */
    async "journal.prune"({ before, most }: { before: number; most: number }): Promise<number> {
      const oldest = db.select({ id: journal.id }).from(journal).orderBy(asc(journal.id)).limit(most);
      const gone = await db
        .delete(journal)
        .where(and(inArray(journal.id, oldest), lt(journal.at, before)))
        .returning({ id: journal.id });
      return gone.length;
    },
  };
}
