// Outgoing webhooks, put together: from the journal to deliveries, and from deliveries to the receivers.
import type { Clock } from "../core/clock.ts";
import type { Ids } from "../core/ids.ts";
import type { Log } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { DeliveryMaker } from "../services/delivery-making.ts";
import type { UsageCounts } from "../services/usage-counts.ts";
import type { WebhookAnswers } from "../services/webhook-answers.ts";
import type { WebhookFormats } from "../services/webhook-format.ts";
import type { Delivering } from "../services/webhooks.ts";
import type { Store } from "../store/store.ts";
import { createUnderWay } from "./under-way.ts";
import { createCallers, type OpenCaller } from "./webhooks/callers.ts";
import { clearRemoved } from "./webhooks/clearing.ts";
import { createDeliverer } from "./webhooks/deliverer.ts";
import { createDirectory } from "./webhooks/directory.ts";
import { createFanOut } from "./webhooks/fan-out.ts";
import { createTryOut } from "./webhooks/try-out.ts";

export type WebhookJobs = AsyncDisposable & Delivering;
export type WebhookNeeds = {
  store: Store;
  maker: DeliveryMaker;
  formats: WebhookFormats;
  /** One that goes only where webhooks may. */
  openCaller: OpenCaller;
  answers: WebhookAnswers | null;
  counts: UsageCounts;
  metrics: Metrics;
  ids: Ids;
  clock: Clock;
  log: Log;
  /** From 0 to 1. */
  random?: () => number;
};

export async function startWebhooks(needs: WebhookNeeds): Promise<WebhookJobs> {
  const { store, maker, openCaller, clock, log } = needs;
  const over = new AbortController();
  const { own, ended } = createUnderWay(log, "what is left of a webhook could not be cleared away");
  let clearing: Promise<void> = Promise.resolve();
  const clear = () => {
    clearing = clearing.catch(() => {}).then(() => clearRemoved(store, over.signal));
    return clearing;
  };
  const directory = createDirectory({ store, changed, log });
  const callers = createCallers({ open: openCaller, log });
  const deliverer = createDeliverer({ ...needs, directory, callers });
  const fanOut = createFanOut({ store, directory, maker, made: deliverer.ready, clock, log });

  function changed(): void {
    fanOut.follow();
    deliverer.follow();
    own(clear());
  }

  await directory.reload();
  return {
    wake: deliverer.wake,
    seenBy: fanOut.seenBy,
    underWay: deliverer.underWay,
    tryOut: createTryOut(needs),
    async [Symbol.asyncDispose]() {
      over.abort();
      directory[Symbol.dispose]();
      await fanOut[Symbol.asyncDispose]();
      await deliverer[Symbol.asyncDispose]();
      await ended();
    },
  };
}
