// How far messages of ours came, as those who got them say. Many come at once, and nobody waits for one of them: what is
// heard within a moment is written in one transaction.
import type { Clock } from "../core/clock.ts";
import type { ReceiptValue } from "../core/inbound.ts";
import type { Heard } from "../store/receipts.ts";
import type { Store } from "../store/store.ts";

export type Receipts = AsyncDisposable & {
  /** Settles when they are on disk. */
  take(sessionId: number, values: readonly ReceiptValue[]): Promise<void>;
};

type Needs = {
  store: Store;
  /** Somebody has got these messages of ours. */
  delivered(messageIds: readonly number[]): void;
  clock: Clock;
};

const momentMs = 10;
const mostAtOnce = 200;

export function createReceipts({ store, delivered, clock }: Needs): Receipts {
  let gathered: Heard[] = [];
  let written = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function write(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const [all, done] = [gathered, written];
    gathered = [];
    written = Promise.withResolvers();
    // Whoever hears of them is told by what `take` gave them.
    done.promise.catch(() => {});
    try {
      delivered(await store.writeSoon("intake.receipts", { all }));
      done.resolve();
    } catch (error) {
      done.reject(error);
    }
  }

  return {
    take(sessionId, values) {
      const at = clock.now();
      gathered.push(...values.map((receipt) => ({ sessionId, receipt, at })));
      const { promise } = written;
      if (gathered.length >= mostAtOnce) void write();
      else timer ??= setTimeout(write, momentMs);
      return promise;
    },
    async [Symbol.asyncDispose]() {
      if (gathered.length > 0) await write();
    },
  };
}
