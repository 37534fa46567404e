// What a caller must expect to go wrong, in words that know nothing of HTTP.

export const errorCodes = [
  "malformed", // the request cannot be read at all
  "invalid", // it can be read, but a field does not fit
  "unauthenticated",
  "forbidden",
  "session_required", // needs a dashboard login, a key is not enough
  "not_found",
  "conflict",
  "too_large",
  "limit_reached", // a limit of the account's plan
  "daily_limit_reached", // the plan's messages of today; more go tomorrow
  "rate_limited",
  "setup_required",
  "storage_full",
  "unavailable",
  "internal",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** One field that does not fit: `path` is a JSON pointer into the body, or the name of a parameter. */
export type FieldFault = { in: "body" | "query" | "path" | "header"; path: string; message: string };

export type ErrorDetails = {
  fields?: FieldFault[];
  retryAfterMs?: number;
  /** Of a limit that is counted: how much there is, and how much of it is gone. */
  quota?: Quota;
  /** What a dialect's document calls it, where that is finer than our codes. */
  named?: string;
};
export type Quota = {
  limit: number;
  used: number;
  /** When it begins anew; null where it does not by itself. */
  resetsAt: number | null;
};

export class WaygateError extends Error {
  override readonly name = "WaygateError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, sentence: string, details: ErrorDetails = {}, cause?: unknown) {
    super(sentence, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}

/** A field of the body that does not fit, for rules that a schema cannot say. */
export function invalidField(path: string, message: string): WaygateError {
  return new WaygateError("invalid", message, { fields: [{ in: "body", path, message }] });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
