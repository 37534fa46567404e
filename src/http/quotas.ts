// Limits of single routes, beside those of an account as a whole: so many in a window, per address or per account.
import { limitKey } from "../core/addresses.ts";
import { type Clock, second } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { UsageCounts } from "../services/usage-counts.ts";
import { type Call, callerOf, principalOf } from "./call.ts";
import { rateHeaders } from "./rate-headers.ts";

/** Throws for whoever has asked too often. */
export type Quota = (call: Call) => void;
/** `surface` names whose limit it is, beside others of the same name. What is counted by address is a matter of security: the audit has it. */
type Terms = { surface: string; name: string; most: number; windowMs: number; per: "address" | "account" };

export function createQuota(counts: UsageCounts, clock: Clock, terms: Terms): Quota {
  const { surface, name, most, windowMs, per } = terms;
  const windows = counts.windows(`${surface}.${name}`, windowMs);
  return (call) => {
    const whose = per === "account" ? String(principalOf(call).account.id) : limitKey(call.address);
    const { isRefused, isFirstRefused, used, until } = windows.take(whose, most);
    const retryAfterMs = until - clock.now();
    call.headers.push(...rateHeaders({ policy: name, limit: most, windowMs, used, resetMs: retryAfterMs }));
    if (!isRefused) return;
    if (isFirstRefused && per === "address") tell(call);
    const seconds = Math.ceil(retryAfterMs / second);
    throw new WaygateError("rate_limited", `This was asked for too often; try again in ${seconds} seconds.`, {
      retryAfterMs,
    });
  };

  function tell(call: Call): void {
    const accountId = call.known?.account.id ?? null;
    const detail = { surface, limit: name, most, seconds: windowMs / second };
    counts.tell({ action: "limit.reached", actor: callerOf(call), accountId, target: null, detail });
  }
}
