// /api/v1/campaigns: one message to many people, put together, set going, watched and stopped.
import { Type } from "@sinclair/typebox";
import { second } from "../../core/clock.ts";
import { longestFetchMs } from "../../core/media-limits.ts";
import { OneOf } from "../../core/one-of.ts";
import type { CampaignStepName } from "../../services/campaign-steps.ts";
import type { CampaignShown } from "../../services/campaigns.ts";
import { type Call, callerOf } from "../call.ts";
import { readIdempotencyKey, replayed } from "../idempotency.ts";
import { routes } from "../surface.ts";
import { shownStates } from "./campaign-event.ts";
import { CampaignEstimateJson, CampaignJson, campaignJson, estimateJson } from "./campaign-json.ts";
import { CampaignChanges, NewCampaign, readCampaign, readNewCampaign } from "./campaign-shapes.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import { given, idParameter, listOf, NoContent, PageQuery, readId, readPage, showPage, strict } from "./shapes.ts";

const ListQuery = Type.Object(
  { ...PageQuery, status: Type.Optional(OneOf(shownStates, { description: "Only those that stand so." })) },
  strict,
);
/** With a file that has to be fetched from somewhere. */
const longestSeconds = longestFetchMs / second + 30;
/** Of a million recipients each is looked at. */
const countSeconds = 250;

export function createCampaignAccess({ services }: Pick<Resource, "services">) {
  const { campaigns, campaignUploads, ids, clock } = services;
  const { reachOf } = createSessionAccess(services);
  return {
    reachOf,
    own: (call: Call, shown: string): Promise<CampaignShown> =>
      campaigns.get(reachOf(call), readId(ids, "campaign", shown)),
    show: (shown: CampaignShown) =>
      campaignJson(shown, { ids, clock, isUploading: campaignUploads.isUnderWay(shown.campaign) }),
  };
}

