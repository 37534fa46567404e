// The recipients of campaigns in the database: brought in pieces, each once, and what became of each.
import { and, asc, desc, eq, gt, inArray, sql } from "drizzle-orm";
import { type Campaign, campaignLimits, type RecipientState } from "../core/campaign.ts";
import { WaygateError } from "../core/errors.ts";
import { auditAppender, type Recorded } from "./audit.ts";
import { campaignRunner } from "./campaign-running.ts";
import { campaignRecipients, campaigns } from "./campaign-tables.ts";
import type { Handle } from "./database.ts";
import { straightRun } from "./straight.ts";

/** `cells` in the order of the campaign's columns. */
export type NewRecipient = {
  target: string;
  cells: (string | null)[] | null;
  /** Where it is clear from the beginning that nothing can be sent. */
  fault?: { code: string; sentence: string };
};
export type Recipient = typeof campaignRecipients.$inferSelect;
export type AddedRecipients = { id: number; upload: number; recipients: readonly NewRecipient[]; at: number };

/** Some columns come first in every list, and more with later uploads. */
export type UploadBegun = { id: number; columns: readonly string[]; at: number };

export type Retry = { id: number; upTo: number; most: number; at: number; event: Recorded | null };
export type EndedUpload = { id: number; upload: number; duplicates: number; at: number };

export function recipientKeeper(db: Handle) {
  const slot = sql.placeholder;
  const insert = straightRun(
    db
      .insert(campaignRecipients)
      .values({
        campaignId: slot("campaignId"),
        target: slot("target"),
        cells: slot("cells"),
        upload: slot("upload"),
        state: slot("state"),
        fault: slot("fault"),
        settledAt: slot("settledAt"),
      })
      .onConflictDoNothing()
      .prepare(),
  );

  return {
    /** Gives back how many were not there before. */
    add({ id, upload, recipients, at }: AddedRecipients): number {
      let added = 0;
      for (const { target, cells, fault } of recipients) {
        const settled = fault === undefined ? null : at;
        const state: RecipientState = fault === undefined ? "waiting" : "failed";
        const row = { campaignId: id, target, cells, upload, state, settledAt: settled };
        added += insert({ ...row, fault: fault === undefined ? null : JSON.stringify(fault) }) === 0 ? 0 : 1;
      }
      return added;
    },
  };
}

