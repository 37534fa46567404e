// What webhooks of the envelope document are told: the native body under its names of events, and one signature more.
import { bodySignature } from "../../core/webhook-signature.ts";
import type { EventBodies } from "../../services/event-bodies.ts";
import type { WebhookFormat } from "../../services/webhook-format.ts";
import { showEventName } from "./event-names.ts";

type Needs = { native: WebhookFormat; show: EventBodies["show"] };

export function createEnvelopeFormat({ native, show }: Needs): WebhookFormat {
  return {
    bodyOf(event) {
      const body = show(event);
      return JSON.stringify({ ...body, event: showEventName(body.event) });
    },
    async headersOf(sending) {
      const headers = await native.headersOf(sending);
      return { ...headers, "X-Webhook-Signature": bodySignature(sending.body, sending.secrets[0]) };
    },
  };
}
