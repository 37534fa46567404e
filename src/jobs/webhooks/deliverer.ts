// Tells webhooks what they are to be told: one after the other in each lane, several lanes at a time, no webhook at the
// cost of another. What it has begun is known to it alone: after a crash everything that was not settled is ready as
// before, and is told again under the same id.

import { gatewayItself } from "../../core/audit.ts";
import { type Clock, second } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Ids } from "../../core/ids.ts";
import type { Log } from "../../core/log.ts";
import type { Metrics } from "../../core/metrics.ts";
import type { Webhook } from "../../core/webhook.ts";
import type { DeliveryMaker } from "../../services/delivery-making.ts";
import type { UsageCounts } from "../../services/usage-counts.ts";
import type { WebhookAnswers } from "../../services/webhook-answers.ts";
import type { WebhookFormats } from "../../services/webhook-format.ts";
import type { NewMessage } from "../../store/outbox.ts";
import type { ReadyDelivery } from "../../store/ready-deliveries.ts";
import type { Store } from "../../store/store.ts";
import { createUnderWay } from "../under-way.ts";
import { type Attempted, asksForRest, createAttempt } from "./attempt.ts";
import { createBodies } from "./bodies.ts";
import type { Callers } from "./callers.ts";
import type { Directory } from "./directory.ts";
import { createWebhookFigures } from "./figures.ts";
import { createHealth, type Health, slowMs } from "./health.ts";
import { createPromoter } from "./promoter.ts";
import { createDeliveryQueue, type DeliveryQueue } from "./queue.ts";
import { createQuota } from "./quota.ts";
import { createSettler } from "./settler.ts";
import { createTurns } from "./turns.ts";
import { verdictOf } from "./verdict.ts";

export type Deliverer = AsyncDisposable & {
  /** There is, or may be, something to tell it. */
  wake(webhookId: number): void;
  /** There is this to tell it. */
  ready(webhookId: number, deliveries: readonly ReadyDelivery[]): void;
  /** The webhooks are others. */
  follow(): void;
  /** How many are being told something at this moment. */
  underWay(): number;
};

type Needs = {
  store: Store;
  directory: Directory;
  maker: DeliveryMaker;
  formats: WebhookFormats;
  callers: Callers;
  /** Of receivers that answer back; null where nobody is to hear of it. */
  answers: WebhookAnswers | null;
  counts: UsageCounts;
  metrics: Metrics;
  ids: Ids;
  clock: Clock;
  log: Log;
  /** From 0 to 1. */
  random?: () => number;
};
type Concluded = Attempted & { answer: NewMessage | null };
type Endpoint = {
  id: number;
  /** Where `health` was seen. */
  url: string;
  queue: DeliveryQueue;
  health: Health;
  underWay: number;
  /** What came of so many is not on disk yet. */
  unsettled: number;
};

/** Told, and not written down yet: after a crash these are told again. */
const mostUnsettled = 500;
const sweepMs = second;
/** Those under way at the end may finish so long. */
const lastWordMs = second;
const noBody = "What it was to be told is not kept here any more.";

