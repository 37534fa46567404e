// How events are told to others: in the API's own form, and in that of each webhook.
import type { Clock } from "../core/clock.ts";
import type { Ids } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { Store } from "../store/store.ts";
import { createDeliveryMaker, type DeliveryMaker } from "./delivery-making.ts";
import { createEventBodies, type EventBodies, type ShowEvent } from "./event-bodies.ts";
import { createNativeFormat } from "./native-format.ts";
import type { WebhookFormat, WebhookFormats } from "./webhook-format.ts";

export type Telling = { eventBodies: EventBodies; formats: WebhookFormats; maker: DeliveryMaker };
/** With what a dialect's format is made. */
export type FormatNeeds = {
  native: WebhookFormat;
  show: EventBodies["show"];
  store: Store;
  clock: Clock;
  ids: Ids;
};
type Needs = {
  store: Store;
  ids: Ids;
  clock: Clock;
  log: Log;
  show: ShowEvent;
  /** Of the other surfaces. */
  others(needs: FormatNeeds): Omit<WebhookFormats, "native">;
};

export function createTelling({ store, ids, clock, log, show, others }: Needs): Telling {
  const eventBodies = createEventBodies({ store, ids, show });
  const native = createNativeFormat(eventBodies.show);
  const formats: WebhookFormats = { native, ...others({ native, show: eventBodies.show, store, clock, ids }) };
  return { eventBodies, formats, maker: createDeliveryMaker({ store, eventBodies, formats, log }) };
}
