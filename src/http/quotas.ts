// Limits of single routes, beside those of an account as a whole: so many in a window, per address or per account.
import { limitKey } from "../core/addresses.ts";
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { type Call, principalOf } from "./call.ts";
import { createWindows } from "./windows.ts";

export type Quota = (call: Call) => void;
type Terms = { name: string; most: number; windowMs: number; per: "address" | "account" };

export function createQuota(clock: Clock, { name, most, windowMs, per }: Terms): Quota {
  const windows = createWindows(clock, windowMs);
  return (call) => {
    const window = windows.take(per === "account" ? principalOf(call).account.id : limitKey(call.address));
    const retryAfterMs = window.until - clock.now();
    const seconds = Math.ceil(retryAfterMs / 1_000);
    call.headers.push(
      ["RateLimit-Policy", `"${name}";q=${most};w=${windowMs / 1_000}`],
      ["RateLimit", `"${name}";r=${Math.max(0, most - window.count)};t=${seconds}`],
    );
    if (window.count <= most) return;
    throw new WaygateError("rate_limited", `This was asked for too often; try again in ${seconds} seconds.`, {
      retryAfterMs,
    });
  };
}
