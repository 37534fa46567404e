// What a caller asked for once under a key of its own: it is done once, and stands for the key for a while.
import { and, eq, lt, sql } from "drizzle-orm";
import { day } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Handle } from "./database.ts";
import { idempotency } from "./tables.ts";

/** `fingerprint` is of the method, the route and the body. */
export type IdempotencyKey = { key: string; fingerprint: Uint8Array };
/** What a key stands for: a message that was sent, what was done to it, or what is to be said later. */
export type Done = { messageId: number | null; actionId: number | null; scheduleId?: number | null };
export type KnownKey = Done & { fingerprint: Uint8Array; createdAt: number };

/** How long a key stands for what it did. */
export const keptMs = day;

/** Used by every transaction that sends. */
export function idempotencyKeeper(db: Handle) {
  return {
    /** What this key stands for, if it was used within its time. */
    async replayed(accountId: number, { key, fingerprint }: IdempotencyKey, now: number): Promise<Done | null> {
      const [known] = await db
        .select()
        .from(idempotency)
        .where(and(eq(idempotency.accountId, accountId), eq(idempotency.key, key)));
      if (known === undefined || known.createdAt < now - keptMs) return null;
      const { messageId, actionId, scheduleId } = known;
      if (messageId === null && scheduleId === null) return null;
      if (Buffer.compare(known.fingerprint, fingerprint) === 0) return { messageId, actionId, scheduleId };
      throw new WaygateError("invalid", "This Idempotency-Key was used for another request; take a new one.");
    },
    async keep(accountId: number, { key, fingerprint }: IdempotencyKey, done: Done, createdAt: number): Promise<void> {
      const values = { scheduleId: null, ...done, accountId, key, fingerprint: Buffer.from(fingerprint), createdAt };
      await db
        .insert(idempotency)
        .values(values)
        .onConflictDoUpdate({ target: [idempotency.accountId, idempotency.key], set: values });
    },
  };
}

export function idempotencyWrites(db: Handle) {
  return {
    /** In pieces, so that nobody waits long. */
    async "idempotency.prune"({ before, most }: { before: number; most: number }): Promise<number> {
      const old = await db.select().from(idempotency).where(lt(idempotency.createdAt, before)).limit(most);
      for (const { accountId, key } of old) {
        await db.delete(idempotency).where(and(eq(idempotency.accountId, accountId), eq(idempotency.key, key)));
      }
      return old.length;
    },
  };
}

export function idempotencyQueries(db: Handle) {
  const known = db
    .select()
    .from(idempotency)
    .where(and(eq(idempotency.accountId, sql.placeholder("accountId")), eq(idempotency.key, sql.placeholder("key"))))
    .prepare();
  return {
    /** The transaction itself decides. */
    async find(accountId: number, key: string): Promise<KnownKey | null> {
      const [row] = await known.execute({ accountId, key });
      return row === undefined || (row.messageId === null && row.scheduleId === null) ? null : row;
    },
  };
}
