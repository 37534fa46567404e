// /api/whatsapp/session/…/send-bulk and /api/whatsapp/bulk-job/…: a campaign that starts at once, under another name.
import { type Static, Type } from "@sinclair/typebox";
import { processedOf } from "../../core/campaign.ts";
import { second } from "../../core/clock.ts";
import { longestFetchMs } from "../../core/media-limits.ts";
import { OneOf } from "../../core/one-of.ts";
import { type Call, callerOf } from "../../http/call.ts";
import { readIdempotencyKey } from "../../http/idempotency.ts";
import { routes } from "../../http/surface.ts";
import type { Resource } from "../../http/v1/resource.ts";
import { createSessionAccess } from "../../http/v1/session-access.ts";
import type { NewCampaignInput } from "../../services/campaign-input.ts";
import type { GivenRecipient } from "../../services/campaign-recipients.ts";
import type { CampaignShown } from "../../services/campaigns.ts";
import { lenient, OrNull } from "../shapes.ts";
import { refuseUnlinked } from "./messages.ts";
import { NewMessage, saidOf } from "./read.ts";
import { sessionParameter } from "./write.ts";

const { to: _, ...said } = NewMessage.properties;
const number = Type.Union([Type.String({ minLength: 1, maxLength: 100 }), Type.Integer({ minimum: 1 })]);
const Recipient = Type.Union([
  number,
  Type.Object({ phone: number, name: OrNull(Type.String({ maxLength: 500 })) }, lenient),
]);
const mostListed = 10_000;
const delay = (description: string, usual: number) =>
  OrNull(Type.Number({ minimum: 0, maximum: 86_400_000, default: usual, description }));
const usualDelayMs = { least: 2_000, most: 5_000 };

const NewBulk = Type.Object(
  {
    recipients: Type.Array(Recipient, {
      minItems: 1,
      maxItems: mostListed,
      description: "Phone numbers, or `{phone, name}`: `{{name}}` in the text is the name.",
    }),
    ...said,
    delayMin: delay("Between two messages there are at least so many milliseconds.", usualDelayMs.least),
    delayMax: delay("And at most so many.", usualDelayMs.most),
  },
  {
    ...lenient,
    title: "WapiconnectNewBulk",
    examples: [
      {
        recipients: ["919876543210", "919876543211", "919876543212"],
        message: "Flash sale! 30% off all products today only.",
        delayMin: 3000,
        delayMax: 6000,
      },
    ],
  },
);
type NewBulk = Static<typeof NewBulk>;

const StartedBulk = Type.Object(
  { jobId: Type.String({ examples: ["camp_Ab3dE6gH"] }), total: Type.Integer({ examples: [3] }) },
  { title: "WapiconnectStartedBulk" },
);
const jobWords = ["pending", "running", "completed", "failed"] as const;
const BulkJob = Type.Object(
  {
    status: OneOf(jobWords, {
      description: "`failed` when it was cancelled or stopped by itself; the native API says why, and goes on with it.",
      examples: ["running"],
    }),
    total: Type.Integer({ examples: [3] }),
    succeeded: Type.Integer({ examples: [1] }),
    failed: Type.Integer({ examples: [0] }),
    processed: Type.Integer({ examples: [1] }),
  },
  { title: "WapiconnectBulkJob" },
);
const jobParameter = Type.Object({
  jobId: Type.String({ maxLength: 64, description: "What `send-bulk` has answered." }),
});
/** A file may take its time to be fetched first. */
const answerSeconds = longestFetchMs / second + 30;

export function bulkRoutes({ services, operation }: Resource) {
  const { campaigns, ids } = services;
  const { own, reachOf } = createSessionAccess(services);

  async function start(shown: string, body: NewBulk, call: Call) {
    const session = await own(call, shown);
    const input = readBulk(session.name, body);
    refuseUnlinked(session);
    call.takes(answerSeconds);
    const by = { actor: callerOf(call), key: readIdempotencyKey(call) };
    const { shown: made } = await campaigns.create(input, reachOf(call), by);
    return { jobId: ids.show("campaign", made.campaign.id), total: made.campaign.total };
  }

  return routes()
    .post(
      "/session/:id/send-bulk",
      ({ params, body, call }) => start(params.id, body, call),
      operation(
        {
          id: "wapiconnectSendBulk",
          summary: "Send a message to many",
          description:
            "Accepted means kept: they are written to one after the other, with a random delay in between, over restarts too. A number that cannot be read counts as failed; one that is given twice is written to once. The job is a campaign of the native API as well.",
          access: "send",
          carriesFiles: true,
          faults: ["not_found", "conflict", "unavailable"],
        },
        { params: sessionParameter, body: NewBulk, response: { 200: StartedBulk } },
      ),
    )
    .get(
      "/bulk-job/:jobId",
      async ({ params, call }) => showJob(await campaigns.get(reachOf(call), ids.read("campaign", params.jobId) ?? 0)),
      operation(
        {
          id: "wapiconnectGetBulkJob",
          summary: "How far a job has come",
          description: "Ask every few seconds until it is `completed` or `failed`.",
          access: "read",
          faults: ["not_found"],
        },
        { params: jobParameter, response: { 200: BulkJob } },
      ),
    );
}

function readBulk(session: string, body: NewBulk): NewCampaignInput {
  const least = body.delayMin ?? usualDelayMs.least;
  const most = Math.max(least, body.delayMax ?? usualDelayMs.most);
  return {
    sessions: [session],
    said: saidOf(body),
    recipients: body.recipients.map(recipientOf),
    gapMs: { least, most },
    takesAnything: true,
  };
}

function recipientOf(one: NewBulk["recipients"][number]): GivenRecipient {
  if (typeof one !== "object") return { phone: String(one), more: {} };
  return { phone: String(one.phone), more: { name: one.name ?? null } };
}

function showJob({ campaign }: CampaignShown): Static<typeof BulkJob> {
  const { total, sent: succeeded, failed, skipped } = campaign;
  return { status: wordOf(campaign), total, succeeded, failed: failed + skipped, processed: processedOf(campaign) };
}

function wordOf(campaign: CampaignShown["campaign"]): (typeof jobWords)[number] {
  const { state, reason, queued } = campaign;
  if (state === "completed") return "completed";
  if (state === "draft" || state === "scheduled") return "pending";
  // Its owner has paused it, and will go on with it.
  if (state === "paused") return reason === null ? "running" : "failed";
  if (state !== "running") return "failed";
  return processedOf(campaign) + queued === 0 ? "pending" : "running";
}
