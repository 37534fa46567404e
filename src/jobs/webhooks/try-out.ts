// Tries a webhook out: one event that is told to it alone, at once and only once, whether it works or not.
import type { Clock } from "../../core/clock.ts";
import { WaygateError } from "../../core/errors.ts";
import type { Ids } from "../../core/ids.ts";
import type { Webhook } from "../../core/webhook.ts";
import type { DeliveryMaker } from "../../services/delivery-making.ts";
import type { WebhookFormats } from "../../services/webhook-format.ts";
import type { TriedWebhook } from "../../services/webhooks.ts";
import type { Store } from "../../store/store.ts";
import { createAttempt } from "./attempt.ts";
import type { OpenCaller } from "./callers.ts";

type Needs = {
  store: Pick<Store, "write" | "journal">;
  maker: DeliveryMaker;
  formats: WebhookFormats;
  openCaller: OpenCaller;
  ids: Ids;
  clock: Clock;
};

export function createTryOut({ store, maker, formats, openCaller, ids, clock }: Needs) {
  const attempt = createAttempt({ ids, clock });

  return async (webhook: Webhook): Promise<TriedWebhook> => {
    const eventAt = clock.now();
    const eventId = await store.write("webhooks.announce_test", { id: webhook.id, at: eventAt });
    const made = await maker.renew(eventId, webhook.format);
    if (made === null) throw new WaygateError("conflict", "The format of this webhook has no test in it.");
    await using caller = openCaller(webhook.url);
    const { body } = made;
    const format = formats[webhook.format];
    const asked = { caller, webhook, format, eventId, type: "webhook.test", body } as const;
    const { retryAfterMs: _, answered: __, ...told } = await attempt(asked);
    const state = told.fault === null ? ("delivered" as const) : ("failed" as const);
    const deliveryId = await store.write("deliveries.tried_out", {
      webhookId: webhook.id,
      accountId: webhook.accountId,
      delivery: { ...made, type: "webhook.test", eventAt },
      body: made,
      told: { ...told, state, nextAt: null, id: 0, number: 1 },
    });
    const { status, fault, durationMs } = told;
    return { deliveryId, status, fault, durationMs, body: told.body === null ? "" : Buffer.from(told.body).toString() };
  };
}