export function createDeliverer({
  store,
  directory,
  maker,
  formats,
  callers,
  answers,
  counts,
  metrics,
  ids,
  clock,
  log,
  ...rest
}: Needs): Deliverer {
  const { random = Math.random } = rest;
  const endpoints = new Map<number, Endpoint>();
  const attempt = createAttempt({ ids, clock });
  const quota = createQuota(counts, clock);
  const bodies = createBodies(store);
  const settler = createSettler({ store, log });
  const figures = createWebhookFigures({ metrics, store, underWay: () => turns.count() });
  const { own, ended } = createUnderWay(log, "webhooks could not be seen to");
  const turns = createTurns({ begin, isSlow: (id) => endpoints.get(id)?.health.isSlow() ?? false, slowMs });
  const promoter = createPromoter({ store, own, clock, ready });
  const allEnded = Promise.withResolvers<void>();
  let isOver = false;
  const sweeping = setInterval(sweep, sweepMs);
  sweeping.unref?.();

  /** The clock may be anywhere by now. */
  function sweep(): void {
    own(promoter.promote());
    for (const endpoint of endpoints.values()) offer(endpoint);
    turns.go();
    callers.closeIdle();
  }

  function endpointOf({ id, url, failingSince }: Webhook): Endpoint {
    const known = endpoints.get(id);
    if (known?.url === url) return known;
    // Who is found somewhere else begins anew.
    if (known !== undefined) return Object.assign(known, { url, health: createHealth(clock, failingSince) });
    const isOrdered = () => directory.find(id)?.webhook.isOrdered ?? false;
    const queue = createDeliveryQueue({ store, webhookId: id, isOrdered });
    const fresh = { id, url, queue, health: createHealth(clock, failingSince), underWay: 0, unsettled: 0 };
    endpoints.set(id, fresh);
    return fresh;
  }

  function offer({ id, health, underWay }: Endpoint): void {
    if (isOver || underWay >= health.limit() || health.restsUntil() !== null) return;
    turns.offer(id, health.isSlow());
  }

  function wake(webhookId: number): void {
    look(webhookId, (queue) => queue.stale());
  }

  function ready(webhookId: number, some: readonly ReadyDelivery[]): void {
    look(webhookId, (queue) => queue.ready(some));
  }

  function look(webhookId: number, tell: (queue: DeliveryQueue) => void): void {
    const due = directory.find(webhookId);
    if (due === undefined) return void endpoints.get(webhookId)?.queue.stale();
    if (isOver) return;
    const endpoint = endpointOf(due.webhook);
    tell(endpoint.queue);
    offer(endpoint);
    turns.go();
  }

  function begin(id: number, left: () => void): boolean {
    const due = directory.find(id);
    const endpoint = endpoints.get(id);
    if (due === undefined || endpoint === undefined || isOver) return false;
    const { health } = endpoint;
    if (endpoint.underWay >= health.limit() || health.restsUntil() !== null) return false;
    if (endpoint.unsettled >= mostUnsettled) return false;
    const usedUpUntil = quota.usedUpUntil(due.webhook.accountId, due.eventsPerMinute);
    if (usedUpUntil !== null) {
      health.rest(usedUpUntil);
      return false;
    }
    const item = endpoint.queue.next();
    if (item === null) return false;
    if (item.attempts === 0) quota.count(due.webhook.accountId, due.eventsPerMinute);
    endpoint.underWay += 1;
    deliver(endpoint, due.webhook, item, left);
    return true;
  }

  /** Throws nothing; who waits for the end looks at how many are under way. */
  async function deliver(endpoint: Endpoint, webhook: Webhook, item: ReadyDelivery, left: () => void): Promise<void> {
    try {
      await tell(endpoint, webhook, item);
    } catch (error) {
      log.error({ error: messageOf(error) }, "a delivery has failed here");
    }
    left();
    turns.go();
    if (isOver && turns.count() === 0) allEnded.resolve();
  }

  async function tell(endpoint: Endpoint, webhook: Webhook, item: ReadyDelivery): Promise<void> {
    let attempted: Attempted;
    try {
      const body = bodies.of(item.eventId, item.format) ?? (await renewedBody(webhook, item));
      if (body === null) return settleWithout(endpoint, item);
      const format = formats[item.format];
      const { eventId, type } = item;
      if (item.attempts === 0) figures.begun(clock.now() - item.eventAt);
      attempted = await attempt({ caller: callers.of(webhook), webhook, format, eventId, type, body });
    } catch (error) {
      // Of our own making: the lane goes on with the next sweep, and nothing was told.
      log.error({ error: messageOf(error), delivery: item.id }, "a delivery could not be attempted");
      endpoint.health.rest(clock.now() + sweepMs);
      leave(endpoint, item, false);
      endpoint.queue.settled(item);
      endpoint.queue.stale();
      return;
    }
    // Cut off by the end of the gateway: nobody knows, so it is told again after the start.
    if (isOver && attempted.status === null) return;
    conclude(endpoint, webhook, item, { ...attempted, answer: await answerTo(item, attempted.answered) });
  }

  /** What is to be said because of what the receiver said; most receivers say nothing of the kind. */
  async function answerTo({ id, eventId, type, format: name }: ReadyDelivery, body: Buffer | null) {
    const format = formats[name];
    if (answers === null || format.answerIn === undefined) return null;
    return answers.to({ deliveryId: id, eventId, type, format, body });
  }

  function conclude(endpoint: Endpoint, webhook: Webhook, item: ReadyDelivery, attempted: Concluded): void {
    const { retryAfterMs, answered: _, answer, ...told } = attempted;
    const { at, durationMs, status, fault } = told;
    const { health } = endpoint;
    const before = health.failingSince();
    const wasAnswered = status !== null;
    if (fault === null) health.delivered(durationMs);
    else health.failed({ at, durationMs, wasAnswered, restMs: asksForRest(status) ? retryAfterMs : null });
    const since = health.failingSince();
    const endedAt = at + durationMs;
    const isGivenUp = health.isGivenUp(endedAt);
    const judged = { webhook, status, fault, retryAfterMs, endedAt, isGivenUp, random: random() };
    const { disabledFor, ...verdict } = verdictOf({ ...judged, tries: item.tries + 1 });
    if (since !== before) settler.failing(webhook.id, since);
    if (disabledFor !== null) {
      const { id, accountId } = webhook;
      const about = { actor: gatewayItself, accountId, target: ids.show("webhook", id), at: endedAt };
      const event = { ...about, action: "webhook.disabled", detail: { reason: disabledFor } } as const;
      settler.disable({ id, reason: disabledFor, at: endedAt, event });
    }
    settle(
      endpoint,
      item,
      { ...told, ...verdict, ...(answer === null ? {} : { answer }) },
      {
        isLaneHeldUp: webhook.isOrdered && verdict.state === "scheduled",
        isDisabled: disabledFor !== null,
      },
    );
  }

  function settleWithout(endpoint: Endpoint, item: ReadyDelivery): void {
    const nothing = { status: null, headers: null, body: null, nextAt: null, durationMs: 0 };
    settle(endpoint, item, { ...nothing, at: clock.now(), fault: noBody, state: "failed" });
  }

  type Told = Omit<Parameters<typeof settler.add>[0], "id" | "number">;

  type Consequences = { isLaneHeldUp?: boolean; isDisabled?: boolean };

  function settle(endpoint: Endpoint, item: ReadyDelivery, told: Told, consequences: Consequences = {}): void {
    const { isLaneHeldUp = false, isDisabled = false } = consequences;
    endpoint.unsettled += 1;
    figures.cameTo(told.state);
    settler.add({ ...told, id: item.id, number: item.attempts + 1 }, () => {
      endpoint.unsettled -= 1;
      endpoint.queue.settled(item);
      if (told.nextAt !== null) promoter.scheduled(told.nextAt);
      if (told.answer !== undefined) answers?.kept(told.answer.sessionId);
      if (isDisabled) own(directory.reload());
      offer(endpoint);
      turns.go();
    });
    leave(endpoint, item, isLaneHeldUp);
  }

  function leave(endpoint: Endpoint, item: ReadyDelivery, isLaneHeldUp: boolean): void {
    endpoint.underWay -= 1;
    endpoint.queue.attempted(item, isLaneHeldUp);
    offer(endpoint);
  }

  /** Somebody was forgotten who was in it, or it was told so long ago: it is told as it is now. */
  async function renewedBody({ accountId }: Webhook, { eventId, format }: ReadyDelivery): Promise<string | null> {
    const renewed = await maker.renew(eventId, format);
    if (renewed === null) return null;
    await store.write("deliveries.fan_out", { accountId, at: clock.now(), bodies: [renewed], targets: [] });
    return bodies.of(eventId, format);
  }

  return {
    wake,
    ready,
    follow() {
      for (const { webhook } of directory.all()) offer(endpointOf(webhook));
      for (const [id, endpoint] of endpoints) {
        if (directory.find(id) !== undefined) continue;
        turns.forget(id);
        // Whoever comes back begins anew; what is under way is still known.
        if (endpoint.underWay + endpoint.unsettled === 0) endpoints.delete(id);
        else endpoint.health = createHealth(clock, null);
        // What becomes ready meanwhile is not heard of.
        endpoint.queue.stale();
      }
      turns.go();
    },
    underWay: turns.count,
    async [Symbol.asyncDispose]() {
      isOver = true;
      clearInterval(sweeping);
      promoter[Symbol.dispose]();
      bodies[Symbol.dispose]();
      if (turns.count() === 0) allEnded.resolve();
      await Promise.race([allEnded.promise, Bun.sleep(lastWordMs)]);
      await callers[Symbol.asyncDispose]();
      await Promise.all([allEnded.promise, ended()]);
      await settler.end();
    },
  };
}
