// Campaigns in the database: made, changed, set going and stopped. What is counted of them follows their recipients by
// triggers of the schema.
import { and, count, desc, eq, getTableColumns, inArray, lt, ne, notInArray, sql } from "drizzle-orm";
import {
  type Campaign,
  type CampaignInFull,
  type CampaignState,
  campaignLimits,
  type StopReason,
} from "../core/campaign.ts";
import { WaygateError } from "../core/errors.ts";
import type { PageRequest } from "../core/page.ts";
import { auditAppender, type Recorded } from "./audit.ts";
import { type NewRecipient, recipientKeeper } from "./campaign-recipients.ts";
import { campaignRunner } from "./campaign-running.ts";
import { campaignMessages, campaignRecipients, campaignSessions, campaigns } from "./campaign-tables.ts";
import { campaignTeller } from "./campaign-telling.ts";
import type { Handle } from "./database.ts";
import { type IdempotencyKey, keptMs } from "./idempotency.ts";

type Plain = Pick<Campaign, "name" | "settings" | "startAt">;
type Said = Pick<CampaignInFull, "message" | "file">;
export type NewCampaign = {
  said: Said;
  campaign: Plain &
    Pick<Campaign, "accountId" | "columns" | "createdAt"> & { state: "draft" | "scheduled" | "running" };
  sessionIds: readonly number[];
  recipients: readonly NewRecipient[];
  idempotency: IdempotencyKey | null;
  event: Recorded;
};
export type CampaignChange = {
  id: number;
  changes: Partial<Plain>;
  said: Said | null;
  sessionIds: readonly number[] | null;
  at: number;
  event: Recorded;
};
export type CampaignStep = {
  id: number;
  from: readonly CampaignState[];
  to: CampaignState;
  at: number;
  event: Recorded | null;
};
export type CampaignFilter = { accountId: number; states?: readonly CampaignState[] | undefined };

const isThere = ne(campaigns.state, "removed");

export function campaignWrites(db: Handle) {
  const append = auditAppender(db);
  const { get, run } = campaignRunner(db);
  const { add } = recipientKeeper(db);
  const { tell } = campaignTeller(db);

  async function refuseTooMany(accountId: number): Promise<void> {
    const open = and(
      eq(campaigns.accountId, accountId),
      notInArray(campaigns.state, ["completed", "cancelled", "removed"]),
    );
    const [held] = await db.select({ campaigns: count() }).from(campaigns).where(open);
    if ((held?.campaigns ?? 0) < campaignLimits.perAccount) return;
    const sentence = `An account has at most ${campaignLimits.perAccount} campaigns that are not over; delete some first.`;
    throw new WaygateError("limit_reached", sentence);
  }

  /** What this key stands for, if it was used within its time. */
  async function replayed(
    accountId: number,
    { key, fingerprint }: IdempotencyKey,
    now: number,
  ): Promise<number | null> {
    const isIt = and(eq(campaigns.accountId, accountId), eq(campaigns.idempotencyKey, key));
    const [known] = await db.select().from(campaigns).where(isIt);
    if (known === undefined) return null;
    if (known.createdAt < now - keptMs || known.state === "removed") {
      await db.update(campaigns).set({ idempotencyKey: null, fingerprint: null }).where(isIt);
      return null;
    }
    if (known.fingerprint !== null && Buffer.compare(known.fingerprint, fingerprint) === 0) return known.id;
    throw new WaygateError("invalid", "This Idempotency-Key was used for another request; take a new one.");
  }

  async function setSessions(campaignId: number, sessionIds: readonly number[]): Promise<void> {
    await db
      .delete(campaignSessions)
      .where(and(eq(campaignSessions.campaignId, campaignId), notInArray(campaignSessions.sessionId, [...sessionIds])));
    for (const [place, sessionId] of sessionIds.entries()) {
      await db
        .insert(campaignSessions)
        .values({ campaignId, sessionId, place })
        .onConflictDoUpdate({ target: [campaignSessions.campaignId, campaignSessions.sessionId], set: { place } });
    }
  }

  return {
    /** With all its recipients, or not at all. `isNew` is false where the key stood for it already. */
    async "campaigns.create"(input: NewCampaign): Promise<{ id: number; isNew: boolean }> {
      const { campaign, said, sessionIds, recipients, idempotency, event } = input;
      const { accountId, createdAt: at } = campaign;
      const known = idempotency === null ? null : await replayed(accountId, idempotency, at);
      if (known !== null) return { id: known, isNew: false };
      await refuseTooMany(accountId);
      const key =
        idempotency === null
          ? {}
          : { idempotencyKey: idempotency.key, fingerprint: Buffer.from(idempotency.fingerprint) };
      const [made] = await db
        .insert(campaigns)
        .values({ ...campaign, ...key, state: campaign.state === "running" ? "draft" : campaign.state, updatedAt: at })
        .returning({ id: campaigns.id });
      const id = made?.id ?? 0;
      await db.insert(campaignMessages).values({ campaignId: id, ...said });
      await setSessions(id, sessionIds);
      const duplicates = recipients.length - add({ id, upload: 0, recipients, at });
      await db.update(campaigns).set({ duplicates }).where(eq(campaigns.id, id));
      await append(event);
      if (campaign.state === "running") await run(id, at);
      return { id, isNew: true };
    },
    /** Before it is set going, or while it rests. */
    async "campaigns.update"({ id, changes, said, sessionIds, at, event }: CampaignChange): Promise<void> {
      const { state } = await get(id);
      if (state !== "draft" && state !== "scheduled" && state !== "paused") {
        throw new WaygateError("conflict", "A campaign can be changed while it is a draft or paused; pause it first.");
      }
      const startAt = "startAt" in changes ? (changes.startAt ?? null) : undefined;
      const now =
        startAt === undefined || state === "paused"
          ? {}
          : ({ state: startAt === null ? "draft" : "scheduled" } as const);
      await db
        .update(campaigns)
        .set({ ...changes, ...now, updatedAt: at })
        .where(eq(campaigns.id, id));
      if (said !== null) await db.update(campaignMessages).set(said).where(eq(campaignMessages.campaignId, id));
      if (said !== null) {
        const anew = { uploaded: null, uploadedAt: null };
        await db.update(campaignSessions).set(anew).where(eq(campaignSessions.campaignId, id));
      }
      if (sessionIds !== null) await setSessions(id, sessionIds);
      await append(event);
    },
    /** From one of these states to another. What is on its way just then is seen as it was. */
    async "campaigns.step"({ id, from, to, at, event }: CampaignStep): Promise<void> {
      const { state } = await get(id);
      if (!from.includes(state)) throw new WaygateError("conflict", `The campaign is ${state}.`);
      if (to === "running") await run(id, at);
      else {
        const ended = to === "cancelled" ? { endedAt: at } : {};
        await db
          .update(campaigns)
          .set({ state: to, reason: null, updatedAt: at, ...ended })
          .where(eq(campaigns.id, id));
      }
      if (event !== null) await append(event);
    },
    /** By itself, and its owner is told. */
    async "campaigns.stop"({ id, reason, at }: { id: number; reason: StopReason; at: number }): Promise<boolean> {
      const stopped = await db
        .update(campaigns)
        .set({ state: "paused", reason, updatedAt: at })
        .where(and(eq(campaigns.id, id), eq(campaigns.state, "running")))
        .returning({ id: campaigns.id });
      if (stopped.length === 0) return false;
      await tell("campaign.paused", await get(id), at);
      return true;
    },
    /** With their account. Gives back all that are to be cleared away. */
    async "campaigns.remove_all"({ accountId, at }: { accountId: number; at: number }): Promise<number[]> {
      const removed = await db
        .update(campaigns)
        .set({ state: "removed", updatedAt: at })
        .where(eq(campaigns.accountId, accountId))
        .returning({ id: campaigns.id });
      return removed.map(({ id }) => id);
    },
    /** A piece of one that is removed. False when nothing of it is left. */
    async "campaigns.clear"({ id, most }: { id: number; most: number }): Promise<boolean> {
      const some = db
        .select({ id: campaignRecipients.id })
        .from(campaignRecipients)
        .where(eq(campaignRecipients.campaignId, id))
        .limit(most);
      const gone = await db
        .delete(campaignRecipients)
        .where(inArray(campaignRecipients.id, some))
        .returning({ id: campaignRecipients.id });
      if (gone.length === most) return true;
      await db.delete(campaigns).where(and(eq(campaigns.id, id), eq(campaigns.state, "removed")));
      return false;
    },
  };
}

