// Counting every use of a key in memory and writing the counts every few seconds: a request never waits for them.
import { type Clock, day, minute } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { KeyUse } from "../store/keys.ts";
import type { Store } from "../store/store.ts";

export type KeyUses = AsyncDisposable & { count(keyId: number): void; flush(): Promise<void> };

const flushEveryMs = minute / 6;

export function createKeyUses({ store, clock, log }: { store: Store; clock: Clock; log: Log }): KeyUses {
  let waiting = new Map<string, KeyUse>();

  async function flush(): Promise<void> {
    if (waiting.size === 0) return;
    const batch = [...waiting.values()];
    waiting = new Map();
    try {
      await store.write("keys.count_uses", batch);
    } catch (error) {
      log.warn({ error: messageOf(error), keys: batch.length }, "uses of keys could not be counted");
    }
  }

  const timer = setInterval(flush, flushEveryMs);
  timer.unref();
  return {
    count(keyId) {
      const now = clock.now();
      const today = Math.floor(now / day);
      const name = `${keyId} ${today}`;
      const use = waiting.get(name);
      if (use === undefined) waiting.set(name, { keyId, day: today, uses: 1, lastUsedAt: now });
      else {
        use.uses += 1;
        use.lastUsedAt = now;
      }
    },
    flush,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await flush();
    },
  };
}
