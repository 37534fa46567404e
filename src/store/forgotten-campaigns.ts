// Forgetting a person among the recipients of campaigns and on the suppression list: campaigns keep how many there were,
// and nothing of who that was.
import { and, asc, type Column, eq, gt, inArray, lte, or, sql } from "drizzle-orm";
import { valueWithout } from "../core/traces.ts";
import { campaignMessages, campaignRecipients, campaigns, suppressions } from "./campaign-tables.ts";
import type { Handle } from "./database.ts";
import { digitsOf, type Step } from "./forgetting-piece.ts";

const forgotten = { code: "forgotten", sentence: "They were forgotten here." };

type Steps = { removeFromCampaigns: Step; redactCampaigns: Step; removeFromList: Step };

export function campaignSteps(db: Handle): Steps {
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
    /** What is said to all, and what is known of others. */
    async redactCampaigns({ accountId, traces, place }, { most }) {
      const own = db.select({ id: campaigns.id }).from(campaigns).where(eq(campaigns.accountId, accountId));
      const speaksIn = (column: Column) =>
        or(...digitsOf(traces).map((digits) => sql`instr(${column}, ${digits}) > 0`));
      if (place === 0) {
        const { campaignId, message } = campaignMessages;
        const said = await db
          .select()
          .from(campaignMessages)
          .where(and(inArray(campaignId, own), speaksIn(message)));
        for (const row of said) {
          const redacted = { message: valueWithout(row.message, traces) };
          await db.update(campaignMessages).set(redacted).where(eq(campaignId, row.campaignId));
        }
      }
      const ids = await db
        .select({ id: campaignRecipients.id })
        .from(campaignRecipients)
        .where(gt(campaignRecipients.id, place))
        .orderBy(asc(campaignRecipients.id))
        .limit(most);
      const last = ids.at(-1)?.id ?? place;
      const range = and(gt(campaignRecipients.id, place), lte(campaignRecipients.id, last));
      const speak = and(range, inArray(campaignRecipients.campaignId, own), speaksIn(campaignRecipients.cells));
      for (const { id, cells } of await db.select().from(campaignRecipients).where(speak)) {
        await db
          .update(campaignRecipients)
          .set({ cells: valueWithout(cells, traces) })
          .where(eq(campaignRecipients.id, id));
      }
      return { next: ids.length < most ? null : last };
    },
    async removeFromList({ accountId, traces }) {
      const isThem = or(inArray(suppressions.phone, traces.phones), inArray(suppressions.lid, traces.lids), sql`false`);
      await db.delete(suppressions).where(and(eq(suppressions.accountId, accountId), isThem));
      return { next: null };
    },
  };
}
