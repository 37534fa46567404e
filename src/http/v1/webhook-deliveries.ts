// /api/v1/webhooks/{id}/deliveries: what became of what a webhook was to be told, and telling it again.
import { type Static, Type } from "@sinclair/typebox";
import { OneOf } from "../../core/one-of.ts";
import { routes } from "../surface.ts";
import {
  DeliveryInFullJson,
  DeliveryJson,
  deliveryInFull,
  deliveryJson,
  deliveryStatuses,
  statesOf,
} from "./delivery-shapes.ts";
import type { Resource } from "./resource.ts";
import {
  Id,
  idParameter,
  listOf,
  PageQuery,
  readId,
  readPage,
  readTime,
  showPage,
  strict,
  TimeInput,
} from "./shapes.ts";
import { createWebhookAccess } from "./webhooks.ts";

const event = Type.String({ maxLength: 64, description: "Of this event alone.", examples: ["message.received"] });
const since = TimeInput("Events from then on.");
const until = TimeInput("Events before that.");
const DeliveryQuery = Type.Object(
  {
    ...PageQuery,
    status: Type.Optional(OneOf(deliveryStatuses, { description: "`pending` are those with attempts left." })),
    event: Type.Optional(event),
    since: Type.Optional(since),
  },
  strict,
);
const Replay = Type.Object(
  {
    status: Type.Optional(OneOf(deliveryStatuses, { default: "failed", description: "Which deliveries." })),
    event: Type.Optional(event),
    since: Type.Optional(since),
    until: Type.Optional(until),
  },
  { ...strict, title: "DeliveryReplay", examples: [{ status: "failed", since: "2026-11-20T00:00:00Z" }] },
);
const MissingReplay = Type.Object(
  {
    since: Type.Optional(TimeInput("Events from then on; from when the webhook was made, if it is left out.")),
    until: Type.Optional(until),
  },
  { ...strict, title: "MissingReplay", examples: [{ since: "2026-11-20T00:00:00Z" }] },
);
const Replayed = Type.Object(
  { replayed: Type.Integer({ description: "So many are sent now.", examples: [12] }) },
  { title: "Replayed" },
);

/** Of a million each is looked at. */
const replaySeconds = 250;

export function webhookDeliveryRoutes({ services, operation }: Resource) {
  const { webhookDeliveries, ids } = services;
  const { own } = createWebhookAccess({ services });
  const params = idParameter("webhook", "webhook");
  const oneOf = Type.Object({ ...params.properties, delivery: Id("delivery", "The id of the delivery.") });
  const timesOf = (given: { since?: string; until?: string }) => ({
    since: given.since === undefined ? undefined : readTime(given.since, "since"),
    until: given.until === undefined ? undefined : readTime(given.until, "until"),
  });

  return routes()
    .get(
      "/webhooks/:id/deliveries",
      async ({ params, query, call }) => {
        const webhook = await own(call, params.id);
        const { status, event: type } = query;
        const wish = { states: status === undefined ? undefined : statesOf[status], type, ...timesOf(query) };
        const page = await webhookDeliveries.list(webhook, wish, readPage(query, ids, "delivery"));
        return showPage(page, ids, "delivery", (one) => deliveryJson(one, ids));
      },
      operation(
        {
          id: "listDeliveries",
          summary: "List a webhook's deliveries",
          description: "The newest events first, each with what was sent and every attempt.",
          access: "read",
          faults: ["not_found"],
        },
        { params, query: DeliveryQuery, response: { 200: listOf(DeliveryJson, "DeliveryList") } },
      ),
    )
    .get(
      "/webhooks/:id/deliveries/:delivery",
      async ({ params, call }) => {
        const webhook = await own(call, params.id);
        const found = await webhookDeliveries.find(webhook, readId(ids, "delivery", params.delivery));
        return deliveryInFull(found, ids);
      },
      operation(
        {
          id: "getDelivery",
          summary: "Get a delivery",
          description: "One delivery, with the headers that were sent and everything that was answered.",
          access: "read",
          faults: ["not_found"],
        },
        { params: oneOf, response: { 200: DeliveryInFullJson } },
      ),
    )
    .post(
      "/webhooks/:id/deliveries/:delivery/replay",
      async ({ params, call, status }) => {
        const webhook = await own(call, params.id);
        const replayed = await webhookDeliveries.replay(webhook, readId(ids, "delivery", params.delivery));
        return status(202, deliveryJson(replayed, ids));
      },
      operation(
        {
          id: "replayDelivery",
          summary: "Send a delivery again",
          description:
            "The same body under the same `webhook-id`, with all its attempts before it; one that waits for its next attempt is tried at once.",
          access: "manage",
          faults: ["not_found"],
        },
        { params: oneOf, response: { 202: DeliveryJson } },
      ),
    )
    .post(
      "/webhooks/:id/replay",
      async ({ params, body, call, status }) => {
        const webhook = await own(call, params.id);
        call.takes(replaySeconds);
        const { status: which = "failed", event: type } = body;
        const wish = { states: statesOf[which], type, ...timesOf(body) };
        return status(202, { replayed: await webhookDeliveries.replayAll(webhook, wish) });
      },
      operation(
        {
          id: "replayDeliveries",
          summary: "Send deliveries again",
          description: "All that fit: those that failed for good, unless another `status` is given.",
          access: "manage",
          faults: ["not_found"],
          bodyIsOptional: true,
        },
        { params, body: Replay, response: { 202: Replayed } },
      ),
    )
    .post(
      "/webhooks/:id/replay-missing",
      async ({ params, body, call, status }) => {
        const webhook = await own(call, params.id);
        call.takes(replaySeconds);
        const { since = webhook.createdAt, until = null } = timesOf(body as Static<typeof MissingReplay>);
        return status(202, { replayed: await webhookDeliveries.replayMissing(webhook, { since, until }) });
      },
      operation(
        {
          id: "replayMissing",
          summary: "Send what a webhook was never to be sent",
          description:
            "Events that are still kept, that this webhook asks for as it is now, and that it has no delivery for: from before it was made or before it asked for them.",
          access: "manage",
          faults: ["not_found"],
          bodyIsOptional: true,
        },
        { params, body: MissingReplay, response: { 202: Replayed } },
      ),
    );
}
