// What a long-running gateway does for itself now and then, in small pieces, with nobody waiting for it.
import { type Clock, day, hour } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { keptMs } from "../store/idempotency.ts";
import type { Store } from "../store/store.ts";

export type Housekeeping = AsyncDisposable & {
  /** As it does by itself every hour. */
  tidy(): Promise<void>;
};

/** WhatsApp delivers again what it thinks was not received, at most so much later. */
const openedKeptMs = 30 * day;
/** Those of the last thirty days are told, wherever it is day. */
const usageDaysKept = 32;
/** Who typed so long ago is nobody's business any more. */
const presenceKeptMs = hour;
const atOnce = 1_000;

type Needs = {
  store: Store;
  clock: Clock;
  log: Log;
  /** How much all files of messages may take together; null is no limit. */
  mediaTotalBytes?: number | null;
  keptDays: KeptDays;
};
/** For so many days what happened is kept, and what was told of it to others. */
export type KeptDays = { events: number; deliveries: number; bodies: number };

export function startHousekeeping({ store, clock, log, mediaTotalBytes = null, keptDays }: Needs): Housekeeping {
  let isOver = false;
  let lastOptimized = clock.now();
  let underWay: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    underWay = tidy().catch((error) => log.warn({ error: messageOf(error) }, "housekeeping has failed"));
  }, hour);
  timer.unref?.();

  async function tidy(): Promise<void> {
    const now = clock.now();
    await inPieces((most) => store.write("signal.prune_inbox", { before: now - openedKeptMs, most }));
    await inPieces((most) => store.write("idempotency.prune", { before: now - keptMs, most }));
    await inPieces((most) => store.write("uploads.prune", { now, most }));
    await inPieces((most) => store.write("usage.prune_windows", { now, most }));
    await inPieces((most) => store.write("usage.prune", { beforeDay: Math.floor(now / day) - usageDaysKept, most }));
    for (const { sessionId, days } of await store.retention.limits()) {
      const before = now - days * day;
      await inPieces((most) => store.write("messages.prune", { sessionId, before, most }));
      await inPieces((most) => store.write("schedules.prune", { sessionId, before, most }));
    }
    await tidyFiles(now);
    await tidyTold(now);
    if (isOver || clock.now() - lastOptimized < day) return;
    lastOptimized = clock.now();
    await store.write("installation.optimize", null);
  }

  async function tidyFiles(now: number): Promise<void> {
    for (const { sessionId, days } of await store.mediaRetention.limits()) {
      await inPieces((most) => store.write("media.remove_old", { sessionId, before: now - days * day, most }));
    }
    const upTo = mediaTotalBytes === null ? null : await store.mediaRetention.beyond(mediaTotalBytes);
    if (upTo !== null) await inPieces((most) => store.write("media.remove_old", { upTo, most }));
  }

  async function tidyTold(now: number): Promise<void> {
    const before = (days: number) => now - days * day;
    await inTurn((after, most) =>
      store.write("deliveries.prune_bodies", { before: before(keptDays.bodies), after, most }),
    );
    await inTurn((after, most) =>
      store.write("deliveries.prune", { before: before(keptDays.deliveries), after, most }),
    );
    await inPieces((most) => store.write("presence.prune", { before: now - presenceKeptMs, most }));
    await inTurn((after, most) => store.write("journal.prune", { before: before(keptDays.events), after, most }));
    await inPieces((most) => store.write("calls.prune", { before: before(keptDays.events), most }));
    // As long as what was told of them.
    await inPieces((most) => store.write("schedules.prune", { before: before(keptDays.events), most }));
    await inPieces((most) => store.write("schedules.prune_runs", { before: before(keptDays.events), most }));
  }

  /** From one place to the next, to the end: some of what is looked at stays. */
  async function inTurn(remove: (after: number, most: number) => Promise<number | null>): Promise<void> {
    let after: number | null = 0;
    while (!isOver && after !== null) after = await remove(after, atOnce);
  }

  /** So that nobody else waits long. */
  async function inPieces(remove: (most: number) => Promise<number>): Promise<void> {
    while (!isOver && (await remove(atOnce)) === atOnce);
  }

  return {
    tidy,
    async [Symbol.asyncDispose]() {
      isOver = true;
      clearInterval(timer);
      await underWay;
    },
  };
}
