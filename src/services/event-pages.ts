// The journal read page by page, as far as somebody wants it. A look goes over so many entries at most: whoever wants
// little of much gets a short page, or an empty one, and the place to read on from.
import type { EventInFull } from "../core/events.ts";
import type { Store } from "../store/store.ts";
import type { EventBodies } from "./event-bodies.ts";
import type { Choice, ToldEvent } from "./event-feed.ts";

export type FeedPage = {
  events: ToldEvent[];
  /** Up to where it was looked: to read on from. */
  position: number;
  /** Nothing more was there. */
  isEnd: boolean;
  /** Some that would have been told are not kept any more. */
  hasGap: boolean;
};
export type EventReader = ReturnType<typeof createEventReader>;

const atOnce = 200;
const mostLooks = 10;

type Needs = {
  journal: Store["journal"];
  bodies: EventBodies;
  told(full: EventInFull): ToldEvent;
};

export function createEventReader({ journal, bodies, told }: Needs) {
  /** Some of the wanted ones after that place, oldest first, with the place up to where it was looked. */
  async function look(choice: Choice, after: number, limit: number) {
    // Asked for first: what is committed after that is not in these entries, or is.
    const newest = journal.newest();
    const entries = await journal.after(choice.accountId, after, atOnce);
    const read = await bodies.read(entries.filter(choice.mayWant));
    const wanted = read.filter(choice.wants).slice(0, limit);
    const isFull = wanted.length === limit;
    const isEnd = entries.length < atOnce && !isFull;
    const last = (isFull ? wanted.at(-1)?.event.id : entries.at(-1)?.id) ?? after;
    return { wanted, isEnd, position: isEnd ? Math.max(last, newest) : last };
  }

  return {
    async page(choice: Choice, { after, limit }: { after: number; limit: number }): Promise<FeedPage> {
      const hasGap = after > 0 && after < journal.goneUpTo();
      const events: ToldEvent[] = [];
      let position = after;
      for (let looks = 0; looks < mostLooks; looks++) {
        const found = await look(choice, position, limit - events.length);
        events.push(...found.wanted.map(told));
        position = found.position;
        if (found.isEnd || events.length === limit) return { events, position, isEnd: found.isEnd, hasGap };
        await Bun.sleep(0);
      }
      return { events, position, isEnd: false, hasGap };
    },
  };
}
