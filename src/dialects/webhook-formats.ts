// The webhooks' formats of the dialects; the native one is told beside them, and stays where a dialect is switched off.

import type { FormatNeeds } from "../services/telling.ts";
import type { WebhookFormats } from "../services/webhook-format.ts";
import { createClientsFormat } from "./clients/format.ts";
import { createEnvelopeFormat } from "./envelope/format.ts";
import { createWapiconnectFormat } from "./wapiconnect/format.ts";

export function createDialectFormats(needs: FormatNeeds): Omit<WebhookFormats, "native"> {
  return {
    envelope: createEnvelopeFormat(needs),
    clients: createClientsFormat(needs),
    wapiconnect: createWapiconnectFormat(needs),
  };
}
