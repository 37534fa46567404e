// Which web pages may talk to us: with the cookie only our own, with a key those that the operator names.
import { WaygateError } from "../core/errors.ts";
import type { Call } from "./call.ts";

const unsafe = new Set(["POST", "PUT", "PATCH", "DELETE"]);
const corsMethods = "GET, HEAD, POST, PUT, PATCH, DELETE";
const corsHeaders = "authorization, content-type, x-api-key, idempotency-key, x-request-id";
const corsExposed = "x-request-id, ratelimit, ratelimit-policy, retry-after, location, idempotency-replayed";

/** A request that rides on the cookie and changes something must come from our own pages. */
export function refuseCrossSite(call: Call, publicOrigin: string | null): void {
  const { headers, method } = call.request;
  // What is opened in this way may send.
  const isSocket = headers.get("upgrade")?.toLowerCase() === "websocket";
  if (!unsafe.has(method) && !isSocket) return;
  const site = headers.get("sec-fetch-site");
  if (site === "same-origin" || site === "none") return;
  const origin = headers.get("origin");
  // Neither header: not a browser, which is what this guards.
  if (site === null && (origin === null || origin === call.origin || origin === publicOrigin)) return;
  throw new WaygateError("forbidden", "A page of another site may not do this with your login.");
}

export type Cors = {
  /** Headers for an answer to a page of another origin that is allowed. */
  headersFor(call: Call): [string, string][];
  /** The answer to a preflight, or null when it is none. */
  preflight(call: Call): Response | null;
};

export function createCors(origins: readonly string[]): Cors {
  const allows = (origin: string | null) => origin !== null && (origins.includes("*") || origins.includes(origin));

  function headersFor({ request }: Call): [string, string][] {
    if (origins.length === 0) return [];
    const origin = request.headers.get("origin");
    if (origin === null || !allows(origin)) return [["Vary", "Origin"]];
    return [
      ["Access-Control-Allow-Origin", origin],
      ["Access-Control-Expose-Headers", corsExposed],
      ["Vary", "Origin"],
    ];
  }

  return {
    headersFor,
    preflight(call) {
      const { headers, method } = call.request;
      if (method !== "OPTIONS" || headers.get("access-control-request-method") === null) return null;
      if (!allows(headers.get("origin"))) return new Response(null, { status: 204 });
      return new Response(null, {
        status: 204,
        headers: {
          "Access-Control-Allow-Methods": corsMethods,
          "Access-Control-Allow-Headers": corsHeaders,
          "Access-Control-Max-Age": "600",
        },
      });
    },
  };
}
