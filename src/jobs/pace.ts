// How fast a session sends, in a form that nobody notices who writes by hand: a reserve for bursts, then a steady trickle
// with small irregular gaps. And the brake that WhatsApp itself asks for, for people one has not talked with.
import { type Clock, hour, minute, second } from "../core/clock.ts";
import { type Brakes, burst, gapMs, noBrakes } from "../core/pacing.ts";

export type Pace = {
  /** When the next message may go; now or earlier is at once. */
  nextAt(isPaced: boolean): number;
  /** One goes now. */
  took(): void;
  /** WhatsApp's answer to it; true when that changes the brakes. */
  answered(code: string | null): boolean;
  /** Those that hold just now. */
  brakes(): Brakes;
};

/** 463: WhatsApp lets a number write only to those it has talked with, for a while. */
const coldMs = hour;
/** 429, doubling each time it is said again. */
const firstPauseMs = 30 * second;
const longestPauseMs = 30 * minute;

export function createPace(clock: Clock, before: Brakes = noBrakes, random: () => number = Math.random): Pace {
  let reserve = burst;
  let filledAt = clock.now();
  let gap = nextGap();
  let { coldUntil, allUntil, pauses } = before;

  function nextGap(): number {
    return gapMs.least + random() * (gapMs.most - gapMs.least);
  }

  function refill(): void {
    const now = clock.now();
    while (reserve < burst && now - filledAt >= gap) {
      filledAt += gap;
      reserve += 1;
      gap = nextGap();
    }
    if (reserve >= burst) filledAt = now;
  }

  return {
    nextAt(isPaced) {
      refill();
      return !isPaced || reserve > 0 ? clock.now() : filledAt + gap;
    },
    took() {
      refill();
      reserve = Math.max(0, reserve - 1);
    },
    answered(code) {
      if (code === "463") coldUntil = clock.now() + coldMs;
      // What was on its way when the first of it was refused says nothing new.
      else if (code === "429" && stillAhead(allUntil) === null) {
        allUntil = clock.now() + Math.min(longestPauseMs, firstPauseMs * 2 ** pauses);
        pauses += 1;
      } else if (code === null && pauses > 0) pauses = 0;
      else return false;
      return true;
    },
    brakes: () => ({ coldUntil: stillAhead(coldUntil), allUntil: stillAhead(allUntil), pauses }),
  };

  function stillAhead(until: number | null): number | null {
    return until !== null && until > clock.now() ? until : null;
  }
}
