// Makes what is to be attempted later ready when its time has come, by the clock that is handed in.
import { type Clock, second } from "../../core/clock.ts";
import type { ReadyDelivery } from "../../store/ready-deliveries.ts";
import type { Store } from "../../store/store.ts";

export type Promoter = Disposable & {
  /** One more waits until then. */
  scheduled(at: number): void;
  /** Whatever is due becomes ready. */
  promote(): Promise<void>;
};

type Needs = {
  store: Pick<Store, "deliveries" | "write">;
  /** These are ready now. */
  ready(webhookId: number, deliveries: readonly ReadyDelivery[]): void;
  own(work: Promise<void>): void;
  clock: Clock;
};

const most = 500;
/** Longer than that nobody relies on a timer: the clock may be set. */
const longestAlarmMs = 30 * second;

export function createPromoter({ store, ready, own, clock }: Needs): Promoter {
  let alarm: { at: number; timer: ReturnType<typeof setTimeout> } | null = null;
  let isAtWork = false;
  let isOver = false;

  function scheduled(at: number): void {
    if (isOver || (alarm !== null && alarm.at <= at)) return;
    clearTimeout(alarm?.timer);
    const ms = Math.min(Math.max(at - clock.now(), 0), longestAlarmMs);
    const timer = setTimeout(() => {
      alarm = null;
      own(promote());
    }, ms);
    timer.unref?.();
    alarm = { at, timer };
  }

  async function promote(): Promise<void> {
    if (isAtWork || isOver) return;
    isAtWork = true;
    try {
      for (;;) {
        const nextAt = store.deliveries.nextAt();
        const now = clock.now();
        if (nextAt === null || isOver) return;
        if (nextAt > now) return scheduled(nextAt);
        const promoted = await store.write("deliveries.promote", { now, most });
        for (const [webhookId, some] of Map.groupBy(promoted, (one) => one.webhookId)) ready(webhookId, some);
      }
    } finally {
      isAtWork = false;
    }
  }

  return {
    scheduled,
    promote,
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(alarm?.timer);
    },
  };
}
