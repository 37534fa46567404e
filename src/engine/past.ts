// What a session's connections have come to so far, and what is to be done about the one that has just ended.
import { after, counting, type Ending, freshHistory, judge, type Verdict } from "./reconnect.ts";

export type Past = {
  /** It starts, with nothing to hold against it. */
  begin(isLinked: boolean): void;
  linked(): void;
  opened(): void;
  judge(ending: Ending, now: { isLinked: boolean; wasOpen: boolean }): Verdict;
};

export function createPast(): Past {
  let history = freshHistory(false);
  let openedAt = 0;
  return {
    begin(isLinked) {
      history = freshHistory(isLinked);
    },
    linked() {
      history = { ...history, failures: 0 };
    },
    opened() {
      openedAt = performance.now();
      if (!history.hasEverOpened) history = freshHistory(true);
    },
    judge(ending, now) {
      const before = counting(history, now.wasOpen ? performance.now() - openedAt : null);
      history = after(before, ending);
      return judge(ending, { ...before, ...now });
    },
  };
}
