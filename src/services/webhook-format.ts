// A format of webhooks: what is told of an event, and the headers it is told with. One file for each; what a surface's
// document says of its webhooks stands there and nowhere else.
import type { EventInFull, EventType } from "../core/events.ts";
import type { Webhook, WebhookFormatName } from "../core/webhook.ts";

export type WebhookFormat = {
  /** As it is stored, once for all that are told it; null for an event that this format knows nothing of. */
  bodyOf(event: EventInFull): string | null | Promise<string | null>;
  /** As it is sent, where something in it is meant for one receiver alone; else as it is stored. */
  signedBody?(body: string, secret: string): string;
  /** Beside the owner's own, which come last; and those of HTTP itself. */
  headersOf(sending: Sending): Record<string, string> | Promise<Record<string, string>>;
  /** What the document allows a receiver for this one, where that is less than for others. */
  timeoutMsOf?(type: EventType): number | null;
  /** What a receiver of this format wants to be said because of it, in what it answered; null for nothing. */
  answerIn?(type: EventType, answered: Buffer): string | null;
};
export type WebhookFormats = Readonly<Record<WebhookFormatName, WebhookFormat>>;

/** One attempt at one webhook. */
export type Sending = {
  eventId: number;
  /** Of the event, as it is shown: the same in every attempt. */
  id: string;
  /** As it is sent. */
  body: string;
  at: number;
  webhook: Webhook;
  /** Those that are good at that moment, the newest first. */
  secrets: readonly [string, ...string[]];
};
export type Sent = { body: string; headers: Record<string, string> };

/** With which a body is signed now. */
export function secretsOf({ secret, previousSecret, previousUntil }: Webhook, now: number): [string, ...string[]] {
  const isGood = previousSecret !== null && previousUntil !== null && previousUntil > now;
  return isGood ? [secret, previousSecret] : [secret];
}

/** The body and all headers of an attempt, from the body as it is stored; what the owner has set stands. */
export async function sentOf(format: WebhookFormat, stored: Sending): Promise<Sent> {
  const body = format.signedBody?.(stored.body, stored.secrets[0]) ?? stored.body;
  const headers = await format.headersOf({ ...stored, body });
  return { body, headers: { ...headers, ...stored.webhook.headers } };
}
