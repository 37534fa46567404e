// Counting failures in a window, for what must not be guessed: per name and address together, per address, per name.
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";

export type Throttle = {
  /** Throws while one of the names has failed too often. */
  check(names: readonly ThrottleName[]): void;
  failed(names: readonly ThrottleName[]): void;
  succeeded(names: readonly ThrottleName[]): void;
};

export type ThrottleName = { name: string; most: number };

type Failures = { count: number; until: number };

/** Beyond this the oldest are forgotten: memory is bounded, and an attacker with that many addresses gains little. */
const maxNames = 20_000;

export function createThrottle(clock: Clock, windowMs: number): Throttle {
  const failures = new Map<string, Failures>();

  function current(name: string): Failures | undefined {
    const found = failures.get(name);
    if (found !== undefined && found.until > clock.now()) return found;
    failures.delete(name);
    return undefined;
  }

  return {
    check(names) {
      for (const { name, most } of names) {
        const found = current(name);
        if (found === undefined || found.count < most) continue;
        const retryAfterMs = found.until - clock.now();
        const minutes = Math.ceil(retryAfterMs / 60_000);
        throw new WaygateError("rate_limited", `Too many failed attempts; try again in ${minutes} minutes.`, {
          retryAfterMs,
        });
      }
    },
    failed(names) {
      for (const { name } of names) {
        const found = current(name) ?? { count: 0, until: clock.now() + windowMs };
        failures.delete(name);
        failures.set(name, { ...found, count: found.count + 1 });
      }
      for (const name of failures.keys()) {
        if (failures.size <= maxNames) break;
        failures.delete(name);
      }
    },
    succeeded(names) {
      for (const { name } of names) failures.delete(name);
    },
  };
}
