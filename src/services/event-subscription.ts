// One who listens: first reads on from its place, then hears of what comes. It takes at its own pace; what it has not
// taken waits here only up to a limit, beyond which it reads it again from the journal, or is sent away.
import type { Choice, Listener, ToldEvent } from "./event-feed.ts";
import type { EventReader } from "./event-pages.ts";

export type Subscription = {
  /** The next ones, in order; waits until there are some. Null once it is over. */
  next(): Promise<Taken | null>;
  /** Everything up to here was given and dealt with, or was not wanted. */
  position(): number;
  close(): void;
};
/** Reads again from the journal, or is ended and told of it. */
export type WhenSlow = "reread" | (() => void);
export type Taken = { events: ToldEvent[]; hasGap: boolean };

const mostWaiting = 2_000;
const atOnce = 100;

type Needs = {
  choice(): Choice;
  after: number;
  whenSlow: WhenSlow;
  reader: EventReader;
  listen(listener: Listener): number;
  unlisten(listener: Listener): void;
};

export function createSubscription({ choice, after, whenSlow, reader, listen, unlisten }: Needs): Subscription {
  /** Given, and so far as may be told: whoever asks for more has dealt with it. */
  let position = after;
  let dealtWith = after;
  /** Up to here everything was looked at, once it hears of what comes. */
  let heardUpTo = after;
  let isLive = false;
  let isOver = false;
  let waiting: ToldEvent[] = [];
  let tell: (() => void) | null = null;
  const listener: Listener = { accountId: choice().accountId, take };

  function take(events: readonly ToldEvent[]): void {
    const { wants, mayWant } = choice();
    for (const one of events) {
      const { event } = one.full;
      if (event.id <= heardUpTo) continue;
      heardUpTo = event.id;
      if (mayWant(event) && wants(one.full)) waiting.push(one);
    }
    if (waiting.length > mostWaiting) fallBehind();
    tell?.();
  }

  function fallBehind(): void {
    unlisten(listener);
    isLive = false;
    waiting = [];
    if (whenSlow === "reread") return;
    isOver = true;
    whenSlow();
  }

  /** Null when it has caught up, and hears of everything after its place from now on. */
  async function readOn(): Promise<Taken | null> {
    while (!isOver) {
      const page = await reader.page(choice(), { after: position, limit: atOnce });
      position = page.position;
      if (page.events.length === 0) dealtWith = position;
      if (page.events.length > 0 || page.hasGap) return page;
      if (!page.isEnd) continue;
      heardUpTo = position;
      isLive = listen(listener) <= position;
      if (isLive) return null;
      unlisten(listener);
    }
    return null;
  }

  function takeWaiting(): Taken {
    const events = waiting.splice(0, atOnce);
    position = events.at(-1)?.full.event.id ?? position;
    return { events, hasGap: false };
  }

  return {
    async next() {
      dealtWith = position;
      while (!isOver) {
        const past = isLive ? null : await readOn();
        if (past !== null) return past;
        if (waiting.length > 0) return takeWaiting();
        if (isOver || !isLive) continue;
        const news = Promise.withResolvers<void>();
        tell = news.resolve;
        await news.promise;
        tell = null;
      }
      return null;
    },
    position: () => (tell !== null && waiting.length === 0 ? Math.max(dealtWith, heardUpTo) : dealtWith),
    close() {
      isOver = true;
      waiting = [];
      unlisten(listener);
      tell?.();
    },
  };
}
