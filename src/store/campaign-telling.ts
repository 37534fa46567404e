// What is told of a campaign: how it stands, in the transaction that made it so.
import { eq } from "drizzle-orm";
import { type Campaign, processedOf, speedOf } from "../core/campaign.ts";
import type { EventType } from "../core/events.ts";
import { campaignSessions } from "./campaign-tables.ts";
import type { Handle } from "./database.ts";
import { journalAppender } from "./journal.ts";

type CampaignEvent = Extract<EventType, `campaign.${string}`>;

export function campaignTeller(db: Handle) {
  const append = journalAppender(db);
  return {
    /** In its session, where it has but one: whoever sees that session alone may hear of it. */
    async tell(type: CampaignEvent, campaign: Campaign, at: number): Promise<void> {
      const { id, accountId, name, state, reason, total, queued, sent, failed, skipped } = campaign;
      const sessions = await db
        .select({ id: campaignSessions.sessionId })
        .from(campaignSessions)
        .where(eq(campaignSessions.campaignId, id));
      const [only, ...others] = sessions;
      const sessionId = others.length === 0 ? (only?.id ?? null) : null;
      const { perMinute, endsAt } = speedOf(campaign, at);
      const data = { campaignId: id, name, state, reason, total, queued, sent, failed, skipped, perMinute, endsAt };
      append({ accountId, sessionId, type, at, data: { ...data, processed: processedOf(campaign) } });
    },
  };
}
