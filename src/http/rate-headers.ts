// Where somebody stands with a limit, as draft-ietf-httpapi-ratelimit-headers has it.
import { second } from "../core/clock.ts";

type Standing = { policy: string; limit: number; windowMs: number; used: number; resetMs: number };

export function rateHeaders({ policy, limit, windowMs, used, resetMs }: Standing): [string, string][] {
  const left = Math.max(0, limit - used);
  return [
    ["RateLimit-Policy", `"${policy}";q=${limit};w=${windowMs / second}`],
    ["RateLimit", `"${policy}";r=${left};t=${Math.ceil(resetMs / second)}`],
  ];
}
