// A campaign as it stands, and setting one going: used by every transaction of theirs.
import { and, eq, ne, sql } from "drizzle-orm";
import { type Campaign, waitingOf } from "../core/campaign.ts";
import { WaygateError } from "../core/errors.ts";
import { campaignSessions, campaigns } from "./campaign-tables.ts";
import { campaignTeller } from "./campaign-telling.ts";
import type { Handle } from "./database.ts";
import { brakes } from "./pacing-tables.ts";

const isThere = ne(campaigns.state, "removed");

export function campaignRunner(db: Handle) {
  const { tell } = campaignTeller(db);

  async function get(id: number): Promise<Campaign> {
    const [row] = await db
      .select()
      .from(campaigns)
      .where(and(eq(campaigns.id, id), isThere));
    if (row === undefined) throw new WaygateError("not_found", "There is no such campaign.");
    return row;
  }

  /** From here on failures are judged anew, and brakes that are on already are waited for. */
  async function run(id: number, at: number): Promise<void> {
    const before = await get(id);
    if (before.isUploading) {
      throw new WaygateError(
        "conflict",
        "Its last upload of recipients broke off; bring them once more, or take them out.",
      );
    }
    if (waitingOf(before) + before.queued === 0) {
      throw new WaygateError("conflict", "There is nobody to write to: give it recipients first.");
    }
    const { sent: sentBefore, failed: failedBefore, skipped: skippedBefore } = before;
    await db
      .update(campaigns)
      .set({
        ...{ state: "running", reason: null, endedAt: null, startAt: null, updatedAt: at, resumedAt: at },
        ...{ sentBefore, failedBefore, skippedBefore, startedAt: before.startedAt ?? at },
      })
      .where(eq(campaigns.id, id));
    const known = sql`(SELECT max(coalesce(${brakes.coldUntil}, 0), coalesce(${brakes.allUntil}, 0)) FROM ${brakes} WHERE ${brakes.sessionId} = ${campaignSessions.sessionId})`;
    await db.update(campaignSessions).set({ brakeKnown: known }).where(eq(campaignSessions.campaignId, id));
    if (before.startedAt === null) await tell("campaign.started", await get(id), at);
  }

  return { get, run };
}
