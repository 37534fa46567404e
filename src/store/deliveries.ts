// Deliveries: made from the journal with the place up to which they were made, claimed by who reads them in the one
// process there is, and settled attempt by attempt. `ready` waits for nothing but its turn; `scheduled` for its time.
//
//   (fan-out) → ready → delivered          the number of its attempts is a delivery's fencing token: what was begun
//                 ↓  ↑                      before somebody else settled it, or before a restart, settles nothing
//              scheduled → … → failed
import { and, asc, eq, inArray, isNotNull, lte, sql } from "drizzle-orm";
import type { EventType } from "../core/events.ts";
import type { DeliveryState, WebhookFormatName } from "../core/webhook.ts";
import { answerKeeper } from "./answers.ts";
import type { Handle } from "./database.ts";
import type { NewMessage } from "./outbox.ts";
import { type ReadyDelivery, readyDeliveryQueries, readyFields } from "./ready-deliveries.ts";
import { straight, straightRun } from "./straight.ts";
import { deliveries, deliveryAttempts, deliveryBodies, webhooks } from "./webhook-tables.ts";
import { type Disabling, webhookDisabler } from "./webhooks.ts";

/** An event as it is told in one format. */
export type NewBody = { eventId: number; format: WebhookFormatName; lane: number; body: string };
export type NewDelivery = {
  eventId: number;
  type: EventType;
  eventAt: number;
  lane: number;
  format: WebhookFormatName;
};
export type FanOut = {
  accountId: number;
  at: number;
  bodies: readonly NewBody[];
  /** `cursor` is from where to where the journal was read for it; null where that is not its business. */
  targets: readonly {
    webhookId: number;
    cursor: { from: number; to: number } | null;
    deliveries: readonly NewDelivery[];
  }[];
};

export type Settlement = {
  id: number;
  /** Of the attempt, from 1 on. */
  number: number;
  at: number;
  durationMs: number;
  status: number | null;
  fault: string | null;
  /** JSON, as it is kept. */
  headers: string | null;
  body: Uint8Array | null;
  state: Exclude<DeliveryState, "ready">;
  /** Of one that is scheduled. */
  nextAt: number | null;
  /** What is said because of what was answered. */
  answer?: NewMessage;
};
export type Settlements = {
  settled: readonly Settlement[];
  /** Whose standing has changed by that. */
  failing: readonly { id: number; since: number | null }[];
  disabled: readonly Disabling[];
};
export type PromotedDelivery = ReadyDelivery & { webhookId: number };
export type TriedOut = { webhookId: number; delivery: NewDelivery; body: NewBody; accountId: number; told: Settlement };

