// What becomes of a campaign by its owner's word: started, paused, resumed, cancelled, removed, tried again.
import type { Actor, AuditAction, AuditEvent } from "../core/audit.ts";
import type { Campaign, CampaignState } from "../core/campaign.ts";
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { Recorded } from "../store/audit.ts";
import type { Store } from "../store/store.ts";
import type { CampaignShown } from "./campaigns.ts";
import type { Messages } from "./messages.ts";
import { refuseUnlinked } from "./preparing.ts";

const atOnce = 500;
const steps = {
  start: { from: ["draft", "scheduled"], to: "running", action: "campaign.started" },
  pause: { from: ["running"], to: "paused", action: "campaign.paused" },
  resume: { from: ["paused"], to: "running", action: "campaign.resumed" },
  cancel: { from: ["draft", "scheduled", "running", "paused"], to: "cancelled", action: "campaign.cancelled" },
  remove: {
    from: ["draft", "scheduled", "paused", "completed", "cancelled"],
    to: "removed",
    action: "campaign.removed",
  },
} as const satisfies Record<string, { from: readonly CampaignState[]; to: CampaignState; action: AuditAction }>;
export type CampaignStepName = keyof typeof steps;

export type RecordCampaign = (
  action: AuditAction & `campaign.${string}`,
  of: { id: number | null; accountId: number },
  by: { actor: Actor; detail?: AuditEvent["detail"] },
) => Recorded;

type Needs = {
  store: Store;
  messages: Messages;
  recorded: RecordCampaign;
  find(id: number): Promise<CampaignShown>;
  clock: Clock;
};

export function createCampaignSteps({ store, messages, recorded, find, clock }: Needs) {
  /** What was handed on and has not gone out is taken back, as far as it can be. */
  async function takeBack({ id }: Campaign): Promise<void> {
    for (const messageId of await store.campaignRecipients.queued(id)) {
      try {
        await messages.cancel(await messages.get(messageId));
      } catch (error) {
        // It has gone out by now, or is not there any more.
        if (!(error instanceof WaygateError)) throw error;
      }
    }
  }

  return {
    /** Nothing happens where it has come to that already. */
    async step({ campaign, sessionIds }: CampaignShown, name: CampaignStepName, actor: Actor): Promise<CampaignShown> {
      const { from, to, action } = steps[name];
      if (campaign.state === to) return find(campaign.id);
      if (to === "running") {
        const of = await Promise.all(sessionIds.map((id) => store.sessions.find(id)));
        if (of.length === 0) throw new WaygateError("conflict", "It has no session any more: give it one first.");
        for (const session of of) if (session !== null) refuseUnlinked(session);
      }
      const event = recorded(action, campaign, { actor });
      await store.write("campaigns.step", { id: campaign.id, from, to, at: clock.now(), event });
      if (name === "cancel") await takeBack(campaign);
      return to === "removed" ? { campaign, sessionIds, wait: null } : find(campaign.id);
    },

    /** Those that failed wait for their turn once more; one that was completed runs again for them. */
    async retry({ campaign }: CampaignShown, actor: Actor): Promise<CampaignShown> {
      const { id, state } = campaign;
      if (state === "draft" || state === "scheduled" || state === "cancelled") {
        throw new WaygateError("conflict", `The campaign is ${state}: there is nothing to try again.`);
      }
      const event = recorded("campaign.retried", campaign, { actor, detail: { failed: campaign.failed } });
      const upTo = await store.campaignRecipients.last(id);
      // What fails again meanwhile is not tried a third time.
      for (let left = campaign.failed; left > 0; ) {
        const most = Math.min(left, atOnce);
        const at = clock.now();
        const again = await store.write("campaigns.retry_some", {
          id,
          upTo,
          most,
          at,
          event: left === campaign.failed ? event : null,
        });
        if (again === 0) break;
        left -= again;
      }
      return find(id);
    },
  };
}
