// How often somebody may ask: an account by its plan, an address while it has no valid credential.
import { limitKey } from "../core/addresses.ts";
import { type Clock, minute, second } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Principal } from "../core/principal.ts";
import { createWindows, type Taken } from "../core/windows.ts";
import type { UsageCounts } from "../services/usage-counts.ts";
import type { Call } from "./call.ts";
import { rateHeaders } from "./rate-headers.ts";

export type Limits = {
  countAccount(call: Pick<Call, "headers">, principal: Principal): void;
  /** For a request without a valid credential, and for routes that need none but cost something. */
  countAddress(call: Call): void;
};

type Needs = { counts: UsageCounts; clock: Clock; addressRequestsPerMinute: number };

export function createLimits({ counts, clock, addressRequestsPerMinute }: Needs): Limits {
  // Of strangers, who are many: kept in memory alone.
  const addresses = createWindows({ clock, lengthMs: minute });

  function enforce(call: Pick<Call, "headers">, policy: string, most: number, { isRefused, used, until }: Taken): void {
    const resetMs = until - clock.now();
    call.headers.push(...rateHeaders({ policy, limit: most, windowMs: minute, used, resetMs }));
    if (!isRefused) return;
    const seconds = Math.ceil(resetMs / second);
    const sentence = `At most ${most} requests a minute are allowed here; wait ${seconds} seconds.`;
    throw new WaygateError("rate_limited", sentence, { retryAfterMs: resetMs });
  }

  return {
    countAccount(call, { account, requestsPerMinute: most }) {
      if (most !== null) enforce(call, "account", most, counts.requests.take(String(account.id), most));
      counts.countRequest(account.id);
    },
    countAddress(call) {
      const taken = addresses.take(limitKey(call.address), addressRequestsPerMinute);
      // Said only when it bites: a stranger needs no figures.
      if (taken.isRefused) enforce(call, "address", addressRequestsPerMinute, taken);
    },
  };
}
