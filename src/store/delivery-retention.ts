// How long it is kept what was told to whom: in pieces, oldest first. What still waits to be told is not touched.
import { and, asc, eq, gt, inArray, notExists, sql } from "drizzle-orm";
import type { Handle } from "./database.ts";
import { goOnAfter, type OldRows } from "./pieces.ts";
import { deliveries, deliveryBodies } from "./webhook-tables.ts";

export function deliveryRetentionWrites(db: Handle) {
  /** With their attempts, and with what they told where nobody else was told it. */
  async function remove(ids: readonly number[]): Promise<void> {
    const gone = await db
      .delete(deliveries)
      .where(inArray(deliveries.id, [...ids]))
      .returning({ eventId: deliveries.eventId });
    const isTold = db
      .select({ id: deliveries.id })
      .from(deliveries)
      .where(eq(deliveries.eventId, deliveryBodies.eventId));
    const events = gone.map(({ eventId }) => eventId);
    await db.delete(deliveryBodies).where(and(inArray(deliveryBodies.eventId, events), notExists(isTold)));
  }

  return {
    /** Beyond that row, those that were settled before; gives back where to go on, or null at the end. */
    async "deliveries.prune"({ before, after, most }: OldRows): Promise<number | null> {
      const rows = await db
        .select({ id: deliveries.id, settledAt: deliveries.settledAt, at: deliveries.createdAt })
        .from(deliveries)
        .where(gt(deliveries.id, after))
        .orderBy(asc(deliveries.id))
        .limit(most);
      await remove(rows.flatMap(({ id, settledAt }) => (settledAt !== null && settledAt < before ? [id] : [])));
      return goOnAfter(rows, { before, most });
    },
    /** What was told so long ago, unless it is still to be told to somebody. Gives back where to go on. */
    async "deliveries.prune_bodies"({ before, after, most }: OldRows): Promise<number | null> {
      const rows = await db
        .select({ id: deliveryBodies.id, at: deliveryBodies.at })
        .from(deliveryBodies)
        .where(gt(deliveryBodies.id, after))
        .orderBy(asc(deliveryBodies.id))
        .limit(most);
      const waits = db
        .select({ id: deliveries.id })
        .from(deliveries)
        .where(and(eq(deliveries.eventId, deliveryBodies.eventId), sql`${deliveries.state} < 2`));
      const ids = rows.flatMap(({ id, at }) => (at < before ? [id] : []));
      await db.delete(deliveryBodies).where(and(inArray(deliveryBodies.id, ids), notExists(waits)));
      return goOnAfter(rows, { before, most });
    },
    /** Of a webhook that is removed; gives back how many these were. */
    async "deliveries.clear"({ webhookId, most }: { webhookId: number; most: number }): Promise<number> {
      const rows = await db
        .select({ id: deliveries.id })
        .from(deliveries)
        .where(eq(deliveries.webhookId, webhookId))
        .limit(most);
      await remove(rows.map(({ id }) => id));
      return rows.length;
    },
  };
}
