// How many people who never wrote to a number it may be the first to write to within 24 hours, and when the next may be.
import { day } from "./clock.ts";

export type ColdQuota = {
  /** Null where only the warming up limits it. */
  perDay: number | null;
  isWarmingUp: boolean;
  linkedAt: number | null;
};

/** Of a number's first days: ten people on the first, half as many again on each that follows, for two weeks. */
export const warmUp = { firstDay: 10, growth: 1.5, days: 14 } as const;

/** Null while nothing limits it. */
export function allowedAt({ perDay, isWarmingUp, linkedAt }: ColdQuota, at: number): number | null {
  const days = linkedAt === null ? 0 : Math.max(0, Math.floor((at - linkedAt) / day));
  if (!isWarmingUp || days >= warmUp.days) return perDay;
  const grown = Math.floor(warmUp.firstDay * warmUp.growth ** days);
  return perDay === null ? grown : Math.min(perDay, grown);
}

export type Slots = {
  quota: ColdQuota;
  /** When somebody was written to first, of the last 24 hours, oldest first. */
  reached: readonly number[];
  from: number;
  /** The next moment at which anything may go at all. */
  open?: (at: number) => number;
};

/** When the next so many people may be written to, one after the other, if nothing else holds them. */
export function nextSlot({ quota, reached, from, open = (at) => at }: Slots, count = 1): number {
  const times = [...reached];
  let oldest = 0;
  let at = open(from);
  for (let done = 0; done < count; done++) {
    for (;;) {
      while ((times[oldest] ?? at) <= at - day) oldest += 1;
      const allowed = allowedAt(quota, at);
      if (allowed === null || times.length - oldest < allowed) break;
      at = open(Math.min((times[oldest] ?? at) + day, growsAt(quota, at)));
    }
    times.push(at);
  }
  return at;
}

function growsAt({ isWarmingUp, linkedAt }: ColdQuota, at: number): number {
  if (!isWarmingUp || linkedAt === null) return Number.POSITIVE_INFINITY;
  const next = linkedAt + (Math.floor(Math.max(0, at - linkedAt) / day) + 1) * day;
  return next > linkedAt + warmUp.days * day ? Number.POSITIVE_INFINITY : next;
}
