// Tells webhooks what they are to be told: one after the other in each lane, several lanes at a time, no webhook at the
// cost of another. What it has begun is known to it alone: after a crash everything that was not settled is ready as
// before, and is told again under the same id.

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
import type { ReadyDelivery } from "../../store/ready-deliveries.ts";
import type { Store } from "../../store/store.ts";
import { createUnderWay } from "../under-way.ts";
import { type Attempted, createAttempt } from "./attempt.ts";
import { createBodies } from "./bodies.ts";
import type { Callers } from "./callers.ts";
import type { Directory } from "./directory.ts";
import { createEndpoints, type Endpoint } from "./endpoints.ts";
import { createWebhookFigures } from "./figures.ts";
import { slowMs } from "./health.ts";
import { createJudge, type Told } from "./judge.ts";
import { createPromoter } from "./promoter.ts";
import type { DeliveryQueue } from "./queue.ts";
import { createQuota } from "./quota.ts";
import { createSettler } from "./settler.ts";
import { createTurns } from "./turns.ts";

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

type Consequences = { isLaneHeldUp?: boolean; isDisabled?: boolean };

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
  const endpoints = createEndpoints({ store, directory, clock });
  const attempt = createAttempt({ ids, clock });
  const quota = createQuota(counts, clock);
  const bodies = createBodies(store);
  const settler = createSettler({ store, log });
  const judge = createJudge({ settler, ids, random });
  const figures = createWebhookFigures({ metrics, store, underWay: () => turns.count() });
  const { own, ended } = createUnderWay(log, "webhooks could not be seen to");
  const turns = createTurns({ begin, isSlow: (id) => endpoints.find(id)?.health.isSlow() ?? false, slowMs });
  const promoter = createPromoter({ store, own, clock, ready });
  const allEnded = Promise.withResolvers<void>();
  let isOver = false;
  const sweeping = setInterval(sweep, sweepMs);
  sweeping.unref?.();

  /** The clock may be anywhere by now. */
  function sweep(): void {
    own(promoter.promote());
    for (const endpoint of endpoints.all()) offer(endpoint);
    turns.go();
    callers.closeIdle();
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
    if (due === undefined) return void endpoints.find(webhookId)?.queue.stale();
    if (isOver) return;
    const endpoint = endpoints.of(due.webhook);
    tell(endpoint.queue);
    offer(endpoint);
    turns.go();
  }

  function begin(id: number, left: () => void): boolean {
    const due = directory.find(id);
    const endpoint = endpoints.find(id);
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
    const answer = await answerTo(item, attempted.answered);
    const { told, isDisabled } = judge({ webhook, health: endpoint.health, tries: item.tries + 1, attempted });
    const isLaneHeldUp = webhook.isOrdered && told.state === "scheduled";
    settle(endpoint, item, answer === null ? told : { ...told, answer }, { isLaneHeldUp, isDisabled });
  }

  /** What is to be said because of what the receiver said; most receivers say nothing of the kind. */
  async function answerTo({ id, eventId, type, format: name }: ReadyDelivery, body: Buffer | null) {
    const format = formats[name];
    if (answers === null || format.answerIn === undefined) return null;
    return answers.to({ deliveryId: id, eventId, type, format, body });
  }

  function settleWithout(endpoint: Endpoint, item: ReadyDelivery): void {
    const nothing = { status: null, headers: null, body: null, nextAt: null, durationMs: 0 };
    settle(endpoint, item, { ...nothing, at: clock.now(), fault: noBody, state: "failed" });
  }

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
      for (const { webhook } of directory.all()) offer(endpoints.of(webhook));
      for (const { id } of endpoints.leave()) turns.forget(id);
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