export function campaignRoutes({ services, operation }: Resource) {
  const { campaigns, ids, clock } = services;
  const { reachOf, own, show } = createCampaignAccess({ services });
  const params = idParameter("campaign", "campaign");
  const answer = { params, response: { 200: CampaignJson } };
  const step = async (call: Call, id: string, name: CampaignStepName) =>
    show(await campaigns.step(await own(call, id), name, callerOf(call)));

  return routes()
    .get(
      "/campaigns",
      async ({ query, call }) => {
        const states = query.status === undefined ? undefined : [query.status];
        const page = await campaigns.list(reachOf(call), states, readPage(query, ids, "campaign"));
        return showPage(page, ids, "campaign", show);
      },
      operation(
        {
          id: "listCampaigns",
          summary: "List campaigns",
          description: "Your campaigns, newest first; with a key that is bound to sessions, those of these alone.",
          access: "read",
        },
        { query: ListQuery, response: { 200: listOf(CampaignJson, "CampaignList") } },
      ),
    )
    .post(
      "/campaigns",
      async ({ body, call, status }) => {
        call.takes(longestSeconds);
        const by = { actor: callerOf(call), ...given({ key: readIdempotencyKey(call) }) };
        const { shown, isReplayed } = await campaigns.create(readNewCampaign(body, ids), reachOf(call), by);
        if (isReplayed) call.headers.push(replayed);
        return status(201, show(shown));
      },
      operation(
        {
          id: "createCampaign",
          isRepeatable: true,
          summary: "Make a campaign",
          description:
            "One message to many people, each in their own words. It starts at once, or at `start_at`; without recipients, or as a `draft`, it waits to be started. Messages go out a few at a time, behind whatever else the session has to send and never faster than it is paced, over restarts too, each once. An `Idempotency-Key` makes it safe to ask again.",
          access: "send",
          carriesFiles: true,
          faults: ["not_found", "conflict", "limit_reached", "unavailable"],
        },
        { body: NewCampaign, response: { 201: CampaignJson } },
      ),
    )
    .post(
      "/campaign-estimates",
      async ({ body, call }) => {
        call.takes(countSeconds);
        return estimateJson(await campaigns.plan(readNewCampaign(body, ids), reachOf(call)), clock.now());
      },
      operation(
        {
          id: "planCampaign",
          summary: "What a campaign would come to",
          description:
            "The same body as to make one; nothing is made. Whom it would reach, and how long it would take at the pacing in force.",
          access: "read",
          carriesFiles: true,
          faults: ["not_found"],
        },
        { body: NewCampaign, response: { 200: CampaignEstimateJson } },
      ),
    )
    .get(
      "/campaigns/:id",
      async ({ params, call }) => show(await own(call, params.id)),
      operation(
        {
          id: "getCampaign",
          summary: "One campaign",
          description: "How it stands and how far it has come, how fast, and why it waits where it does.",
          access: "read",
          faults: ["not_found"],
        },
        answer,
      ),
    )
    .patch(
      "/campaigns/:id",
      async ({ params, body, call }) => {
        call.takes(longestSeconds);
        const shown = await own(call, params.id);
        return show(await campaigns.update(shown, readCampaign(body, ids), reachOf(call), callerOf(call)));
      },
      operation(
        {
          id: "updateCampaign",
          summary: "Change a campaign",
          description: "While it is a draft, scheduled or paused. It holds for those who have not been written to.",
          access: "send",
          carriesFiles: true,
          faults: ["not_found", "conflict", "unavailable"],
        },
        { params, body: CampaignChanges, response: { 200: CampaignJson } },
      ),
    )
    .delete(
      "/campaigns/:id",
      async ({ params, call, set }) => {
        await campaigns.step(await own(call, params.id), "remove", callerOf(call));
        set.status = 204;
      },
      operation(
        {
          id: "deleteCampaign",
          summary: "Delete a campaign",
          description: "With its recipients; the messages stay. One that runs is cancelled or paused first.",
          access: "send",
          faults: ["not_found", "conflict"],
        },
        { params, response: { 204: NoContent } },
      ),
    )
    .post(
      "/campaigns/:id/start",
      ({ params, call }) => step(call, params.id, "start"),
      operation(
        {
          id: "startCampaign",
          summary: "Start a campaign",
          description: "A draft, or one that is scheduled, begins now.",
          access: "send",
          faults: ["not_found", "conflict"],
        },
        answer,
      ),
    )
    .post(
      "/campaigns/:id/pause",
      ({ params, call }) => step(call, params.id, "pause"),
      operation(
        {
          id: "pauseCampaign",
          summary: "Pause a campaign",
          description: "Nothing more is handed on from this moment; what was before is `queued`, and goes out.",
          access: "send",
          faults: ["not_found", "conflict"],
        },
        answer,
      ),
    )
    .post(
      "/campaigns/:id/resume",
      ({ params, call }) => step(call, params.id, "resume"),
      operation(
        {
          id: "resumeCampaign",
          summary: "Resume a campaign",
          description: "Goes on where it was paused, by you or by itself. Failures are judged anew from here.",
          access: "send",
          faults: ["not_found", "conflict"],
        },
        answer,
      ),
    )
    .post(
      "/campaigns/:id/cancel",
      ({ params, call }) => step(call, params.id, "cancel"),
      operation(
        {
          id: "cancelCampaign",
          summary: "Cancel a campaign",
          description: "For good. What was handed on and has not gone out is taken back, and counts as skipped.",
          access: "send",
          faults: ["not_found", "conflict"],
        },
        answer,
      ),
    )
    .post(
      "/campaigns/:id/retry",
      async ({ params, call }) => {
        call.takes(countSeconds);
        return show(await campaigns.retry(await own(call, params.id), callerOf(call)));
      },
      operation(
        {
          id: "retryCampaign",
          summary: "Try the failed ones again",
          description:
            "All that failed wait for their turn once more, but for those that cannot be sent at all; one that was completed runs again.",
          access: "send",
          faults: ["not_found", "conflict"],
        },
        answer,
      ),
    )
    .post(
      "/campaigns/:id/estimate",
      async ({ params, call }) => {
        call.takes(countSeconds);
        return estimateJson(await campaigns.estimate(await own(call, params.id)), clock.now());
      },
      operation(
        {
          id: "estimateCampaign",
          summary: "What is left of a campaign",
          description:
            "Of those who wait: how many are suppressed or have never been written to, and how long they take at the pacing in force.",
          access: "read",
          faults: ["not_found"],
        },
        { params, response: { 200: CampaignEstimateJson } },
      ),
    );
}
