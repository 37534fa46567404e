// What can go wrong with an operation, as its documentation lists it: in the shape of the surface that it belongs to.
import { isForAnybody } from "./document.ts";
import { type FaultCode, titles } from "./faults.ts";
import type { OperationNotes } from "./operation.ts";
import { type Json, type JsonObject, mapValues } from "./schema.ts";
import { native, type Surface } from "./surface.ts";

/** What is written once under components and named from everywhere. */
export type Shared = { schemas: JsonObject; responses: JsonObject };
type Documented = { notes: OperationNotes; operation: JsonObject; method: string; surface: Surface };

export function faultsOf(documented: Documented, shared: Shared): JsonObject {
  const { surface } = documented;
  shared.schemas[surface.shape.title] = surface.shape.schema as JsonObject;
  const byStatus = Object.groupBy(codesOf(documented), (code) => String(surface.statusOf(code)));
  return mapValues(byStatus as unknown as JsonObject, (group) =>
    referenceTo(group as unknown as FaultCode[], surface, shared),
  );
}

function codesOf({ notes, operation, method }: Documented): Set<FaultCode> {
  const codes = new Set<FaultCode>(notes.faults);
  if (!isForAnybody(notes)) {
    codes.add("unauthenticated");
    codes.add(notes.access === "login" ? "session_required" : "forbidden");
    codes.add("setup_required");
  }
  if (operation.requestBody !== undefined) {
    for (const code of ["malformed", "too_large", "unsupported_media_type", "invalid"] as const) codes.add(code);
  }
  if (notes.takesFile !== undefined)
    for (const code of ["malformed", "too_large", "unsupported_media_type"] as const) codes.add(code);
  if (((operation.parameters ?? []) as JsonObject[]).some((parameter) => parameter.in === "query"))
    codes.add("invalid");
  if (notes.isRepeatable) codes.add("invalid");
  if (method !== "get") codes.add("storage_full");
  if (notes.access !== "open") codes.add("rate_limited");
  return codes.add("internal");
}

/** Codes that share a status on one route share its answer too. */
function referenceTo(codes: FaultCode[], surface: Surface, shared: Shared): JsonObject {
  const [first, ...others] = codes.toSorted();
  if (first === undefined || others.length > 0) return answerFor(codes.toSorted(), surface);
  const name = surface === native ? first : `${surface.name}_${first}`;
  shared.responses[name] = answerFor([first], surface);
  return { $ref: `#/components/responses/${name}` };
}

function answerFor(codes: FaultCode[], { shape }: Surface): JsonObject {
  const [first = "internal"] = codes;
  const comesAgain = codes.includes("rate_limited") || codes.includes("daily_limit_reached");
  const retry: JsonObject = { "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" } } };
  return {
    description: codes.map((code) => `\`${code}\`: ${titles[code]}.`).join(" "),
    ...(comesAgain ? { headers: retry } : {}),
    content: {
      [shape.type]: { schema: { $ref: `#/components/schemas/${shape.title}` }, example: shape.example(first) as Json },
    },
  };
}
