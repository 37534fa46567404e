// The figures of webhooks: what came of attempts, how many are under way and wait, how long the first one took. By outcome
// and state alone: whose webhook it is would be as many labels as there are webhooks.
import { second } from "../../core/clock.ts";
import type { Metrics } from "../../core/metrics.ts";
import type { DeliveryState } from "../../core/webhook.ts";
import type { Store } from "../../store/store.ts";

export type Outcome = Exclude<DeliveryState, "ready">;
export type WebhookFigures = {
  cameTo(outcome: Outcome): void;
  /** So long after the event it was attempted for the first time. */
  begun(afterMs: number): void;
};

type Needs = { metrics: Metrics; store: Pick<Store, "webhookFigures">; underWay(): number };

/** In seconds. From the commit on it is milliseconds, unless the receiver is slow, paused or beyond its plan's rate. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600];
const outcomeNames: Record<Outcome, string> = { delivered: "delivered", scheduled: "retried", failed: "failed" };

export function createWebhookFigures({ metrics, store, underWay }: Needs): WebhookFigures {
  const outcomes = metrics.counter(
    "waygate_webhook_deliveries_total",
    "What came of attempts to tell webhooks: delivered, retried later, failed for good.",
  );
  const counters = Object.fromEntries(
    Object.entries(outcomeNames).map(([state, outcome]) => [state, outcomes.of({ outcome })]),
  );
  const delays = metrics
    .histogram("waygate_webhook_first_attempt_seconds", "From an event to the first attempt to tell it.", buckets)
    .of();
  metrics.gauge("waygate_webhook_attempts_under_way", "Webhooks being told something.", underWay);
  metrics.gauge("waygate_webhook_deliveries_waiting", "For their turn (ready), or another attempt (scheduled).", () =>
    Object.entries(store.webhookFigures.waiting()).map(([state, count]) => [{ state }, count] as const),
  );
  metrics.gauge("waygate_webhooks", "Webhooks by how they stand.", () =>
    [...store.webhookFigures.webhooks()].map(([state, count]) => [{ state }, count] as const),
  );

  return {
    cameTo: (outcome) => counters[outcome]?.add(),
    begun: (afterMs) => delays.observe(Math.max(0, afterMs) / second),
  };
}
