// Writes down what came of attempts: those that end while a commit is under way go into the next one together. What was
// told and could not be written down yet is kept here until it is, and told to nobody again meanwhile.
import { second } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Settlement, Settlements } from "../../store/deliveries.ts";
import type { Store } from "../../store/store.ts";
import type { Disabling } from "../../store/webhooks.ts";

export type Settler = {
  /** `written` is called once it is on disk. */
  add(settled: Settlement, written: () => void): void;
  /** Whether, and since when, everything fails; goes along with what was added last. */
  failing(id: number, since: number | null): void;
  disable(disabled: Disabling): void;
  /** Settles when all of it is on disk, or nobody listens any more. */
  end(): Promise<void>;
};

type Waiting = {
  settled: Settlement[];
  written: (() => void)[];
  failing: Map<number, number | null>;
  disabled: Disabling[];
};

const most = 256;
const enough = 64;
const gatherMs = 5;
const retryMs = 2 * second;

export function createSettler({ store, log }: { store: Pick<Store, "write">; log: Log }): Settler {
  const over = new AbortController();
  let waiting = empty();
  let running: Promise<void> | null = null;

  function wake(): void {
    running ??= work();
  }

  async function work(): Promise<void> {
    try {
      while (waiting.settled.length + waiting.failing.size + waiting.disabled.length > 0) {
        if (!(await writeSome())) return;
      }
    } finally {
      // At once: what is added a moment later must not find it still at work.
      running = null;
    }
  }

  /** False when it could not be written down by the end. */
  async function writeSome(): Promise<boolean> {
    // Nobody waits for it, and a commit of fifty costs hardly more than one of five.
    if (waiting.settled.length < enough && !over.signal.aborted) await Bun.sleep(gatherMs);
    const batch = take();
    while (!(await write(batch))) {
      if (over.signal.aborted) return false;
      await Bun.sleep(retryMs);
    }
    for (const written of batch.written) written();
    return true;
  }

  async function write({ settled, failing, disabled }: Waiting): Promise<boolean> {
    const settlements: Settlements = {
      settled,
      failing: [...failing].map(([id, since]) => ({ id, since })),
      disabled,
    };
    try {
      await store.write("deliveries.settle", settlements);
      return true;
    } catch (error) {
      log.error({ error: messageOf(error) }, "what came of deliveries could not be written down yet");
      return false;
    }
  }

  function take(): Waiting {
    const batch = { ...waiting, settled: waiting.settled.splice(0, most), written: waiting.written.splice(0, most) };
    waiting = { ...empty(), settled: waiting.settled, written: waiting.written };
    return batch;
  }

  return {
    add(settled, written) {
      waiting.settled.push(settled);
      waiting.written.push(written);
      wake();
    },
    failing(id, since) {
      waiting.failing.set(id, since);
      wake();
    },
    disable(disabled) {
      waiting.disabled.push(disabled);
      wake();
    },
    async end() {
      over.abort();
      await running;
    },
  };
}

function empty(): Waiting {
  return { settled: [], written: [], failing: new Map(), disabled: [] };
}
