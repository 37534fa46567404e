// From events to deliveries: which of them a webhook is told, and what it is told, once for all that share a format.
import { messageOf } from "../core/errors.ts";
import type { EventInFull, JournalEvent } from "../core/events.ts";
import type { Log } from "../core/log.ts";
import { isMeant, type Webhook, type WebhookFormatName } from "../core/webhook.ts";
import { isIn, laneOf } from "../core/webhook-targets.ts";
import type { NewBody, NewDelivery } from "../store/deliveries.ts";
import type { Store } from "../store/store.ts";
import type { EventBodies } from "./event-bodies.ts";
import type { WebhookFormats } from "./webhook-format.ts";

export type DeliveryMaker = {
  /** The deliveries of each webhook are in its place, in the order of the events. */
  make(events: readonly JournalEvent[], webhooks: readonly Webhook[]): Promise<Made>;
  /** What there is to tell of an event as it is now; null for one that is not kept any more. */
  renew(eventId: number, format: WebhookFormatName): Promise<NewBody | null>;
};
export type Made = { bodies: NewBody[]; deliveries: NewDelivery[][] };

type Needs = {
  store: Pick<Store, "journal">;
  eventBodies: Pick<EventBodies, "read">;
  formats: WebhookFormats;
  log: Log;
};

export function createDeliveryMaker({ store, eventBodies, formats, log }: Needs): DeliveryMaker {
  async function render(full: EventInFull, format: WebhookFormatName): Promise<string | null> {
    try {
      return await formats[format].bodyOf(full);
    } catch (error) {
      // One event that cannot be told must not keep all that follow it.
      log.error({ event: full.event.id, format, error: messageOf(error) }, "an event could not be told");
      return null;
    }
  }

  return {
    async make(events, webhooks) {
      const wanted = events.filter((event) => webhooks.some((webhook) => isWanted(event, webhook)));
      const bodies: NewBody[] = [];
      const deliveries: NewDelivery[][] = webhooks.map(() => []);
      for (const full of wanted.length === 0 ? [] : await eventBodies.read(wanted)) {
        const { id: eventId, type, at: eventAt } = full.event;
        const lane = laneOf(full);
        const told = new Map<WebhookFormatName, string | null>();
        for (const [place, webhook] of webhooks.entries()) {
          const { format } = webhook;
          if (!isWanted(full.event, webhook) || !isIn(full, webhook.chats)) continue;
          if (!told.has(format)) {
            const body = await render(full, format);
            told.set(format, body);
            if (body !== null) bodies.push({ eventId, format, lane, body });
          }
          if (told.get(format) !== null) deliveries[place]?.push({ eventId, type, eventAt, lane, format });
        }
      }
      return { bodies, deliveries };
    },
    async renew(eventId, format) {
      const event = await store.journal.find(eventId);
      const [full] = event === null ? [] : await eventBodies.read([event]);
      const body = full === undefined ? null : await render(full, format);
      return full === undefined || body === null ? null : { eventId, format, lane: laneOf(full), body };
    },
  };
}

function isWanted({ type, sessionId }: JournalEvent, { events, sessions }: Webhook): boolean {
  return isMeant(type, events) && (sessions === null || (sessionId !== null && sessions.includes(sessionId)));
}
