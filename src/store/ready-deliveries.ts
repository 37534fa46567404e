// What may be told to a webhook that hears of each chat in order: nothing of a lane in which something waits for another
// attempt. Looked up in one statement, for between two the one that waited might become ready, and be overtaken.
import { and, eq, sql } from "drizzle-orm";
import type { Handle } from "./database.ts";
import type { ReadyDelivery } from "./deliveries.ts";
import { straight } from "./straight.ts";
import { deliveries } from "./webhook-tables.ts";

/** As it is read to be attempted. */
export const readyFields = {
  id: deliveries.id,
  eventId: deliveries.eventId,
  type: deliveries.type,
  lane: deliveries.lane,
  format: deliveries.format,
  attempts: deliveries.attempts,
  tries: deliveries.tries,
};

export function orderedDeliveryQueries(db: Handle) {
  const slot = sql.placeholder;
  const ready = sql`webhook_id = ${slot("webhookId")} AND state = 0`;
  // From each lane to the next, whatever is in it: a thousand lanes that wait, each with a hundred behind it, are a
  // thousand steps. They come in their order, and no further than they are asked for.
  const openLanes = sql`(
    WITH RECURSIVE each_lane (open_lane) AS (
      SELECT min(lane) FROM deliveries WHERE ${ready} AND lane > ${slot("lane")}
      UNION ALL
      SELECT (SELECT min(lane) FROM deliveries WHERE ${ready} AND lane > open_lane)
      FROM each_lane WHERE open_lane IS NOT NULL
    )
    SELECT open_lane FROM each_lane WHERE NOT EXISTS (
      SELECT 1 FROM deliveries WHERE webhook_id = ${slot("webhookId")} AND state = 1 AND lane = open_lane
    )
  )`;
  const inOrder = straight(
    db
      .select(readyFields)
      .from(openLanes)
      .crossJoin(deliveries)
      .where(
        and(
          eq(deliveries.webhookId, slot("webhookId")),
          sql`${deliveries.state} = 0`,
          sql`${deliveries.lane} = open_lane`,
        ),
      )
      .limit(slot("limit"))
      .prepare(),
    readyFields,
  );

  return {
    /** Beyond a lane, lane by lane, in each the oldest event first; of those lanes alone in which nothing has to wait. */
    readyInOrder: (webhookId: number, lane: number, limit: number): ReadyDelivery[] =>
      inOrder({ webhookId, lane, limit }) as ReadyDelivery[],
  };
}
