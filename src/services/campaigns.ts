// Campaigns: put together, set going, paused, taken back. What runs is fed to the queue of messages by jobs/campaigns.ts.
import type { Actor } from "../core/audit.ts";
import { type CampaignInFull, type CampaignState, type CampaignWait, campaignLimits } from "../core/campaign.ts";
import type { Clock } from "../core/clock.ts";
import { textOf } from "../core/content.ts";
import { invalidField, WaygateError } from "../core/errors.ts";
import type { Ids } from "../core/ids.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import type { Session } from "../core/session.ts";
import type { IdempotencyKey } from "../store/idempotency.ts";
import { keptMs } from "../store/idempotency.ts";
import type { Store } from "../store/store.ts";
import type { CampaignEstimate, CampaignEstimates } from "./campaign-estimates.ts";
import {
  type CampaignInput,
  fingerprintOf,
  lengthOf,
  type NewCampaignInput,
  settingsOf,
  stateFor,
} from "./campaign-input.ts";
import { readRecipients } from "./campaign-recipients.ts";
import { createCampaignSteps, type RecordCampaign } from "./campaign-steps.ts";
import type { CampaignWriting } from "./campaign-writing.ts";
import type { Messages } from "./messages.ts";
import { refuseUnlinked } from "./preparing.ts";
import type { Repeats } from "./repeats.ts";
import type { SessionReach, Sessions } from "./sessions.ts";

/** Who feeds what runs; jobs/campaigns.ts. */
export type Campaigning = { waitOf(campaignId: number): CampaignWait | null };

export type CampaignShown = { campaign: CampaignInFull; sessionIds: number[]; wait: CampaignWait | null };
export type Campaigns = ReturnType<typeof createCampaigns>;

type Needs = {
  store: Store;
  writing: CampaignWriting | null;
  campaigning: Campaigning | null;
  estimates: CampaignEstimates;
  messages: Messages;
  sessions: Pick<Sessions, "get" | "idsWithin">;
  repeats: Repeats;
  clock: Clock;
  ids: Ids;
};