export type CampaignSession = typeof campaignSessions.$inferSelect;

export function campaignQueries(db: Handle) {
  const inFull = { ...getTableColumns(campaigns), message: campaignMessages.message, file: campaignMessages.file };
  const ofIts = eq(campaignMessages.campaignId, campaigns.id);
  const one = db
    .select(inFull)
    .from(campaigns)
    .innerJoin(campaignMessages, ofIts)
    .where(and(eq(campaigns.id, sql.placeholder("id")), isThere))
    .prepare();
  const removed = db.select({ id: campaigns.id }).from(campaigns).where(sql`campaigns.state = 6`).prepare();
  const sessionsOf = db
    .select()
    .from(campaignSessions)
    .where(eq(campaignSessions.campaignId, sql.placeholder("id")))
    .orderBy(campaignSessions.place)
    .prepare();

  return {
    async find(id: number): Promise<CampaignInFull | null> {
      const [row] = await one.execute({ id });
      return row ?? null;
    },
    /** An account's, newest first. */
    list: async ({ accountId, states }: CampaignFilter, { before, limit }: PageRequest): Promise<CampaignInFull[]> =>
      db
        .select(inFull)
        .from(campaigns)
        .innerJoin(campaignMessages, ofIts)
        .where(
          and(
            eq(campaigns.accountId, accountId),
            states === undefined ? isThere : inArray(campaigns.state, [...states]),
            before === null ? undefined : lt(campaigns.id, before),
          ),
        )
        .orderBy(desc(campaigns.id))
        .limit(limit),
    /** In their order. */
    sessions: (id: number): Promise<CampaignSession[]> => sessionsOf.execute({ id }),
    async removed(): Promise<number[]> {
      return (await removed.execute()).map(({ id }) => id);
    },
    async findByKey(
      accountId: number,
      key: string,
    ): Promise<{ id: number; fingerprint: Uint8Array | null; createdAt: number } | null> {
      const isIt = and(eq(campaigns.accountId, accountId), eq(campaigns.idempotencyKey, key), isThere);
      const [row] = await db.select().from(campaigns).where(isIt);
      return row ?? null;
    },
  };
}
