// The Idempotency-Key header: the caller's own name for a request that may be repeated.
import { WaygateError } from "../core/errors.ts";
import type { Call } from "./call.ts";

const name = "idempotency-key";

/** On the answer to a request that was made before. */
export const replayed: [string, string] = ["Idempotency-Replayed", "true"];

/** Undefined where there is none. */
export function readIdempotencyKey({ request }: Call): string | undefined {
  const key = request.headers.get(name)?.trim();
  if (key === undefined) return undefined;
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  const message = "Give 1 to 255 printable characters without spaces.";
  throw new WaygateError("invalid", `Idempotency-Key: ${message}`, { fields: [{ in: "header", path: name, message }] });
}
