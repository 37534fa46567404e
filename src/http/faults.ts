// From whatever was thrown to one fault: the only place where our codes meet HTTP's.
import { NotFoundError, ParseError, ValidationError } from "elysia";
import { type ErrorCode, type FieldFault, type Quota, WaygateError } from "../core/errors.ts";

/** Beyond what the house can go wrong with, what only HTTP can. */
export type FaultCode =
  | ErrorCode
  | "method_not_allowed"
  | "unsupported_media_type"
  | "range_not_satisfiable"
  | "upgrade_required";

export type Fault = {
  code: FaultCode;
  sentence: string;
  fields: FieldFault[];
  retryAfterMs: number | null;
  quota: Quota | null;
  /** What the surface's own document calls it; null where our code says it all. */
  named: string | null;
  /** What went wrong inside, for the log and nobody else. */
  inside: unknown;
};

export const statuses: Record<FaultCode, number> = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  session_required: 403,
  limit_reached: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  range_not_satisfiable: 416,
  invalid: 422,
  upgrade_required: 426,
  daily_limit_reached: 429,
  rate_limited: 429,
  internal: 500,
  setup_required: 503,
  unavailable: 503,
  storage_full: 507,
};

export const titles: Record<FaultCode, string> = {
  malformed: "The request cannot be read",
  unauthenticated: "Not signed in",
  forbidden: "Not allowed",
  session_required: "Needs a login",
  limit_reached: "A limit of the plan is reached",
  not_found: "Not found",
  method_not_allowed: "Method not allowed",
  conflict: "In conflict with what is there",
  too_large: "Too large",
  unsupported_media_type: "Wrong content type",
  range_not_satisfiable: "Beyond the end of the file",
  invalid: "A field does not fit",
  upgrade_required: "Speaks WebSocket",
  daily_limit_reached: "The plan's messages of today are used up",
  rate_limited: "Too many requests",
  internal: "Something went wrong inside",
  setup_required: "Not set up yet",
  unavailable: "Not available right now",
  storage_full: "The disk is full",
};

export class HttpFault extends Error {
  readonly code: Exclude<FaultCode, ErrorCode>;
  constructor(code: HttpFault["code"], sentence: string) {
    super(sentence);
    this.code = code;
  }
}

const insideSentence = "Something went wrong inside Waygate. The log has more under this request's id.";

export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof WaygateError) return ofWaygate(thrown);
  if (thrown instanceof HttpFault) return fault(thrown.code, thrown.message);
  // Elysia wraps what a parser throws.
  if (thrown instanceof ParseError) {
    return thrown.cause === undefined ? fault("malformed", "The body cannot be read.") : faultOf(thrown.cause);
  }
  if (thrown instanceof ValidationError) return ofValidation(thrown);
  if (thrown instanceof NotFoundError) return fault("not_found", "There is nothing at this address.");
  return { ...fault("internal", insideSentence), inside: thrown };
}

function fault(code: FaultCode, sentence: string, fields: FieldFault[] = []): Fault {
  return { code, sentence, fields, retryAfterMs: null, quota: null, named: null, inside: null };
}

function ofWaygate(error: WaygateError): Fault {
  const isInside = error.code === "internal";
  const { fields = [], retryAfterMs = null, quota = null, named = null } = error.details;
  const sentence = isInside ? insideSentence : error.message;
  return { ...fault(error.code, sentence, fields), retryAfterMs, quota, named, inside: isInside ? error : null };
}

function ofValidation(error: ValidationError): Fault {
  // An answer of ours that does not fit its own schema is our mistake, not the caller's.
  if (error.type === "response") return { ...fault("internal", insideSentence), inside: error };
  // An id that cannot be one names nothing.
  if (error.type === "params") return fault("not_found", "There is nothing at this address.");
  const place = error.type === "query" ? "query" : error.type === "body" ? "body" : "header";
  return faultOf(misfit(error.all as Iterable<RawFault>, place));
}

const maxFieldsTold = 20;

/** One fault per field, the first of each, from what a schema's check has to say. */
export function misfit(errors: Iterable<RawFault>, place: FieldFault["in"]): WaygateError {
  const told = new Map<string, FieldFault>();
  for (const raw of errors) {
    if (told.size >= maxFieldsTold) break;
    const { path = "", message, schema } = beyondNull(raw);
    const name = place === "query" ? path.slice(1) : path;
    if (!told.has(name)) told.set(name, { in: place, path: name, message: sentenceFor(message, schema) });
  }
  const fields = [...told.values()];
  const [first] = fields;
  const sentence = first === undefined ? "The request does not fit." : `${first.path || "The body"}: ${first.message}`;
  return new WaygateError("invalid", sentence, { fields });
}

/** What may be null is told of as if it may not: that is hardly ever what was meant. */
function beyondNull(raw: RawFault): RawFault {
  const [first, second, ...more] = raw.schema?.anyOf ?? [];
  const isOrNull = first !== undefined && second?.type === "null" && more.length === 0;
  return (isOrNull ? raw.errors?.[0]?.First() : undefined) ?? raw;
}

type RawFault = {
  path?: string;
  message?: string;
  /** Of a union: what is wrong with each of its variants. */
  errors?: { First(): RawFault | undefined }[];
  schema?: { anyOf?: { const?: unknown; type?: string }[]; enum?: unknown[]; pattern?: string; description?: string };
};

function sentenceFor(message = "Does not fit", schema: RawFault["schema"] = {}): string {
  const values = (schema.enum ?? schema.anyOf?.map((one) => one.const))?.filter((value) => value !== undefined);
  if (values !== undefined && values.length > 0)
    return `Expected one of ${values.map((value) => JSON.stringify(value)).join(", ")}.`;
  if (message.startsWith("Expected string to match") && schema.description !== undefined) return schema.description;
  if (message === "Unexpected property") return "There is no such field here.";
  if (message === "Expected required property") return "This field is missing.";
  return `${message}.`;
}
