// How often somebody may ask: an account by its plan, an address while it has no valid credential.
import { limitKey } from "../core/addresses.ts";
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Principal } from "../core/principal.ts";
import type { Call } from "./call.ts";
import { createWindows, type Window } from "./windows.ts";

export type Limits = {
  countAccount(call: Pick<Call, "headers">, principal: Principal): void;
  /** For a request without a valid credential, and for routes that need none but cost something. */
  countAddress(call: Call): void;
};

export function createLimits(clock: Clock, addressRequestsPerMinute: number): Limits {
  const accounts = createWindows(clock);
  const addresses = createWindows(clock);

  function enforce(call: Pick<Call, "headers">, policy: string, most: number, window: Window): void {
    const resetMs = window.until - clock.now();
    call.headers.push(
      ["RateLimit-Policy", `"${policy}";q=${most};w=60`],
      ["RateLimit", `"${policy}";r=${Math.max(0, most - window.count)};t=${Math.ceil(resetMs / 1_000)}`],
    );
    if (window.count <= most) return;
    const sentence = `At most ${most} requests a minute are allowed here; wait ${Math.ceil(resetMs / 1_000)} seconds.`;
    throw new WaygateError("rate_limited", sentence, { retryAfterMs: resetMs });
  }

  return {
    countAccount(call, principal) {
      const most = principal.requestsPerMinute;
      if (most !== null) enforce(call, "account", most, accounts.take(principal.account.id));
    },
    countAddress(call) {
      const window = addresses.take(limitKey(call.address));
      // Said only when it bites: a stranger needs no figures.
      if (window.count > addressRequestsPerMinute) enforce(call, "address", addressRequestsPerMinute, window);
    },
  };
}
