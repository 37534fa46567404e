// The audit in the database: appended within the transaction of what it tells of, each entry hashed onto the last.
import { createHash } from "node:crypto";
import { and, asc, desc, eq, gt, lt, or, sql } from "drizzle-orm";
import type { AuditAction, AuditEntry, AuditEvent } from "../core/audit.ts";
import type { PageRequest } from "../core/page.ts";
import { audit } from "./account-tables.ts";
import type { Handle } from "./database.ts";

export type Recorded = AuditEvent & { at: number };
type AuditRow = typeof audit.$inferSelect;

/** Used by every transaction that does something worth remembering. */
export function auditAppender(db: Handle): (event: Recorded) => Promise<void> {
  const last = db.select({ hash: audit.hash }).from(audit).orderBy(desc(audit.id)).limit(1).prepare();
  const insert = db
    .insert(audit)
    .values({
      at: sql.placeholder("at"),
      action: sql.placeholder("action"),
      actorId: sql.placeholder("actorId"),
      via: sql.placeholder("via"),
      address: sql.placeholder("address"),
      accountId: sql.placeholder("accountId"),
      target: sql.placeholder("target"),
      detail: sql.placeholder("detail"),
      hash: sql.placeholder("hash"),
    })
    .prepare();
  return async (event) => {
    const [previous] = await last.execute();
    const row = rowOf(event);
    await insert.execute({ ...row, hash: hashOnto(previous?.hash ?? Buffer.alloc(0), row) });
  };
}

export function auditWrites(db: Handle) {
  const append = auditAppender(db);
  return { "audit.append": (event: Recorded): Promise<void> => append(event) };
}

export function auditQueries(db: Handle) {
  const older = lt(audit.id, sql.placeholder("before"));
  const ofAccount = or(eq(audit.accountId, sql.placeholder("account")), eq(audit.actorId, sql.placeholder("account")));
  const newestFirst = (condition: ReturnType<typeof and>) =>
    db.select().from(audit).where(condition).orderBy(desc(audit.id)).limit(sql.placeholder("limit")).prepare();
  const all = newestFirst(older);
  const own = newestFirst(and(older, ofAccount));
  const chain = db
    .select()
    .from(audit)
    .where(gt(audit.id, sql.placeholder("after")))
    .orderBy(asc(audit.id))
    .limit(1_000)
    .prepare();

  return {
    async list(accountId: number | null, page: PageRequest): Promise<AuditEntry[]> {
      const bounds = { before: page.before ?? Number.MAX_SAFE_INTEGER, limit: page.limit };
      const rows = await (accountId === null ? all.execute(bounds) : own.execute({ ...bounds, account: accountId }));
      return rows.map(entryOf);
    },
    /** The first entry whose hash does not follow from the one before it; null when the chain holds. */
    async findBreak(): Promise<number | null> {
      let after = 0;
      let previous: Buffer = Buffer.alloc(0);
      for (;;) {
        const rows = await chain.execute({ after });
        for (const row of rows) {
          if (!hashOnto(previous, row).equals(row.hash)) return row.id;
          after = row.id;
          previous = row.hash;
        }
        if (rows.length === 0) return null;
      }
    },
  };
}

function rowOf(event: Recorded): Omit<AuditRow, "id" | "hash"> {
  return {
    at: event.at,
    action: event.action,
    actorId: event.actor.accountId,
    via: event.actor.via,
    address: event.actor.address,
    accountId: event.accountId,
    target: event.target,
    detail: JSON.stringify(event.detail),
  };
}

function hashOnto(previous: Buffer, row: Omit<AuditRow, "id" | "hash">): Buffer {
  const { at, action, actorId, via, address, accountId, target, detail } = row;
  const told = JSON.stringify([at, action, actorId, via, address, accountId, target, detail]);
  return createHash("sha256").update(previous).update(told).digest();
}

function entryOf(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    at: row.at,
    action: row.action as AuditAction,
    actor: { accountId: row.actorId, via: row.via, address: row.address },
    accountId: row.accountId,
    target: row.target,
    detail: JSON.parse(row.detail),
    hash: row.hash.toString("hex"),
  };
}
