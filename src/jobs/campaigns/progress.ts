// How far running campaigns have come is told as they go on: with every hundredth, or every half minute, and once a second
// at most.
import { processedOf } from "../../core/campaign.ts";
import { type Clock, second } from "../../core/clock.ts";
import type { RunningCampaign } from "../../store/campaign-feeding.ts";

type Told = { at: number; processed: number };

const leastMs = second;
const mostMs = 30 * second;

export function createProgress(clock: Clock) {
  const told = new Map<number, Told>();
  return {
    /** Whether there is something to tell of it; then it counts as told. */
    isDue(campaign: RunningCampaign): boolean {
      const processed = processedOf(campaign);
      const now = clock.now();
      const last = told.get(campaign.id);
      if (last === undefined) {
        told.set(campaign.id, { at: now, processed });
        return false;
      }
      const [more, ms] = [processed - last.processed, now - last.at];
      const isMuch = more * 100 >= campaign.total;
      if (more === 0 || ms < leastMs || (!isMuch && ms < mostMs)) return false;
      told.set(campaign.id, { at: now, processed });
      return true;
    },
    /** Those that do not run any more are forgotten. */
    keep(running: readonly RunningCampaign[]): void {
      const ids = new Set(running.map(({ id }) => id));
      for (const id of told.keys()) if (!ids.has(id)) told.delete(id);
    },
  };
}
