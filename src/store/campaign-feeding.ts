// From a campaign to the queue of messages: recipients whose turn has come, in one transaction with their messages. Should
// the campaign not run any more by then, nothing of it happens.
import { and, asc, count, eq, inArray, sql } from "drizzle-orm";
import { type Campaign, waitingOf } from "../core/campaign.ts";
import { chatOf } from "../core/chat.ts";
import { WaygateError } from "../core/errors.ts";
import { campaignRunner } from "./campaign-running.ts";
import { campaignRecipients, campaignSessions, campaigns, type UploadedPlace } from "./campaign-tables.ts";
import { campaignTeller } from "./campaign-telling.ts";
import type { Handle } from "./database.ts";
import { type NewMessage, outboxWrites } from "./outbox.ts";
import { straight, straightRun } from "./straight.ts";
import { suppressionFinder } from "./suppressions.ts";
import { media, messages } from "./tables.ts";

type Fault = { code: string; sentence: string };
/** What is said to one of them; or why nothing can be. */
export type FedRecipient = {
  id: number;
  target: string;
  made: Pick<NewMessage, "waId" | "content" | "context" | "raw" | "secret" | "file"> | Fault;
};
export type Feeding = {
  campaignId: number;
  accountId: number;
  sessionId: number;
  recipients: readonly FedRecipient[];
  /** When its file was brought to WhatsApp's hosts. */
  uploadedAt: number | null;
  /** When this session may send the next of this campaign. */
  nextAt: number | null;
  at: number;
};
export type Fed = {
  /** In the queue now. */
  queued: { recipientId: number; id: number; chatId: number }[];
  /** The plan's messages of today are used up, for so long. */
  limitedForMs: number | null;
};

const suppressed: Fault = { code: "suppressed", sentence: "They are on the suppression list." };

