// The native shape of a fault: a problem document as RFC 9457 has it.
import { isoTime } from "../core/clock.ts";
import type { Quota } from "../core/errors.ts";
import { type Fault, type FaultCode, statuses, titles } from "./faults.ts";
import type { FaultShape } from "./surface.ts";

export function problemOf({ code, sentence, fields, quota }: Fault, requestId: string) {
  return {
    type: `urn:waygate:problem:${code}`,
    title: titles[code],
    status: statuses[code],
    code,
    detail: sentence,
    request_id: requestId,
    ...(fields.length > 0 ? { errors: fields } : {}),
    ...(quota === null ? {} : quotaOf(quota)),
  };
}

function quotaOf({ limit, used, resetsAt }: Quota) {
  return { limit, used, ...(resetsAt === null ? {} : { resets_at: isoTime(resetsAt) }) };
}

export const problemShape: FaultShape = {
  type: "application/problem+json",
  title: "Problem",
  schema: {
    type: "object",
    description: "What went wrong, as RFC 9457 has it.",
    required: ["type", "title", "status", "code", "detail", "request_id"],
    properties: {
      type: { type: "string", description: "A URN for the code." },
      title: { type: "string", description: "The same for every fault with this code." },
      status: { type: "integer" },
      code: { type: "string", enum: Object.keys(titles), description: "Stable: for programs." },
      detail: { type: "string", description: "A sentence for people about this very case." },
      request_id: { type: "string", description: "Names the request in the log." },
      errors: {
        type: "array",
        description: "The fields that do not fit.",
        items: {
          type: "object",
          required: ["in", "path", "message"],
          properties: {
            in: { type: "string", enum: ["body", "query", "path", "header"] },
            path: { type: "string", description: "A JSON pointer into the body, or the name of a parameter." },
            message: { type: "string" },
          },
        },
      },
      limit: { type: "integer", description: "Of a limit that is counted: how much there is." },
      used: { type: "integer", description: "How much of it is gone." },
      resets_at: { type: "string", format: "date-time", description: "When all of it is there again." },
    },
  },
  example: (code: FaultCode) => ({
    type: `urn:waygate:problem:${code}`,
    title: titles[code],
    status: statuses[code],
    code,
    detail: `${titles[code]}.`,
    request_id: "req_a1B2c3d",
  }),
};
