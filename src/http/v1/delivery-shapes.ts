// A webhook's delivery as the native API shows it.
import { type Static, Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import type { DeliveryState } from "../../core/webhook.ts";
import type { DeliveryInFull, ToldDelivery } from "../../services/webhook-deliveries.ts";
import { orNull } from "./message-media.ts";
import { Id, Time, TimeOrNull } from "./shapes.ts";

export const deliveryStatuses = ["success", "failed", "pending"] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

export const statesOf: Record<DeliveryStatus, readonly DeliveryState[]> = {
  success: ["delivered"],
  failed: ["failed"],
  pending: ["ready", "scheduled"],
};
const statusOf: Record<DeliveryState, DeliveryStatus> = {
  ...{ ready: "pending", scheduled: "pending" },
  ...{ delivered: "success", failed: "failed" },
};

const Code = Type.Union([Type.Integer(), Type.Null()], { description: "Null where nobody answered.", examples: [200] });
const attempt = {
  number: Type.Integer({ examples: [1] }),
  at: Time("When it began."),
  duration_ms: Type.Integer({ examples: [42] }),
  response_code: Code,
  error: Type.Union([Type.String(), Type.Null()], { description: "Why it does not count.", examples: [null] }),
};
const AttemptJson = Type.Object(attempt, { title: "DeliveryAttempt" });
const Headers = Type.Record(Type.String(), Type.String());
const AttemptInFullJson = Type.Object(
  {
    ...attempt,
    response_headers: Type.Union([Headers, Type.Null()], { examples: [{ "content-type": "text/plain" }] }),
    response_body: Type.Union([Type.String(), Type.Null()], { description: "Up to 16 KiB of it.", examples: ["ok"] }),
  },
  { title: "DeliveryAttemptInFull" },
);

const delivery = {
  id: Id("delivery", "The delivery's id."),
  event_id: Id("event", "What it tells of: the `webhook-id` of all its attempts."),
  event: Type.String({ examples: ["message.received"] }),
  status: OneOf(deliveryStatuses, { description: "`pending` while there are attempts left." }),
  timestamp: Time("When the event happened."),
  created_at: Time("When the delivery was made."),
  next_attempt_at: TimeOrNull("When it is tried again; null where that is at once, or not at all."),
  waits: orNull(
    {
      reason: Type.Literal("plan", { description: "The plan's webhook events of this minute are used up." }),
      until: TimeOrNull("When it goes on; null where the plan has none at all."),
    },
    "DeliveryWait",
    "Why it has not been attempted yet, where that is known. Nothing is dropped.",
  ),
  response_code: Type.Union([Type.Integer(), Type.Null()], {
    description: "Of the last attempt; null where nobody answered, or there was none yet.",
    examples: [200],
  }),
  response_time_ms: Type.Union([Type.Integer(), Type.Null()], { description: "Of the last attempt.", examples: [42] }),
  request_body: Type.Union([Type.String(), Type.Null()], {
    description: "What is sent, byte for byte; null once it is kept no longer.",
    examples: ['{"event":"message.received"}'],
  }),
};
export const DeliveryJson = Type.Object(
  { ...delivery, attempts: Type.Array(AttemptJson, { description: "Oldest first." }) },
  { title: "Delivery" },
);
export const DeliveryInFullJson = Type.Object(
  {
    ...delivery,
    request_headers: Type.Union([Headers, Type.Null()], {
      description:
        "Of the last attempt, beside those of HTTP itself; what is secret, or made with a secret, is hidden.",
      examples: [{ "webhook-id": "evt_Ab3dE6gH" }],
    }),
    attempts: Type.Array(AttemptInFullJson, { description: "Oldest first." }),
  },
  { title: "DeliveryInFull" },
);

export function deliveryJson(delivery: ToldDelivery, ids: Ids): Static<typeof DeliveryJson> {
  return { ...briefly(delivery, ids), attempts: delivery.told.map(attemptJson) };
}

export function deliveryInFull(delivery: DeliveryInFull, ids: Ids): Static<typeof DeliveryInFullJson> {
  return {
    ...briefly(delivery, ids),
    request_headers: delivery.headers,
    attempts: delivery.told.map((one) => ({
      ...attemptJson(one),
      response_headers: one.headers,
      response_body: one.body?.toString() ?? null,
    })),
  };
}

function briefly(delivery: ToldDelivery | DeliveryInFull, ids: Ids) {
  const last = delivery.told.at(-1);
  return {
    id: ids.show("delivery", delivery.id),
    event_id: ids.show("event", delivery.eventId),
    event: delivery.type,
    status: statusOf[delivery.state],
    timestamp: isoTime(delivery.eventAt),
    created_at: isoTime(delivery.createdAt),
    next_attempt_at: isoTime(delivery.nextAt),
    waits: delivery.waits === null ? null : { reason: "plan" as const, until: isoTime(delivery.waits.until) },
    response_code: last?.status ?? null,
    response_time_ms: last?.durationMs ?? null,
    request_body: delivery.body,
  };
}

function attemptJson({ number, at, durationMs, status, fault }: ToldDelivery["told"][number]) {
  return { number, at: isoTime(at), duration_ms: durationMs, response_code: status, error: fault };
}
