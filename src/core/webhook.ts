// Webhooks: who is told of what, at which address, and in which words the state of it all is told.
import { wantedTypes } from "./event-filter.ts";
import type { EventType } from "./events.ts";
import type { RetryPlan } from "./retry.ts";

/** In the order of their codes in the database; only ever added to. */
export const webhookStates = [
  "active",
  "paused", // by whoever owns it: what happens meanwhile waits
  "disabled", // by the gateway: `reason` says why, and what happens meanwhile waits too
  "removed", // nobody sees it any more; its deliveries are cleared away
] as const;
export type WebhookState = (typeof webhookStates)[number];

/** In the order of their codes in the database; only ever added to. */
export const webhookFormats = ["native", "envelope", "wapiconnect", "clients"] as const;
export type WebhookFormatName = (typeof webhookFormats)[number];

/** In the order of their codes in the database; only ever added to. */
export const deliveryStates = [
  "ready", // may be attempted now
  "scheduled", // may be attempted again later
  "delivered",
  "failed", // for good, unless somebody asks for it again
] as const;
export type DeliveryState = (typeof deliveryStates)[number];

export const disabledReasons = {
  gone: "The receiver answered 410: it wants to be told nothing more. Resume the webhook if that was a mistake.",
  failing: "Nothing could be delivered for five days. Make the receiver work, then resume the webhook.",
} as const;
export type DisabledReason = keyof typeof disabledReasons;

/** Of all attempts to that address, one after the other: then it is told nothing more until somebody says so. */
export const failingDays = 5;

export const webhookLimits = {
  perAccount: 1_000,
  /** A body may be small, but a receiver that works through it before it answers needs its time. */
  usualTimeoutMs: 10_000,
  maxTimeoutMs: 30_000,
  maxHeaders: 20,
} as const;

export type Webhook = {
  id: number;
  accountId: number;
  /** What its sealed values are bound to. */
  cell: string;
  url: string;
  description: string | null;
  format: WebhookFormatName;
  /** Names and sets of names, as they were given. */
  events: string[];
  /** Rows; null is all, and what concerns none. */
  sessions: number[] | null;
  /** As `chatNames` writes them; null is all, and what is in none. */
  chats: string[] | null;
  headers: Record<string, string>;
  secret: string;
  previousSecret: string | null;
  previousUntil: number | null;
  timeoutMs: number;
  isOrdered: boolean;
  retry: RetryPlan;
  state: WebhookState;
  reason: DisabledReason | null;
  cursor: number;
  failingSince: number | null;
  createdAt: number;
  updatedAt: number;
};

/** Told to nobody who did not ask for it at that very moment. */
const testType: EventType = "webhook.test";

/** Whether `message.received` is meant by `*`, by `message.*` or by its own name. */
export function isMeant(type: EventType, patterns: readonly string[]): boolean {
  return type !== testType && wantedTypes(patterns)(type);
}
