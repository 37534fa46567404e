// Requests that may be made again: one after the other for each key, and done once.
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { type IdempotencyKey, type KnownKey, keptMs } from "../store/idempotency.ts";
import type { Store } from "../store/store.ts";

export type Repeats = ReturnType<typeof createRepeats>;

export function createRepeats({ store, clock }: { store: Store; clock: Clock }) {
  /** By account and key: whose first request is still being answered. */
  const underWay = new Set<string>();

  return {
    /** The second is told so. */
    async once<T>(accountId: number, key: string | undefined, work: () => Promise<T>): Promise<T> {
      if (key === undefined) return work();
      const name = `${accountId} ${key}`;
      if (underWay.has(name)) {
        throw new WaygateError("conflict", "A request with this Idempotency-Key is being answered just now.");
      }
      underWay.add(name);
      try {
        return await work();
      } finally {
        underWay.delete(name);
      }
    },
    /** What the very same request has done; the transaction tells whoever comes with another. */
    async find(accountId: number, given: IdempotencyKey | null): Promise<KnownKey | null> {
      const known = given === null ? null : await store.idempotency.find(accountId, given.key);
      if (known === null || given === null || known.createdAt <= clock.now() - keptMs) return null;
      return Buffer.compare(known.fingerprint, given.fingerprint) === 0 ? known : null;
    },
  };
}
