// A format of webhooks: what is told of an event, and the headers it is told with. One file for each; what a surface's
// document says of its webhooks stands there and nowhere else.
import type { EventInFull } from "../core/events.ts";
import type { Webhook, WebhookFormatName } from "../core/webhook.ts";

export type WebhookFormat = {
  /** As it is stored, and sent in every attempt; null for an event that this format knows nothing of. */
  bodyOf(event: EventInFull): string | null | Promise<string | null>;
  /** Beside the owner's own, which come last; and those of HTTP itself. */
  headersOf(sending: Sending): Record<string, string>;
};
export type WebhookFormats = Readonly<Record<WebhookFormatName, WebhookFormat>>;

/** One attempt at one webhook. */
export type Sending = {
  /** Of the event, as it is shown: the same in every attempt. */
  id: string;
  body: string;
  at: number;
  webhook: Webhook;
  /** Those that are good at that moment, the newest first. */
  secrets: readonly [string, ...string[]];
};

/** With which a body is signed now. */
export function secretsOf({ secret, previousSecret, previousUntil }: Webhook, now: number): [string, ...string[]] {
  const isGood = previousSecret !== null && previousUntil !== null && previousUntil > now;
  return isGood ? [secret, previousSecret] : [secret];
}

/** All headers of an attempt; what the owner has set stands. */
export function headersFor(format: WebhookFormat, sending: Sending): Record<string, string> {
  return { ...format.headersOf(sending), ...sending.webhook.headers };
}
