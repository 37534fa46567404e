// What goes out of the envelope dialect: everything in the same envelope, faults too.
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import type { Webhook } from "../../core/webhook.ts";
import type { Call } from "../../http/call.ts";
import { type Fault, type FaultCode, statuses } from "../../http/faults.ts";
import type { Surface } from "../../http/surface.ts";
import { looksLikeToken } from "../../http/tokens.ts";
import { showEventNames } from "./event-names.ts";

export const WebhookData = Type.Object(
  {
    id: Type.Integer({ examples: [1] }),
    url: Type.String({ examples: ["https://your-server.com/webhook"] }),
    events: Type.Array(Type.String(), { examples: [["message.received", "connection.connected"]] }),
    active: Type.Boolean({ description: "False while nothing is told it.", examples: [true] }),
    created_at: Type.String({ examples: ["2025-12-17T10:30:00.000Z"] }),
  },
  { title: "EnvelopeWebhookData" },
);

export function Envelope<T extends TSchema>(code: 200 | 201, { title, message, data }: Contents<T>) {
  return Type.Object(
    {
      status: Type.Literal(true, { examples: [true] }),
      code: Type.Literal(code, { examples: [code] }),
      message: Type.String({ examples: [message] }),
      data,
    },
    { title },
  );
}
type Contents<T extends TSchema> = { title: string; message: string; data: T };

export function enveloped<Code extends 200 | 201, T>(code: Code, message: string, data: T) {
  return { status: true as const, code, message, data };
}

export function showWebhook({ id, url, events, state, createdAt }: Webhook): Static<typeof WebhookData> {
  return { id, url, events: showEventNames(events), active: state === "active", created_at: isoTime(createdAt) };
}

const type = "application/json";
/** Its document knows 201, 400, 401 and 500. */
const own: Partial<Record<FaultCode, number>> = { invalid: 400, too_large: 400, unsupported_media_type: 400 };
const statusOf = (code: FaultCode) => own[code] ?? statuses[code];

const messages: Record<number, string> = {
  400: "Bad request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  409: "Conflict",
  429: "Too many requests",
  500: "Internal server error",
  503: "Service unavailable",
  507: "Insufficient storage",
};
const wordsFor = (status: number) => messages[status] ?? "Error";

const invalidToken = "Invalid or expired JWT token";
const nobody = "Invalid or missing authentication";

function errorOf({ code, sentence }: Fault, { request }: Call): string {
  if (code === "unauthenticated") {
    const given = request.headers.get("authorization")?.replace(/^bearer +/i, "") ?? "";
    return looksLikeToken(given.trim()) ? invalidToken : nobody;
  }
  if (code === "internal") return `Failed to ${verbs[request.method] ?? "retrieve"} webhook`;
  return sentence;
}

const verbs: Record<string, string> = { POST: "create", PUT: "update", DELETE: "delete" };

function bodyOf(status: number, error: string) {
  return { status: false, code: status, message: wordsFor(status), error };
}

export const envelopeFaults: Pick<Surface, "statusOf" | "tell" | "shape"> = {
  statusOf,
  tell(fault, call) {
    const status = statusOf(fault.code);
    const body = bodyOf(status, errorOf(fault, call));
    return new Response(JSON.stringify(body), { status, headers: { "content-type": type } });
  },
  shape: {
    type,
    title: "EnvelopeError",
    schema: {
      type: "object",
      required: ["status", "code", "message", "error"],
      properties: {
        status: { type: "boolean", description: "False: it was not done." },
        code: { type: "integer", description: "The HTTP status once more." },
        message: { type: "string", description: "What that status is called." },
        error: { type: "string", description: "A sentence for people about this very case." },
      },
    },
    example: (code) => bodyOf(statusOf(code), examples[code] ?? wordsFor(statusOf(code))),
  },
};

const examples: Partial<Record<FaultCode, string>> = {
  unauthenticated: nobody,
  invalid: "URL must be HTTPS",
  internal: "Failed to create webhook",
};