export function deliveryWrites(db: Handle) {
  const slot = sql.placeholder;
  const disable = webhookDisabler(db);
  const { keepAnswer } = answerKeeper(db);
  const insertBody = straightRun(
    db
      .insert(deliveryBodies)
      .values({
        eventId: slot("eventId"),
        format: slot("format"),
        accountId: slot("accountId"),
        lane: slot("lane"),
        body: slot("body"),
        at: slot("at"),
      })
      // What one was told first, all are told.
      .onConflictDoNothing()
      .prepare(),
  );
  const insert = straight(
    db
      .insert(deliveries)
      .values({
        webhookId: slot("webhookId"),
        eventId: slot("eventId"),
        type: slot("type"),
        eventAt: slot("eventAt"),
        format: slot("format"),
        lane: slot("lane"),
        state: "ready",
        attempts: 0,
        tries: 0,
        createdAt: slot("at"),
      })
      .onConflictDoNothing()
      .returning({ id: deliveries.id })
      .prepare(),
    { id: deliveries.id },
  );
  const advance = straightRun(
    db
      .update(webhooks)
      .set({ cursor: sql`${slot("to")}` })
      .where(and(eq(webhooks.id, slot("webhookId")), lte(webhooks.cursor, slot("from")), eq(webhooks.state, "active")))
      .prepare(),
  );
  const settle = straightRun(
    db
      .update(deliveries)
      .set({
        state: sql`${sql.param(slot("state"), deliveries.state)}`,
        attempts: sql`${slot("number")}`,
        tries: sql`${deliveries.tries} + 1`,
        nextAt: sql`${slot("nextAt")}`,
        settledAt: sql`${slot("settledAt")}`,
      })
      .where(and(eq(deliveries.id, slot("id")), eq(deliveries.state, "ready"), eq(deliveries.attempts, slot("before"))))
      .prepare(),
  );
  const log = straightRun(
    db
      .insert(deliveryAttempts)
      .values({
        deliveryId: slot("id"),
        number: slot("number"),
        at: slot("at"),
        durationMs: slot("durationMs"),
        status: slot("status"),
        fault: slot("fault"),
        headers: sql`${slot("headers")}`,
        body: sql`${slot("body")}`,
      })
      .prepare(),
  );

  /** False for one that is gone with its webhook, or was settled by somebody else. */
  function settleOne(one: Settlement): boolean {
    const settledAt = one.state === "scheduled" ? null : one.at + one.durationMs;
    if (settle({ ...one, before: one.number - 1, settledAt }) === 0) return false;
    log(one);
    return true;
  }

  return {
    /** Gives back what was made for each; where the cursor is elsewhere by now, nothing is. */
    async "deliveries.fan_out"({ accountId, at, bodies, targets }: FanOut): Promise<(ReadyDelivery[] | null)[]> {
      for (const body of bodies) insertBody({ ...body, accountId, at });
      return targets.map(({ webhookId, cursor, deliveries: made }) => {
        if (cursor !== null && advance({ webhookId, ...cursor }) === 0) return null;
        return made.flatMap((one) =>
          insert({ ...one, webhookId, at }).map(({ id }) => ({ ...one, id, attempts: 0, tries: 0 })),
        );
      });
    },
    async "deliveries.settle"({ settled, failing, disabled }: Settlements): Promise<void> {
      for (const one of settled) if (settleOne(one) && one.answer !== undefined) await keepAnswer(one.answer);
      for (const { id, since } of failing) {
        await db.update(webhooks).set({ failingSince: since }).where(eq(webhooks.id, id));
      }
      for (const one of disabled) await disable(one);
    },
    /** Whose time has come. */
    async "deliveries.promote"({ now, most }: { now: number; most: number }): Promise<PromotedDelivery[]> {
      const due = db
        .select({ id: deliveries.id })
        .from(deliveries)
        .where(and(sql`${deliveries.state} = 1`, lte(deliveries.nextAt, now)))
        .orderBy(asc(deliveries.nextAt))
        .limit(most);
      const promoted = await db
        .update(deliveries)
        .set({ state: "ready", nextAt: null })
        .where(inArray(deliveries.id, due))
        .returning({ ...readyFields, webhookId: deliveries.webhookId });
      return promoted as PromotedDelivery[];
    },
    /** With all its tries before it again. What is ready already stays as it is. Gives back how many these were. */
    async "deliveries.replay"({ ids }: { ids: readonly number[] }): Promise<number> {
      const changed = await db
        .update(deliveries)
        .set({ state: "ready", tries: 0, nextAt: null, settledAt: null })
        .where(and(inArray(deliveries.id, [...ids]), sql`${deliveries.state} <> 0`))
        .returning({ id: deliveries.id });
      return changed.length;
    },
    /** One that was tried out, with how it went. */
    async "deliveries.tried_out"({ webhookId, delivery, body, accountId, told }: TriedOut): Promise<number | null> {
      const { at } = told;
      const [there] = await db.select({ id: webhooks.id }).from(webhooks).where(eq(webhooks.id, webhookId));
      if (there === undefined) return null;
      insertBody({ ...body, accountId, at });
      const [made] = insert({ ...delivery, webhookId, at });
      if (made === undefined) return null;
      settleOne({ ...told, id: made.id });
      return made.id;
    },
  };
}

export function deliveryQueries(db: Handle) {
  const slot = sql.placeholder;
  const body = straight(
    db
      .select({ body: deliveryBodies.body })
      .from(deliveryBodies)
      .where(
        and(
          eq(deliveryBodies.eventId, slot("eventId")),
          sql`${deliveryBodies.format} = ${sql.param(slot("format"), deliveryBodies.format)}`,
        ),
      )
      .prepare(),
    { body: deliveryBodies.body },
  );
  const next = straight(
    db
      .select({ nextAt: deliveries.nextAt })
      .from(deliveries)
      .where(and(sql`${deliveries.state} = 1`, isNotNull(deliveries.nextAt)))
      .orderBy(asc(deliveries.nextAt))
      .limit(1)
      .prepare(),
    { nextAt: deliveries.nextAt },
  );

  return {
    ...readyDeliveryQueries(db),
    bodyOf: (eventId: number, format: WebhookFormatName): string | null => body({ eventId, format })[0]?.body ?? null,
    /** When the next one is due. */
    nextAt: (): number | null => next({})[0]?.nextAt ?? null,
    /** Of these events, those that a webhook has a delivery for. */
    async known(webhookId: number, eventIds: readonly number[]): Promise<Set<number>> {
      const rows = await db
        .select({ eventId: deliveries.eventId })
        .from(deliveries)
        .where(and(eq(deliveries.webhookId, webhookId), inArray(deliveries.eventId, [...eventIds])));
      return new Set(rows.map(({ eventId }) => eventId));
    },
  };
}
