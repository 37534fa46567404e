// What may be told to a webhook now. To one that hears of each chat in order, nothing of a lane in which something waits
// for another attempt: looked up in one statement, for between two the one that waited might become ready, and be overtaken.
import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { EventType } from "../core/events.ts";
import type { WebhookFormatName } from "../core/webhook.ts";
import type { Handle } from "./database.ts";
import { straight } from "./straight.ts";
import { deliveries } from "./webhook-tables.ts";

/** As it is read to be attempted. */
export type ReadyDelivery = {
  id: number;
  eventId: number;
  type: EventType;
  eventAt: number;
  lane: number;
  format: WebhookFormatName;
  attempts: number;
  tries: number;
};
/** One lane's, after that event. */
export type LaneWanted = { webhookId: number; lane: number; after: number; limit: number; isOrdered: boolean };

export const readyFields = {
  id: deliveries.id,
  eventId: deliveries.eventId,
  type: deliveries.type,
  eventAt: deliveries.eventAt,
  lane: deliveries.lane,
  format: deliveries.format,
  attempts: deliveries.attempts,
  tries: deliveries.tries,
};

export function readyDeliveryQueries(db: Handle) {
  const slot = sql.placeholder;
  // Said in numbers: only so does SQLite see that a partial index fits.
  const isReady = and(eq(deliveries.webhookId, slot("webhookId")), sql`${deliveries.state} = 0`);
  const inAnyOrder = straight(
    db
      .select(readyFields)
      .from(deliveries)
      .where(and(isReady, gt(deliveries.lane, slot("lane"))))
      .orderBy(asc(deliveries.lane), asc(deliveries.eventId))
      .limit(slot("limit"))
      .prepare(),
    readyFields,
  );
  const waitsInLane = sql`EXISTS (
    SELECT 1 FROM deliveries AS other WHERE other.webhook_id = ${slot("webhookId")} AND other.state = 1 AND other.lane = ${slot("lane")}
  )`;
  const inLane = straight(
    db
      .select(readyFields)
      .from(deliveries)
      .where(
        and(
          ...[isReady, eq(deliveries.lane, slot("lane")), gt(deliveries.eventId, slot("after"))],
          sql`(${slot("isOrdered")} = 0 OR NOT ${waitsInLane})`,
        ),
      )
      .orderBy(asc(deliveries.eventId))
      .limit(slot("limit"))
      .prepare(),
    readyFields,
  );
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
      .where(and(isReady, sql`${deliveries.lane} = open_lane`))
      .limit(slot("limit"))
      .prepare(),
    readyFields,
  );

  return {
    /** Beyond a lane, lane by lane, in each the oldest event first. At once, as all of these are. */
    ready: (webhookId: number, lane: number, limit: number): ReadyDelivery[] =>
      inAnyOrder({ webhookId, lane, limit }) as ReadyDelivery[],
    /** So many of one lane. */
    readyInLane: ({ isOrdered, ...wanted }: LaneWanted): ReadyDelivery[] =>
      inLane({ ...wanted, isOrdered: isOrdered ? 1 : 0 }) as ReadyDelivery[],
    /** As `ready`, of those lanes alone in which nothing has to wait. */
    readyInOrder: (webhookId: number, lane: number, limit: number): ReadyDelivery[] =>
      inOrder({ webhookId, lane, limit }) as ReadyDelivery[],
  };
}