export function feedingWrites(db: Handle) {
  const { "outbox.enqueue": enqueue } = outboxWrites(db);
  const { get, run } = campaignRunner(db);
  const { tell } = campaignTeller(db);
  const { isSuppressed } = suppressionFinder(db);
  const slot = sql.placeholder;
  const standing = straight(
    db
      .select({ state: campaigns.state })
      .from(campaigns)
      .where(eq(campaigns.id, slot("id")))
      .prepare(),
    { state: campaigns.state },
  );
  const waits = straight(
    db
      .select({ id: campaignRecipients.id })
      .from(campaignRecipients)
      .where(and(eq(campaignRecipients.id, slot("id")), sql`campaign_recipients.state = 0`))
      .prepare(),
    { id: campaignRecipients.id },
  );
  const set = straightRun(
    db
      .update(campaignRecipients)
      .set({
        state: sql`${sql.param(slot("state"), campaignRecipients.state)}`,
        messageId: sql`${slot("messageId")}`,
        sessionId: sql`${slot("sessionId")}`,
        fault: sql`${slot("fault")}`,
        settledAt: sql`${slot("settledAt")}`,
      })
      .where(eq(campaignRecipients.id, slot("id")))
      .prepare(),
  );
  const noteUploaded = straightRun(
    db
      .update(media)
      .set({ uploadedAt: sql`${slot("at")}` })
      .where(eq(media.messageId, slot("id")))
      .prepare(),
  );

  /** Null for one that is settled with that. */
  async function feed(recipient: FedRecipient, feeding: Feeding): Promise<Fed["queued"][number] | null> {
    const { id: recipientId, target, made } = recipient;
    const { accountId, sessionId, at } = feeding;
    if (waits({ id: recipientId }).length === 0) return null;
    const settle = (state: "skipped" | "failed", fault: Fault) =>
      void set({ id: recipientId, state, messageId: null, sessionId, fault: JSON.stringify(fault), settledAt: at });
    const chat = chatOf(target);
    if (chat.kind === "person" && isSuppressed(accountId, chat.face)) settle("skipped", suppressed);
    else if ("code" in made) settle("failed", made);
    else {
      const more = { createdAt: at, expiresAt: null, isUrgent: false, idempotency: null };
      const { id, chatId } = await enqueue({ sessionId, chat, target, ...made, ...more });
      // In channels files are others, and are brought there one by one.
      const isBrought = made.file !== null && feeding.uploadedAt !== null && chat.kind !== "channel";
      if (isBrought) noteUploaded({ id, at: feeding.uploadedAt });
      set({ id: recipientId, state: "queued", messageId: id, sessionId, fault: null, settledAt: null });
      return { recipientId, id, chatId: chatId ?? 0 };
    }
    return null;
  }

  return {
    async "campaigns.feed"(feeding: Feeding): Promise<Fed> {
      const { campaignId, sessionId, nextAt } = feeding;
      const fed: Fed = { queued: [], limitedForMs: null };
      if (standing({ id: campaignId })[0]?.state !== "running") return fed;
      for (const recipient of feeding.recipients) {
        try {
          const queued = await feed(recipient, feeding);
          if (queued !== null) fed.queued.push(queued);
        } catch (error) {
          if (!(error instanceof WaygateError) || error.code !== "daily_limit_reached") throw error;
          fed.limitedForMs = error.details.retryAfterMs ?? 0;
          break;
        }
      }
      if (fed.queued.length > 0 && nextAt !== null) {
        await db
          .update(campaignSessions)
          .set({ nextAt })
          .where(and(eq(campaignSessions.campaignId, campaignId), eq(campaignSessions.sessionId, sessionId)));
      }
      return fed;
    },
    /** Those whose time has come are set going. Gives back which. */
    async "campaigns.start_due"({ now }: { now: number }): Promise<number[]> {
      const due = await db
        .select({ id: campaigns.id, total: campaigns.total })
        .from(campaigns)
        .where(and(sql`campaigns.state = 1`, sql`${campaigns.startAt} <= ${now}`))
        .orderBy(asc(campaigns.startAt));
      for (const { id, total } of due) {
        if (total > 0) await run(id, now);
        // Nobody brought anybody: a draft again, for its owner to see.
        else await db.update(campaigns).set({ state: "draft", startAt: null }).where(eq(campaigns.id, id));
      }
      return due.map(({ id }) => id);
    },
    /** If everybody has been written to by now. */
    async "campaigns.complete"({ id, at }: { id: number; at: number }): Promise<boolean> {
      const campaign = await get(id);
      if (campaign.state !== "running" || waitingOf(campaign) + campaign.queued > 0) return false;
      await db.update(campaigns).set({ state: "completed", endedAt: at, updatedAt: at }).where(eq(campaigns.id, id));
      await tell("campaign.completed", await get(id), at);
      return true;
    },
    async "campaigns.tell_progress"({ id, at }: { id: number; at: number }): Promise<void> {
      const campaign = await get(id);
      if (campaign.state === "running") await tell("campaign.progress", campaign, at);
    },
    /** Where a session has brought its file. */
    async "campaigns.note_upload"(given: {
      id: number;
      sessionId: number;
      place: UploadedPlace;
      at: number;
    }): Promise<void> {
      await db
        .update(campaignSessions)
        .set({ uploaded: given.place, uploadedAt: given.at })
        .where(and(eq(campaignSessions.campaignId, given.id), eq(campaignSessions.sessionId, given.sessionId)));
    },
  };
}

export type RunningCampaign = Campaign & { sessions: (typeof campaignSessions.$inferSelect)[] };

export function feedingQueries(db: Handle) {
  const running = db.select().from(campaigns).where(sql`campaigns.state = 2`).orderBy(asc(campaigns.id)).prepare();
  const nextStart = db
    .select({ at: campaigns.startAt })
    .from(campaigns)
    .where(sql`campaigns.state = 1`)
    .orderBy(asc(campaigns.startAt))
    .limit(1)
    .prepare();

  return {
    async running(): Promise<RunningCampaign[]> {
      const rows = await running.execute();
      if (rows.length === 0) return [];
      const ids = rows.map(({ id }) => id);
      const all = await db
        .select()
        .from(campaignSessions)
        .where(inArray(campaignSessions.campaignId, ids))
        .orderBy(asc(campaignSessions.place));
      const byCampaign = Map.groupBy(all, ({ campaignId }) => campaignId);
      return rows.map((row) => ({ ...row, sessions: byCampaign.get(row.id) ?? [] }));
    },
    /** When the next that is scheduled starts. */
    async nextStart(): Promise<number | null> {
      const [row] = await nextStart.execute();
      return row?.at ?? null;
    },
    /** How many messages a session has to send, as far as anybody wants to count. */
    async queuedIn(sessionId: number, most: number): Promise<number> {
      const some = db
        .select({ id: messages.id })
        .from(messages)
        .where(and(eq(messages.sessionId, sessionId), sql`messages.state = 0`))
        .limit(most)
        .as("some");
      const [row] = await db.select({ queued: count() }).from(some);
      return row?.queued ?? 0;
    },
  };
}
