// The log of deliveries, read back: newest events first, each with its attempts, and one with all that was said.
import { and, asc, count, desc, eq, inArray, lt, sql } from "drizzle-orm";
import type { DeliveryState } from "../core/webhook.ts";
import type { Handle } from "./database.ts";
import { deliveries, deliveryAttempts, deliveryBodies, webhooks } from "./webhook-tables.ts";

export type Delivery = typeof deliveries.$inferSelect;
export type Attempt = typeof deliveryAttempts.$inferSelect;
export type BriefAttempt = Omit<Attempt, "headers" | "body">;
export type DeliveryFilter = {
  webhookId: number;
  states?: readonly DeliveryState[] | undefined;
  type?: string | undefined;
  /** By the time of the event. */
  since?: number | undefined;
  until?: number | undefined;
};

/** As many are looked at in one piece: a log of a million, of which none fits, stops nobody else. */
const inOnePiece = 2_000;

export function deliveryLogQueries(db: Handle) {
  /** The failed ones alone have an index of their own. */
  const isFailed = sql`${deliveries.state} = 3`;

  async function piece(filter: DeliveryFilter, before: number): Promise<Delivery[]> {
    const onlyFailed = filter.states?.every((state) => state === "failed") ? isFailed : undefined;
    return db
      .select()
      .from(deliveries)
      .where(and(eq(deliveries.webhookId, filter.webhookId), lt(deliveries.eventId, before), onlyFailed))
      .orderBy(desc(deliveries.eventId))
      .limit(inOnePiece);
  }

  return {
    async find(id: number): Promise<Delivery | null> {
      const [row] = await db.select().from(deliveries).where(eq(deliveries.id, id));
      return row ?? null;
    },
    /** How many of an account's could be attempted now; counted up to `most`. */
    async waiting(accountId: number, most: number): Promise<number> {
      const own = db.select({ id: webhooks.id }).from(webhooks).where(eq(webhooks.accountId, accountId));
      const areReady = and(inArray(deliveries.webhookId, own), sql`${deliveries.state} = 0`);
      const some = db.select({ id: deliveries.id }).from(deliveries).where(areReady).limit(most).as("some");
      const [row] = await db.select({ waiting: count() }).from(some);
      return row?.waiting ?? 0;
    },
    /** Those of events before that one. */
    async list(filter: DeliveryFilter, beforeEvent: number | null, limit: number): Promise<Delivery[]> {
      const found: Delivery[] = [];
      let before = beforeEvent ?? Number.MAX_SAFE_INTEGER;
      for (;;) {
        const rows = await piece(filter, before);
        for (const row of rows) if (fits(row, filter)) found.push(row);
        const last = rows.at(-1);
        // Events are in the order of their times, or as good as.
        const isOver = rows.length < inOnePiece || (last?.eventAt ?? 0) < (filter.since ?? 0);
        if (found.length >= limit || last === undefined || isOver) return found.slice(0, limit);
        before = last.eventId;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    /** In the order in which they were made; without what was answered. */
    async attemptsOf(ids: readonly number[]): Promise<BriefAttempt[]> {
      const { deliveryId, number, at, durationMs, status, fault } = deliveryAttempts;
      return db
        .select({ deliveryId, number, at, durationMs, status, fault })
        .from(deliveryAttempts)
        .where(inArray(deliveryId, [...ids]))
        .orderBy(asc(deliveryId), asc(number));
    },
    /** With what was answered. */
    async attemptsInFull(id: number): Promise<Attempt[]> {
      const ofIt = eq(deliveryAttempts.deliveryId, id);
      return db.select().from(deliveryAttempts).where(ofIt).orderBy(asc(deliveryAttempts.number));
    },
    async bodiesOf(eventIds: readonly number[]): Promise<(typeof deliveryBodies.$inferSelect)[]> {
      return db
        .select()
        .from(deliveryBodies)
        .where(inArray(deliveryBodies.eventId, [...eventIds]));
    },
  };
}

function fits(row: Delivery, { states, type, since, until }: DeliveryFilter): boolean {
  if (states !== undefined && !states.includes(row.state)) return false;
  if (type !== undefined && row.type !== type) return false;
  return (since === undefined || row.eventAt >= since) && (until === undefined || row.eventAt < until);
}
