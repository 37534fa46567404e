// Hands recipients of a campaign on to the queue of messages, as many as one of its sessions has room for: their messages
// written, and both on disk in one commit.
import type { CampaignInFull } from "../../core/campaign.ts";
import { chatOf } from "../../core/chat.ts";
import { type Clock, day } from "../../core/clock.ts";
import type { Engine } from "../../core/ports.ts";
import type { Session } from "../../core/session.ts";
import type { CampaignWriting } from "../../services/campaign-writing.ts";
import type { RunningCampaign } from "../../store/campaign-feeding.ts";
import type { CampaignSession } from "../../store/campaigns.ts";
import type { QueuedMessage } from "../../store/outbox.ts";
import type { Store } from "../../store/store.ts";

export type Feeder = {
  /** How many there were to hand on; and for how long the plan lets none go any more. */
  feed(campaign: RunningCampaign, by: { session: Session; of: CampaignSession }, most: number): Promise<Handed>;
};
export type Handed = { handed: number; limitedForMs: number | null };

type Needs = {
  store: Store;
  engine: Engine;
  writing: CampaignWriting;
  offer(sessionId: number, message: QueuedMessage): void;
  clock: Clock;
  /** From 0 to 1. */
  random(): number;
};

/** WhatsApp's hosts keep a file longer than that. */
const uploadedForMs = day / 2;
const mostKnown = 50;

export function createFeeder({ store, engine, writing, offer, clock, random }: Needs): Feeder {
  /** What is said changes seldom, and is long. */
  const known = new Map<number, CampaignInFull>();

  async function inFull({ id, updatedAt }: RunningCampaign): Promise<CampaignInFull | null> {
    const kept = known.get(id);
    if (kept !== undefined && kept.updatedAt === updatedAt) return kept;
    const found = await store.campaigns.find(id);
    if (known.size >= mostKnown) known.clear();
    if (found !== null) known.set(id, found);
    return found;
  }

  /** Brought to WhatsApp's hosts once by each session, and not once for each recipient. */
  async function placeOf(campaign: CampaignInFull, session: Session, of: CampaignSession) {
    const at = clock.now();
    if (of.uploaded !== null && of.uploadedAt !== null && of.uploadedAt > at - uploadedForMs) {
      return { place: of.uploaded, at: of.uploadedAt };
    }
    const carrier = await writing.carrier(session, campaign);
    if (carrier === null) return null;
    const brought = await engine.ask(session.id, "messages.upload", carrier);
    // What cannot be brought fails with each message, and is told there.
    if (brought.outcome !== "uploaded") return null;
    await store.write("campaigns.note_upload", { id: campaign.id, sessionId: session.id, place: brought.place, at });
    return { place: brought.place, at };
  }

  function nextAt({ settings: { gapMs } }: RunningCampaign, at: number): number | null {
    return gapMs === null ? null : Math.round(at + gapMs.least + random() * (gapMs.most - gapMs.least));
  }

  return {
    async feed(campaign, { session, of }, most) {
      const full = await inFull(campaign);
      const waiting = full === null ? [] : await store.campaignRecipients.waiting(campaign.id, most);
      if (full === null || waiting.length === 0) return { handed: 0, limitedForMs: null };
      const uploaded = full.file === null ? null : await placeOf(full, session, of);
      const place = uploaded?.place ?? null;
      const recipients = await Promise.all(
        waiting.map(async (one) => ({ ...one, made: await writing.write(session, one, full, place) })),
      );
      const at = clock.now();
      const ids = { campaignId: campaign.id, accountId: campaign.accountId, sessionId: session.id };
      const fed = await store.write("campaigns.feed", {
        ...ids,
        recipients: recipients.map(({ id, target, made }) => ({ id, target, made })),
        uploadedAt: uploaded?.at ?? null,
        nextAt: nextAt(campaign, at),
        at,
      });
      const byId = new Map(recipients.map((one) => [one.id, one]));
      for (const { recipientId, id, chatId } of fed.queued) {
        const one = byId.get(recipientId);
        if (one === undefined || "code" in one.made) continue;
        const { waId, raw, file } = one.made;
        const isBrought = uploaded !== null && chatOf(one.target).kind !== "channel";
        const path = isBrought ? null : (file?.path ?? null);
        const to = { id, chatId, target: one.target };
        offer(session.id, { of: "message", ...to, waId, raw, expiresAt: null, file: path, isBulk: true });
      }
      return { handed: fed.limitedForMs === null ? waiting.length : fed.queued.length, limitedForMs: fed.limitedForMs };
    },
  };
}
