// Work that is begun and left to itself: whoever began it hears only what went wrong, and can wait for all of it at the end.
import { messageOf } from "../core/errors.ts";
import type { Log } from "../core/log.ts";

export type UnderWay = {
  own(work: Promise<void>): void;
  /** When all of it has ended. */
  ended(): Promise<unknown>;
};

/** `failure` is what the log says of work that throws. */
export function createUnderWay(log: Log, failure: string): UnderWay {
  const all = new Set<Promise<void>>();
  return {
    own(work) {
      const owned = work
        .catch((error) => log.error({ error: messageOf(error) }, failure))
        .finally(() => all.delete(owned));
      all.add(owned);
    },
    ended: () => Promise.all(all),
  };
}
