// Forgetting a person among the recipients of campaigns and on the suppression list: campaigns keep how many there were,
// and nothing of who that was.
import { and, eq, inArray, or, sql } from "drizzle-orm";
import { campaignRecipients, campaigns, suppressions } from "./campaign-tables.ts";
import type { Handle } from "./database.ts";
import { digitsOf, type Step } from "./forgetting-piece.ts";

const forgotten = { code: "forgotten", sentence: "They were forgotten here." };

export function campaignSteps(db: Handle): { removeFromCampaigns: Step; removeFromList: Step } {
  return {
    async removeFromCampaigns({ accountId, traces }, { most, at }) {
      const own = db.select({ id: campaigns.id }).from(campaigns).where(eq(campaigns.accountId, accountId));
      const targets = [
        ...traces.phones.map((phone) => `${phone}@s.whatsapp.net`),
        ...traces.lids.map((lid) => `${lid}@lid`),
        // As it was given, where it could not be read.
        ...digitsOf(traces),
      ];
      const theirs = await db
        .select({ id: campaignRecipients.id, state: campaignRecipients.state })
        .from(campaignRecipients)
        .where(and(inArray(campaignRecipients.target, targets), inArray(campaignRecipients.campaignId, own)))
        .limit(most);
      for (const { id, state } of theirs) {
        // What was queued for them is cancelled by now.
        const waits = state === "waiting" || state === "queued";
        const skipped = waits ? { state: "skipped" as const, fault: JSON.stringify(forgotten), settledAt: at } : {};
        await db
          .update(campaignRecipients)
          .set({ target: `forgotten-${id}`, cells: null, ...skipped })
          .where(eq(campaignRecipients.id, id));
      }
      return { next: theirs.length < most ? null : 0 };
    },
    async removeFromList({ accountId, traces }) {
      const isThem = or(inArray(suppressions.phone, traces.phones), inArray(suppressions.lid, traces.lids), sql`false`);
      await db.delete(suppressions).where(and(eq(suppressions.accountId, accountId), isThem));
      return { next: null };
    },
  };
}
