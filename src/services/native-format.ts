// The native format of webhooks: an event as the API tells it, signed in the three ways that receivers may have been
// written for.
import { second } from "../core/clock.ts";
import type { EventBody, EventInFull } from "../core/events.ts";
import { bodySignature, standardSignature } from "../core/webhook-signature.ts";
import type { WebhookFormat } from "./webhook-format.ts";

export function createNativeFormat(show: (event: EventInFull) => EventBody): WebhookFormat {
  return {
    bodyOf: (event) => JSON.stringify(show(event)),
    headersOf({ id, body, at, secrets }) {
      const timestamp = Math.floor(at / second);
      const digest = bodySignature(body, secrets[0]);
      return {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": String(timestamp),
        "webhook-signature": standardSignature({ id, timestamp, body }, secrets),
        "X-Botwave-Signature": digest,
        "X-BotBat-Signature": digest,
      };
    },
  };
}
