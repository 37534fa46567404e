// What became of what a webhook was to be told: looked up, and told again.
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { JournalEvent } from "../core/events.ts";
import type { Ids } from "../core/ids.ts";
import type { Page, PageRequest } from "../core/page.ts";
import type { DeliveryState, Webhook } from "../core/webhook.ts";
import type { Attempt, BriefAttempt, Delivery, DeliveryFilter } from "../store/delivery-log.ts";
import type { Store } from "../store/store.ts";
import type { DeliveryMaker } from "./delivery-making.ts";
import type { Usage } from "./usage.ts";
import { sentOf, type WebhookFormats } from "./webhook-format.ts";
import { type Delivering, hidden } from "./webhooks.ts";

/** `waits` while the plan's webhook events of this minute are used up. */
export type ToldDelivery = Delivery & {
  body: string | null;
  told: BriefAttempt[];
  waits: { until: number | null } | null;
};
/** With what was answered, and the headers of the last attempt, secrets hidden. */
export type DeliveryInFull = Omit<ToldDelivery, "told"> & { told: Attempt[]; headers: Record<string, string> | null };
export type DeliveryWish = Omit<DeliveryFilter, "webhookId">;
export type WebhookDeliveries = ReturnType<typeof createWebhookDeliveries>;

type Needs = {
  store: Store;
  maker: DeliveryMaker;
  formats: WebhookFormats;
  delivering: Delivering | null;
  usage: Usage;
  clock: Clock;
  ids: Ids;
};

const atOnce = 500;
const eventsAtOnce = 200;
/** Of headers, what is nobody's secret. */
const plain = /^(content-type|user-agent|webhook-id|webhook-timestamp)$/i;

export function createWebhookDeliveries({ store, maker, formats, delivering, usage, clock, ids }: Needs) {
  async function get(webhook: Webhook, id: number): Promise<Delivery> {
    const delivery = await store.deliveryLog.find(id);
    if (delivery?.webhookId === webhook.id) return delivery;
    throw new WaygateError("not_found", "There is no such delivery.");
  }

  async function inFull({ accountId }: Webhook, rows: readonly Delivery[]): Promise<ToldDelivery[]> {
    const isWaiting = rows.some(({ state }) => state === "ready");
    const wait = isWaiting ? await usage.eventsWait(accountId) : null;
    const [bodies, attempts] = await Promise.all([
      store.deliveryLog.bodiesOf(rows.map(({ eventId }) => eventId)),
      store.deliveryLog.attemptsOf(rows.map(({ id }) => id)),
    ]);
    return rows.map((row) => ({
      ...row,
      body: bodies.find(({ eventId, format }) => eventId === row.eventId && format === row.format)?.body ?? null,
      told: attempts.filter(({ deliveryId }) => deliveryId === row.id),
      waits: row.state === "ready" ? wait : null,
    }));
  }

  /** As they were sent last, as far as that can be told again. */
  async function sentHeaders(webhook: Webhook, { eventId, format, body }: ToldDelivery, at: number | undefined) {
    if (body === null || at === undefined) return null;
    const secrets = [webhook.secret] as const;
    const sending = { eventId, id: ids.show("event", eventId), body, at, webhook, secrets };
    const { headers } = await sentOf(formats[format], sending);
    return Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, plain.test(name) ? value : hidden]),
    );
  }

  async function allOf(filter: DeliveryFilter, work: (rows: readonly Delivery[]) => Promise<void>): Promise<void> {
    let before: number | null = null;
    for (;;) {
      const rows: Delivery[] = await store.deliveryLog.list(filter, before, atOnce);
      if (rows.length > 0) await work(rows);
      if (rows.length < atOnce) return;
      before = rows.at(-1)?.eventId ?? 0;
    }
  }

  return {
    /** Newest events first. */
    async list(webhook: Webhook, wish: DeliveryWish, { before, limit }: PageRequest): Promise<Page<ToldDelivery>> {
      const last = before === null ? null : await get(webhook, before);
      const filter = { ...wish, webhookId: webhook.id };
      const found = await store.deliveryLog.list(filter, last?.eventId ?? null, limit + 1);
      const rows = await inFull(webhook, found.slice(0, limit));
      return { rows, next: found.length > limit ? (rows.at(-1)?.id ?? null) : null };
    },

    async find(webhook: Webhook, id: number): Promise<DeliveryInFull> {
      const [delivery] = await inFull(webhook, [await get(webhook, id)]);
      if (delivery === undefined) throw new WaygateError("not_found", "There is no such delivery.");
      const told = await store.deliveryLog.attemptsInFull(id);
      return { ...delivery, told, headers: await sentHeaders(webhook, delivery, told.at(-1)?.at) };
    },

    /** Once more, whatever became of it; one that waits for its next attempt is told at once. */
    async replay(webhook: Webhook, id: number): Promise<ToldDelivery> {
      await get(webhook, id);
      await store.write("deliveries.replay", { ids: [id] });
      delivering?.wake(webhook.id);
      const [delivery] = await inFull(webhook, [await get(webhook, id)]);
      if (delivery === undefined) throw new WaygateError("not_found", "There is no such delivery.");
      return delivery;
    },

    /** How many these were. */
    async replayAll(webhook: Webhook, wish: DeliveryWish & { states: readonly DeliveryState[] }): Promise<number> {
      let replayed = 0;
      await allOf({ ...wish, webhookId: webhook.id }, async (rows) => {
        const told = rows.filter(({ type }) => type !== "webhook.test").map(({ id }) => id);
        replayed += await store.write("deliveries.replay", { ids: told });
        delivering?.wake(webhook.id);
      });
      return replayed;
    },

    /** What the journal has that this webhook wants by now, and that it was never to be told. How many these were. */
    async replayMissing(webhook: Webhook, { since, until }: { since: number; until: number | null }): Promise<number> {
      const { id: webhookId, accountId } = webhook;
      const end = delivering?.seenBy(webhookId) ?? webhook.cursor;
      let made = 0;
      let after = store.journal.placeOf(accountId, since);
      for (;;) {
        const events = await store.journal.after(accountId, after, eventsAtOnce);
        const isMeant = ({ id, at }: JournalEvent) => id <= end && at >= since && (until === null || at < until);
        made += await tellMissing(webhook, events.filter(isMeant));
        const last = events.at(-1);
        if (last === undefined || events.length < eventsAtOnce || last.id >= end) return made;
        after = last.id;
      }
    },
  };

  async function tellMissing(webhook: Webhook, events: readonly JournalEvent[]): Promise<number> {
    const { id: webhookId, accountId } = webhook;
    if (events.length === 0) return 0;
    const known = await store.deliveries.known(
      webhookId,
      events.map(({ id }) => id),
    );
    const missing = events.filter(({ id }) => !known.has(id));
    const { bodies, deliveries: [deliveries = []] = [] } = await maker.make(missing, [webhook]);
    if (deliveries.length === 0) return 0;
    const targets = [{ webhookId, cursor: null, deliveries }];
    const [made] = await store.write("deliveries.fan_out", { accountId, at: clock.now(), bodies, targets });
    delivering?.wake(webhookId);
    return made?.length ?? 0;
  }
}
