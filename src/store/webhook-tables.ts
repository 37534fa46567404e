// The tables of webhooks: endpoints, what they are told, and every attempt.
import type { RetryPlan } from "../core/retry.ts";
import { deliveryStates, webhookFormats, webhookStates } from "../core/webhook.ts";
import { bytes, count, flag, jsonOf, millis, oneOf, reference, rowId, table, words } from "./columns.ts";

export const webhooks = table("webhooks", {
  id: rowId(),
  accountId: reference("account_id").notNull(),
  cell: words("cell").notNull(),
  url: words("url").notNull(),
  description: words("description"),
  format: oneOf("format", webhookFormats).notNull(),
  events: jsonOf<string[]>("events").notNull(),
  sessions: jsonOf<number[]>("sessions"),
  chats: jsonOf<string[]>("chats"),
  headers: bytes("headers"),
  secret: bytes("secret").notNull(),
  previousSecret: bytes("previous_secret"),
  previousUntil: millis("previous_until"),
  timeoutMs: count("timeout_ms").notNull(),
  isOrdered: flag("is_ordered").notNull(),
  retry: jsonOf<RetryPlan>("retry").notNull(),
  state: oneOf("state", webhookStates).notNull(),
  reason: words("reason"),
  cursor: reference("cursor").notNull(),
  failingSince: millis("failing_since"),
  createdAt: millis("created_at").notNull(),
  updatedAt: millis("updated_at").notNull(),
});

export const deliveryBodies = table("delivery_bodies", {
  id: rowId(),
  eventId: reference("event_id").notNull(),
  format: oneOf("format", webhookFormats).notNull(),
  accountId: reference("account_id").notNull(),
  lane: reference("lane").notNull(),
  body: words("body").notNull(),
  at: millis("at").notNull(),
});

export const deliveries = table("deliveries", {
  id: rowId(),
  webhookId: reference("webhook_id").notNull(),
  eventId: reference("event_id").notNull(),
  type: words("type").notNull(),
  eventAt: millis("event_at").notNull(),
  format: oneOf("format", webhookFormats).notNull(),
  lane: reference("lane").notNull(),
  state: oneOf("state", deliveryStates).notNull(),
  attempts: count("attempts").notNull(),
  tries: count("tries").notNull(),
  nextAt: millis("next_at"),
  createdAt: millis("created_at").notNull(),
  settledAt: millis("settled_at"),
});

export const deliveryAttempts = table("delivery_attempts", {
  deliveryId: reference("delivery_id").notNull(),
  number: count("number").notNull(),
  at: millis("at").notNull(),
  durationMs: count("duration_ms").notNull(),
  status: count("status"),
  fault: words("fault"),
  headers: jsonOf<Record<string, string>>("headers"),
  body: bytes("body"),
});
