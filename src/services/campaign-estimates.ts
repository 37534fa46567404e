// What a campaign will come to, before the first of its messages: whom it reaches, and how long it takes at the pacing in
// force.
import { type Campaign, type CampaignSettings, campaignLimits } from "../core/campaign.ts";
import type { Clock } from "../core/clock.ts";
import { opening } from "../core/pacing.ts";
import { invertedHours, openTime } from "../core/send-estimate.ts";
import type { Session } from "../core/session.ts";
import type { Store } from "../store/store.ts";
import type { createCampaignRecipients } from "./campaign-recipients.ts";
import type { SendEstimates } from "./send-estimates.ts";

export type CampaignEstimate = {
  /** Numbers that can be read, each once. */
  valid: number;
  invalid: number;
  duplicates: number;
  suppressed: number;
  cold: number;
  startsAt: number;
  endsAt: number;
};
export type Planned = {
  accountId: number;
  sessions: readonly Session[];
  settings: CampaignSettings;
  startAt: number | null;
  textLength: number;
  invalid: number;
  duplicates: number;
};
export type CampaignEstimates = ReturnType<typeof createCampaignEstimates>;

type Needs = {
  store: Store;
  recipients: ReturnType<typeof createCampaignRecipients>;
  sendEstimates: SendEstimates;
  clock: Clock;
};

export function createCampaignEstimates({ store, recipients, sendEstimates, clock }: Needs) {
  /** Each session takes its share; the last one to be done is when all is. */
  async function lastsFor(
    { sessions, settings, startAt, textLength }: Planned,
    people: { cold: number; warm: number },
  ) {
    const now = clock.now();
    const from = Math.max(now, startAt ?? now);
    let [startsAt, endsAt] = [Number.POSITIVE_INFINITY, from];
    for (const session of sessions) {
      const share = (count: number) => Math.ceil(count / sessions.length);
      const [cold, warm] = [share(people.cold), share(people.warm)];
      const { startsAt: begins, lastsMs } = await sendEstimates.estimate(session, { cold, warm, textLength });
      const { gapMs, window } = settings;
      const gaps = gapMs === null ? 0 : Math.max(0, cold + warm - 1) * ((gapMs.least + gapMs.most) / 2);
      const closed = window === null ? null : invertedHours(window);
      const opens = opening(closed)(Math.max(from, begins));
      startsAt = Math.min(startsAt, opens);
      // What holds longest: the pacing, which goes on by night too, or the gaps within the window.
      endsAt = Math.max(endsAt, from + lastsMs, openTime(closed, opens, gaps));
    }
    return { startsAt: Math.min(startsAt, endsAt), endsAt };
  }

  async function estimate(planned: Planned, pages: AsyncIterable<readonly string[]>): Promise<CampaignEstimate> {
    const { accountId, sessions, invalid, duplicates } = planned;
    const ids = sessions.map(({ id }) => id);
    const all = { valid: 0, suppressed: 0, cold: 0 };
    for await (const targets of pages) {
      const found = await recipients.standingOf(accountId, ids, targets);
      all.valid += targets.length;
      all.suppressed += found.suppressed;
      all.cold += found.cold;
      if (all.valid >= campaignLimits.recipients) break;
    }
    const warm = all.valid - all.suppressed - all.cold;
    return { ...all, invalid, duplicates, ...(await lastsFor(planned, { cold: all.cold, warm })) };
  }

  return {
    estimate,
    /** Those that still wait. */
    async *waitingOf(campaign: Campaign): AsyncGenerator<string[]> {
      await store.written();
      for await (const rows of recipients.all(campaign, "waiting")) yield rows.map(({ target }) => target);
    },
  };
}
