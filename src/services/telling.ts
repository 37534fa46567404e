// How events are told to others: in the API's own form, and in that of each webhook.
import type { Ids } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { Store } from "../store/store.ts";
import { createDeliveryMaker, type DeliveryMaker } from "./delivery-making.ts";
import { createEventBodies, type EventBodies, type ShowEvent } from "./event-bodies.ts";
import { createNativeFormat } from "./native-format.ts";
import type { WebhookFormats } from "./webhook-format.ts";

export type Telling = { eventBodies: EventBodies; formats: WebhookFormats; maker: DeliveryMaker };
type Needs = { store: Store; ids: Ids; log: Log; show: ShowEvent };

export function createTelling({ store, ids, log, show }: Needs): Telling {
  const eventBodies = createEventBodies({ store, ids, show });
  const formats: WebhookFormats = { native: createNativeFormat(eventBodies.show) };
  return { eventBodies, formats, maker: createDeliveryMaker({ store, eventBodies, formats, log }) };
}