export function recipientWrites(db: Handle) {
  const { add } = recipientKeeper(db);
  const { run } = campaignRunner(db);
  const append = auditAppender(db);

  async function find(id: number): Promise<Campaign> {
    const [row] = await db.select().from(campaigns).where(eq(campaigns.id, id));
    if (row === undefined || row.state === "removed") throw new WaygateError("not_found", "There is no such campaign.");
    return row;
  }

  function refuseUnlessDraft({ state }: Campaign): void {
    if (state === "draft" || state === "scheduled") return;
    throw new WaygateError("conflict", "Recipients are brought while a campaign is a draft.");
  }

  return {
    /** Until it has ended it stands as broken off: the campaign cannot be started. Gives back its number. */
    async "campaigns.begin_upload"({ id, columns, at }: UploadBegun): Promise<number> {
      const campaign = await find(id);
      refuseUnlessDraft(campaign);
      const upload = campaign.isUploading ? campaign.upload : campaign.upload + 1;
      const all = [...new Set([...campaign.columns, ...columns])];
      if (all.length > campaignLimits.columns) {
        throw new WaygateError("invalid", `A campaign has at most ${campaignLimits.columns} columns.`);
      }
      await db
        .update(campaigns)
        .set({ upload, isUploading: true, columns: all, state: "draft", updatedAt: at })
        .where(eq(campaigns.id, id));
      return upload;
    },
    async "campaigns.add_recipients"(given: AddedRecipients): Promise<{ added: number; total: number }> {
      const before = await find(given.id);
      refuseUnlessDraft(before);
      if (!before.isUploading || before.upload !== given.upload) {
        throw new WaygateError("conflict", "Another upload of recipients was begun.");
      }
      if (before.total + given.recipients.length > campaignLimits.recipients) {
        const { total } = before;
        const most = campaignLimits.recipients.toLocaleString("en-US");
        throw new WaygateError(
          "too_large",
          `A campaign has at most ${most} recipients; this one has ${total} already.`,
        );
      }
      const added = add(given);
      return { added, total: before.total + added };
    },
    async "campaigns.end_upload"({ id, upload, duplicates, at }: EndedUpload): Promise<void> {
      const twice = sql`${campaigns.duplicates} + ${duplicates}`;
      await db
        .update(campaigns)
        .set({ isUploading: false, duplicates: twice, updatedAt: at })
        .where(and(eq(campaigns.id, id), eq(campaigns.upload, upload)));
    },
    /** A piece of what an upload has brought that broke off. False when nothing of it is left. */
    async "campaigns.drop_upload"({
      id,
      upload,
      most,
    }: {
      id: number;
      upload: number;
      most: number;
    }): Promise<boolean> {
      refuseUnlessDraft(await find(id));
      const some = db
        .select({ id: campaignRecipients.id })
        .from(campaignRecipients)
        .where(and(eq(campaignRecipients.campaignId, id), eq(campaignRecipients.upload, upload)))
        // The newest of all: those of uploads before it need not be looked at.
        .orderBy(desc(campaignRecipients.id))
        .limit(most);
      const gone = await db
        .delete(campaignRecipients)
        .where(inArray(campaignRecipients.id, some))
        .returning({ id: campaignRecipients.id });
      return gone.length === most;
    },
    /** What could not be sent is to be tried once more. So many at a time; gives back how many. */
    async "campaigns.retry_some"({ id, upTo, most, at, event }: Retry): Promise<number> {
      const campaign = await find(id);
      if (campaign.state === "cancelled") throw new WaygateError("conflict", "The campaign is cancelled.");
      const failed = and(isOther, sql`${campaignRecipients.state} = 3`, eq(campaignRecipients.campaignId, id));
      const some = db
        .select({ id: campaignRecipients.id })
        .from(campaignRecipients)
        // What is invalid stays so, however often it is tried.
        .where(
          and(
            failed,
            sql`${campaignRecipients.id} <= ${upTo}`,
            sql`coalesce(${campaignRecipients.fault} ->> 'code', '') <> 'invalid'`,
          ),
        )
        .limit(most);
      const again = await db
        .update(campaignRecipients)
        .set({ state: "waiting", messageId: null, sessionId: null, fault: null, settledAt: null })
        .where(inArray(campaignRecipients.id, some))
        .returning({ id: campaignRecipients.id });
      if (event !== null) await append(event);
      if (again.length > 0 && campaign.state === "completed") await run(id, at);
      return again.length;
    },
  };
}

/** As the index says it. */
const isOther = sql`campaign_recipients.state IN (1, 3, 4)`;

export type RecipientPlace = { campaignId: number; after: number; limit: number; state?: RecipientState | undefined };

export function recipientQueries(db: Handle) {
  const slot = sql.placeholder;
  const waiting = db
    .select()
    .from(campaignRecipients)
    .where(and(eq(campaignRecipients.campaignId, slot("id")), sql`campaign_recipients.state = 0`))
    .orderBy(asc(campaignRecipients.id))
    .limit(slot("limit"))
    .prepare();

  function stateIs(state: RecipientState | undefined) {
    if (state === undefined) return undefined;
    const isIt = eq(campaignRecipients.state, state);
    if (state === "waiting") return sql`campaign_recipients.state = 0`;
    return state === "sent" ? isIt : and(isOther, isIt);
  }

  return {
    /** Whose turn is next. */
    waiting: (id: number, limit: number): Promise<Recipient[]> => waiting.execute({ id, limit }),
    /** In their order. */
    page: async ({ campaignId, after, limit, state }: RecipientPlace): Promise<Recipient[]> =>
      db
        .select()
        .from(campaignRecipients)
        .where(and(eq(campaignRecipients.campaignId, campaignId), gt(campaignRecipients.id, after), stateIs(state)))
        .orderBy(asc(campaignRecipients.id))
        .limit(limit),
    /** The newest there is. */
    async last(campaignId: number): Promise<number> {
      const [row] = await db
        .select({ id: sql<number>`max(${campaignRecipients.id})` })
        .from(campaignRecipients)
        .where(eq(campaignRecipients.campaignId, campaignId));
      return row?.id ?? 0;
    },
    /** Messages that are kept and have not gone out. */
    async queued(campaignId: number): Promise<number[]> {
      const isQueued = and(isOther, sql`campaign_recipients.state = 1`, eq(campaignRecipients.campaignId, campaignId));
      const rows = await db.select({ id: campaignRecipients.messageId }).from(campaignRecipients).where(isQueued);
      return rows.flatMap(({ id }) => id ?? []);
    },
  };
}