export function createCampaigns(needs: Needs) {
  const { store, writing, campaigning, estimates, messages, sessions, repeats, clock, ids } = needs;

  function writer(): CampaignWriting {
    if (writing === null) throw new WaygateError("unavailable", "No session runs here.");
    return writing;
  }

  const recorded: RecordCampaign = (action, { id, accountId }, { actor, detail = {} }) => {
    const target = id === null ? null : ids.show("campaign", id);
    return { action, actor, accountId, target, detail, at: clock.now() };
  };

  async function sessionsNamed(shown: readonly string[], reach: SessionReach): Promise<[Session, ...Session[]]> {
    const found = new Map<number, Session>();
    for (const one of shown) {
      const session = await sessions.get(reach, one);
      found.set(session.id, session);
    }
    const [first, ...others] = found.values();
    if (first === undefined)
      throw invalidField("/sessions", "Name the session that sends it, or several to take turns.");
    if (others.length >= campaignLimits.sessions) {
      throw invalidField("/sessions", `A campaign has at most ${campaignLimits.sessions} sessions.`);
    }
    return [first, ...others];
  }

  async function inFull(campaign: CampaignInFull): Promise<CampaignShown> {
    const of = await store.campaigns.sessions(campaign.id);
    const wait = campaign.state === "running" ? (campaigning?.waitOf(campaign.id) ?? null) : null;
    return { campaign, sessionIds: of.map(({ sessionId }) => sessionId), wait };
  }

  async function find(id: number): Promise<CampaignShown> {
    await store.written();
    const campaign = await store.campaigns.find(id);
    if (campaign === null) throw new WaygateError("not_found", "There is no such campaign.");
    return inFull(campaign);
  }

  /** Somebody else's is not found, nor one that other sessions have to do with than the caller may see. */
  async function get(reach: SessionReach, id: number): Promise<CampaignShown> {
    const shown = await find(id);
    const own = await sessions.idsWithin(reach, undefined);
    if (shown.campaign.accountId === reach.accountId && isWithin(shown, own)) return shown;
    throw new WaygateError("not_found", "There is no such campaign.");
  }

  async function make(input: NewCampaignInput, given: Making): Promise<CampaignShown> {
    const { reach, actor, idempotency } = given;
    const { recipients, columns } = readRecipients(input.recipients, input.takesAnything !== true);
    const settings = settingsOf(input, null);
    const of = await sessionsNamed(input.sessions, reach);
    const at = clock.now();
    const state = stateFor(input, at);
    if (state !== "draft") for (const session of of) refuseUnlinked(session);
    const said = await writer().read(of[0], input.said);
    const { accountId } = reach;
    const startAt = state === "scheduled" ? (input.startAt ?? null) : null;
    const plain = { accountId, name: input.name ?? null, settings, columns, startAt, createdAt: at, state };
    const detail = { recipients: recipients.length, status: state };
    const event = recorded("campaign.created", { id: null, accountId }, { actor, detail });
    const sessionIds = of.map(({ id }) => id);
    try {
      const made = await store.write("campaigns.create", {
        campaign: plain,
        said,
        sessionIds,
        recipients,
        idempotency,
        event,
      });
      if (!made.isNew) await writer().discard(said.file);
      return await find(made.id);
    } catch (error) {
      await writer().discard(said.file);
      throw error;
    }
  }

  return {
    get,
    async list(
      reach: SessionReach,
      states: readonly CampaignState[] | undefined,
      page: PageRequest,
    ): Promise<Page<CampaignShown & { id: number }>> {
      await store.written();
      const own = await sessions.idsWithin(reach, undefined);
      const { accountId } = reach;
      const shown = async ({ before, limit }: PageRequest) => {
        const rows = await store.campaigns.list({ accountId, states }, { before, limit });
        const all = await Promise.all(rows.map(inFull));
        return all.map((one) => ({ ...one, id: one.campaign.id }));
      };
      if (own === null) return pageOf(page, shown);
      const all = await shown({ before: page.before, limit: campaignLimits.perAccount });
      const within = all.filter((one) => isWithin(one, own));
      return pageOf(page, async ({ limit }) => within.slice(0, limit));
    },

    /** With a key it is done once, and answered as it then stands. */
    create(input: NewCampaignInput, reach: SessionReach, { actor, key }: { actor: Actor; key?: string | undefined }) {
      const { accountId } = reach;
      return repeats.once(accountId, key, async () => {
        const idempotency = key === undefined ? null : { key, fingerprint: fingerprintOf(input) };
        const known = key === undefined ? null : await store.campaigns.findByKey(accountId, key);
        const isSame =
          known?.fingerprint != null &&
          known.createdAt > clock.now() - keptMs &&
          idempotency !== null &&
          Buffer.compare(known.fingerprint, idempotency.fingerprint) === 0;
        if (known !== null && isSame) return { shown: await get(reach, known.id), isReplayed: true };
        return { shown: await make(input, { reach, actor, idempotency }), isReplayed: false };
      });
    },

    /** Before anything is made. */
    async plan(input: NewCampaignInput, reach: SessionReach): Promise<CampaignEstimate> {
      const { recipients } = readRecipients(input.recipients, false);
      const of = await sessionsNamed(input.sessions, reach);
      const valid = recipients.filter(({ fault }) => fault === undefined);
      const targets = [...new Set(valid.map(({ target }) => target))];
      const counted = { invalid: recipients.length - valid.length, duplicates: valid.length - targets.length };
      const more = {
        startAt: input.startAt ?? null,
        textLength: lengthOf(input.said.body),
        settings: settingsOf(input, null),
      };
      return estimates.estimate({ accountId: reach.accountId, sessions: of, ...counted, ...more }, once(targets));
    },

    /** Of those that still wait. */
    async estimate({ campaign, sessionIds }: CampaignShown): Promise<CampaignEstimate> {
      const found = await Promise.all(sessionIds.map((id) => store.sessions.find(id)));
      const { accountId, settings, startAt, duplicates, message } = campaign;
      const textLength =
        message.body.kind === "file" ? (textOf(message.body.content)?.length ?? 0) : lengthOf(message.body);
      const of = found.filter((session) => session !== null);
      const planned = { accountId, sessions: of, settings, startAt, textLength, invalid: 0, duplicates };
      return estimates.estimate(planned, estimates.waitingOf(campaign));
    },

    async update({ campaign, sessionIds }: CampaignShown, input: CampaignInput, reach: SessionReach, actor: Actor) {
      const of = input.sessions === undefined ? null : await sessionsNamed(input.sessions, reach);
      const [firstId] = sessionIds;
      const first = of?.[0] ?? (firstId === undefined ? null : await store.sessions.find(firstId));
      const settings = settingsOf(input, campaign.settings);
      if (input.said !== undefined && first === null)
        throw invalidField("/sessions", "It has no session any more: name one.");
      const said = input.said === undefined || first === null ? null : await writer().read(first, input.said);
      const changes = {
        settings,
        ...(input.name === undefined ? {} : { name: input.name }),
        ...(input.startAt === undefined ? {} : { startAt: input.startAt }),
      };
      const detail = { changed: Object.entries(input).flatMap(([name, value]) => (value === undefined ? [] : [name])) };
      const event = recorded("campaign.updated", campaign, { actor, detail });
      const ids = of?.map(({ id }) => id) ?? null;
      try {
        await store.write("campaigns.update", {
          id: campaign.id,
          changes,
          said,
          sessionIds: ids,
          at: clock.now(),
          event,
        });
      } catch (error) {
        if (said !== null) await writer().discard(said.file);
        throw error;
      }
      return find(campaign.id);
    },

    ...createCampaignSteps({ store, messages, recorded, find, clock }),
  };
}

type Making = { reach: SessionReach; actor: Actor; idempotency: IdempotencyKey | null };

function isWithin({ sessionIds }: CampaignShown, own: readonly number[] | null): boolean {
  return own === null || (sessionIds.length > 0 && sessionIds.every((id) => own.includes(id)));
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}
