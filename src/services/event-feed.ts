// The journal as it grows, told to whoever listens: one reading of it for all of them, woken by commits. Whoever comes
// with a place in it reads on from there first, in pages, until it has caught up: nothing is left out, nothing told twice.
import { second } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { EventBody, EventInFull, JournalEvent } from "../core/events.ts";
import type { Log } from "../core/log.ts";
import { createRounds } from "../core/rounds.ts";
import type { Store } from "../store/store.ts";
import type { EventBodies } from "./event-bodies.ts";
import { createEventReader, type FeedPage } from "./event-pages.ts";
import { createSubscription, type Subscription, type WhenSlow } from "./event-subscription.ts";

/** Whose events, and which of them. */
export type Choice = {
  accountId: number;
  /** As far as the entry itself tells: the rows of what is left out need not be read. */
  mayWant(event: JournalEvent): boolean;
  wants(event: EventInFull): boolean;
};

/** Made into JSON once, for however many listen. */
export type ToldEvent = { full: EventInFull; readonly body: EventBody; readonly text: string };
export type Listener = { accountId: number; take(events: readonly ToldEvent[]): void };

export type EventFeed = {
  page(choice: Choice, from: { after: number; limit: number }): Promise<FeedPage>;
  /** A page with something in it, or what there is when the time is over, or nobody waits any more. */
  wait(
    choice: Choice,
    from: { after: number; limit: number },
    until: { ms: number; over: AbortSignal },
  ): Promise<FeedPage>;
  subscribe(of: { choice(): Choice; after: number; whenSlow: WhenSlow }): Subscription;
  /** The number of the newest event there ever was. */
  newest(): number;
  listeners(): number;
} & Disposable;

const atOnce = 500;
const retryMs = second;

type Needs = { store: Pick<Store, "journal" | "onCommit">; bodies: EventBodies; log: Log };

export function createEventFeed({ store, bodies, log }: Needs): EventFeed {
  const { journal } = store;
  const listeners = new Map<number, Set<Listener>>();
  const reader = createEventReader({ journal, bodies, told });
  const end = store.onCommit(wake);
  let retry: Timer | undefined;
  let position = 0;
  let isOver = false;

  function told(full: EventInFull): ToldEvent {
    let body: EventBody | undefined;
    let text: string | undefined;
    return {
      full,
      get body() {
        body ??= bodies.show(full);
        return body;
      },
      get text() {
        text ??= JSON.stringify(this.body);
        return text;
      },
    };
  }

  const rounds = createRounds({
    work: readOn,
    isOver: () => isOver,
    own: (run) => void run,
  });

  function wake(): void {
    if (listeners.size > 0) rounds.wake();
  }

  async function readOn(): Promise<void> {
    try {
      await tellNews();
    } catch (error) {
      log.warn({ error: messageOf(error) }, "the journal could not be read for those who listen; it is tried again");
      clearTimeout(retry);
      retry = setTimeout(wake, retryMs);
    }
  }

  async function tellNews(): Promise<void> {
    for (let isMore = true; isMore && !isOver && listeners.size > 0; ) {
      const events = await journal.ofAllAfter(position, atOnce);
      const all = (await bodies.read(events.filter(({ accountId }) => listeners.has(accountId)))).map(told);
      position = Math.max(position, events.at(-1)?.id ?? 0);
      for (const [accountId, some] of Map.groupBy(all, ({ full }) => full.event.accountId)) {
        for (const listener of [...(listeners.get(accountId) ?? [])]) listener.take(some);
      }
      isMore = events.length === atOnce;
      if (isMore) await Bun.sleep(0);
    }
  }

  /** From now on it hears of everything after the number that this gives. */
  function listen(listener: Listener): number {
    // Nobody listened: what was committed meanwhile is none of the live feed's.
    if (listeners.size === 0) position = journal.newest();
    const others = listeners.get(listener.accountId) ?? new Set();
    listeners.set(listener.accountId, others.add(listener));
    return position;
  }

  function unlisten(listener: Listener): void {
    const others = listeners.get(listener.accountId);
    others?.delete(listener);
    if (others?.size === 0) listeners.delete(listener.accountId);
  }

  const feed: EventFeed = {
    page: reader.page,
    async wait(choice, from, { ms, over }) {
      const deadline = performance.now() + ms;
      for (let { after, limit } = from; ; ) {
        const news = Promise.withResolvers<void>();
        const listener = { accountId: choice.accountId, take: () => news.resolve() };
        listen(listener);
        try {
          const page = await reader.page(choice, { after, limit });
          const restMs = deadline - performance.now();
          if (page.events.length > 0 || restMs <= 0 || over.aborted) return page;
          after = page.position;
          if (page.isEnd) await settled(news.promise, restMs, over);
        } finally {
          unlisten(listener);
        }
      }
    },
    subscribe: (of) => createSubscription({ ...of, reader, listen, unlisten }),
    newest: journal.newest,
    listeners: () => [...listeners.values()].reduce((sum, { size }) => sum + size, 0),
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(retry);
      end();
    },
  };
  return feed;
}

function settled(news: Promise<void>, ms: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    over.addEventListener("abort", done, { once: true });
    news.then(done);
    function done() {
      clearTimeout(timer);
      over.removeEventListener("abort", done);
      resolve();
    }
  });
}
