// How fast a session sends, in a form that nobody notices who writes by hand: a reserve for bursts, then a steady trickle
// with small irregular gaps. And the brake that WhatsApp itself asks for, for people one has not talked with.
import { type Clock, hour, minute, second } from "../core/clock.ts";

export type Pace = {
  /** When the next message may go; now or earlier is at once. */
  nextAt(isPaced: boolean): number;
  /** One goes now. */
  took(): void;
  /** WhatsApp's answer to it. */
  answered(code: string | null): void;
  /** Until when nobody new may be written to; null while everybody may. */
  coldUntil(): number | null;
  /** Until when nobody at all may be; null while all may. */
  allUntil(): number | null;
};

const burst = 30;
/** One gap for each message beyond the burst: on average five a second. */
const gapMs = { least: 100, most: 300 };
/** 463: WhatsApp lets a number write only to those it has talked with, for a while. */
const coldMs = hour;
/** 429, doubling each time it is said again. */
const firstPauseMs = 30 * second;
const longestPauseMs = 30 * minute;

export function createPace(clock: Clock, random: () => number = Math.random): Pace {
  let reserve = burst;
  let filledAt = clock.now();
  let gap = nextGap();
  let cold = 0;
  let all = 0;
  let pauses = 0;

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
      if (code === "463") cold = clock.now() + coldMs;
      if (code === "429") {
        all = clock.now() + Math.min(longestPauseMs, firstPauseMs * 2 ** pauses);
        pauses += 1;
      }
      if (code === null) pauses = 0;
    },
    coldUntil: () => (cold > clock.now() ? cold : null),
    allUntil: () => (all > clock.now() ? all : null),
  };
}
