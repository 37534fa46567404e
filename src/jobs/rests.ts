// Chats whose next message could not be sent, and nobody can say why: they rest, longer each time, while the others go on.
import { type Clock, minute, second } from "../core/clock.ts";

export type Rests = {
  begin(chatId: number, over: () => void): void;
  /** Until when it rests; null for one that does not. */
  untilOf(chatId: number): number | null;
  /** Something went out there. */
  forget(chatId: number): void;
  /** It is tried at once, wherever it is. */
  endAll(): void;
};

type Rest = { times: number; until: number; timer: ReturnType<typeof setTimeout> | null; over(): void };

const firstMs = 2 * second;
const longestMs = minute;

export function createRests(clock: Clock): Rests {
  const rests = new Map<number, Rest>();

  function end(rest: Rest): void {
    if (rest.timer === null) return;
    clearTimeout(rest.timer);
    rest.timer = null;
    rest.over();
  }

  return {
    begin(chatId, over) {
      const times = (rests.get(chatId)?.times ?? 0) + 1;
      const ms = Math.min(firstMs * 2 ** (times - 1), longestMs);
      const rest: Rest = { times, until: clock.now() + ms, timer: null, over };
      rest.timer = setTimeout(() => end(rest), ms);
      rest.timer.unref();
      rests.set(chatId, rest);
    },
    untilOf(chatId) {
      const rest = rests.get(chatId);
      return rest === undefined || rest.timer === null ? null : rest.until;
    },
    forget: (chatId) => void rests.delete(chatId),
    endAll() {
      for (const rest of rests.values()) end(rest);
    },
  };
}
