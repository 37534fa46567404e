// A campaign as the native API shows it, with how far it has come; its recipients, and what it would come to.
import { type Static, Type } from "@sinclair/typebox";
import {
  type CampaignBody,
  campaignWaits,
  processedOf,
  recipientStates,
  speedOf,
  waitingOf,
} from "../../core/campaign.ts";
import { type Clock, isoTime, second } from "../../core/clock.ts";
import { contentKinds } from "../../core/content.ts";
import type { Ids } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import type { CampaignEstimate } from "../../services/campaign-estimates.ts";
import { valuesOf } from "../../services/campaign-writing.ts";
import type { CampaignShown } from "../../services/campaigns.ts";
import { counts, roundedSpeed, StopReasonJson, shownStates, showStopReason, speed } from "./campaign-event.ts";
import { CampaignWindow, OptOutWords, StopRuleJson } from "./campaign-shapes.ts";
import { numberOrNull, orNull, textOrNull } from "./message-media.ts";
import { Id, IdOrNull, Time, TimeOrNull } from "./shapes.ts";

export const CampaignJson = Type.Object(
  {
    id: Id("campaign", "The campaign's id."),
    name: textOrNull("As you call it.", "Spring sale"),
    status: OneOf(shownStates, {
      description: "`draft` and `paused` ones can be changed; `scheduled` starts by itself at `start_at`.",
      examples: ["running"],
    }),
    reason: StopReasonJson,
    waits: orNull(
      { reason: OneOf(campaignWaits), until: TimeOrNull("Until then, where that is known.") },
      "CampaignWait",
      "Why a running one hands nothing on just now; null while it does.",
    ),
    sessions: Type.Array(Type.String(), { description: "Which send it, in turn.", examples: [["sess_Ab3dE6gH"]] }),
    message: Type.Object(
      {
        type: OneOf(contentKinds, { examples: ["text"] }),
        text: textOrNull("With its places.", "Hello {{name|there}}!"),
      },
      { title: "CampaignMessage" },
    ),
    ...counts,
    waiting: Type.Integer({ description: "For their turn; in a cancelled one for nothing any more.", examples: [597] }),
    duplicates: Type.Integer({ description: "Given more than once, and counted once.", examples: [0] }),
    upload: OneOf(["none", "under_way", "broken_off", "complete"], {
      description: "How the last upload of recipients stands. One that broke off is to be made once more.",
      examples: ["none"],
    }),
    columns: Type.Array(Type.String(), {
      description: "What is known of recipients besides their number.",
      examples: [["name"]],
    }),
    delay_min: numberOrNull("Seconds; null where the session's own pacing is all there is."),
    delay_max: numberOrNull("Seconds."),
    window: Type.Union([CampaignWindow, Type.Null()], {
      description: "When it sends; null is always.",
      examples: [null],
    }),
    stop_after_failures: Type.Union([StopRuleJson, Type.Null()], {
      description: "When it pauses by itself.",
      examples: [{ percent: 30, at_least: 20 }],
    }),
    opt_out_words: OptOutWords,
    ...speed,
    start_at: TimeOrNull("When it starts by itself."),
    created_at: Time("When it was made."),
    started_at: TimeOrNull("When it was first set going."),
    ended_at: TimeOrNull("When it was completed or cancelled."),
  },
  { title: "Campaign" },
);

export function campaignJson(
  { campaign, sessionIds, wait }: CampaignShown,
  { ids, clock, isUploading }: { ids: Ids; clock: Clock; isUploading: boolean },
): Static<typeof CampaignJson> {
  const { settings, message } = campaign;
  const { gapMs, window, stopAfter } = settings;
  const { perMinute, endsAt } = speedOf(campaign, clock.now());
  const seconds = (ms: number | undefined) => (ms === undefined ? null : ms / second);
  return {
    id: ids.show("campaign", campaign.id),
    name: campaign.name,
    status: campaign.state === "removed" ? "cancelled" : campaign.state,
    reason: showStopReason(campaign.reason) as Static<typeof StopReasonJson>,
    waits: wait === null ? null : { reason: wait.reason, until: isoTime(wait.until) },
    sessions: sessionIds.map((id) => ids.show("session", id)),
    message: messageJson(message.body),
    total: campaign.total,
    queued: campaign.queued,
    processed: processedOf(campaign),
    succeeded: campaign.sent,
    failed: campaign.failed,
    skipped: campaign.skipped,
    waiting: waitingOf(campaign),
    duplicates: campaign.duplicates,
    upload: uploadOf(campaign, isUploading),
    columns: campaign.columns,
    delay_min: seconds(gapMs?.least),
    delay_max: seconds(gapMs?.most),
    window: window === null ? null : { from: window.from, to: window.to, time_zone: window.timeZone },
    stop_after_failures: stopAfter === null ? null : { percent: stopAfter.percent, at_least: stopAfter.atLeast },
    opt_out_words: settings.optOutWords,
    per_minute: roundedSpeed(perMinute),
    eta: isoTime(endsAt),
    start_at: isoTime(campaign.startAt),
    created_at: isoTime(campaign.createdAt),
    started_at: isoTime(campaign.startedAt),
    ended_at: isoTime(campaign.endedAt),
  };
}

function uploadOf({ upload, isUploading }: CampaignShown["campaign"], isUnderWay: boolean) {
  if (isUnderWay) return "under_way";
  if (isUploading) return "broken_off";
  return upload === 0 ? "none" : "complete";
}

function messageJson(body: CampaignBody): Static<typeof CampaignJson>["message"] {
  switch (body.kind) {
    case "file":
      return { type: body.content.kind, text: body.content.caption };
    case "text":
      return { type: "text", text: body.text };
    case "poll":
      return { type: "poll", text: body.question };
    case "location":
      return { type: "location", text: body.name };
    case "contacts":
      return { type: "contacts", text: body.contacts[0]?.name ?? null };
  }
}

/** Those of a cancelled campaign wait for nothing. */
export const shownRecipientStates = [...recipientStates, "cancelled"] as const;

export const RecipientJson = Type.Object(
  {
    id: Id("recipient", "Its id."),
    phone: textOrNull("With its +; null where another JID was given.", "+15551000003"),
    to: Type.String({ description: "Where it goes.", examples: ["15551000003@s.whatsapp.net"] }),
    fields: Type.Record(Type.String(), Type.String(), {
      description: "What is known of them.",
      examples: [{ name: "Alice" }],
    }),
    status: OneOf(shownRecipientStates, {
      description: "`sent` is taken by WhatsApp; its message says what became of it then.",
      examples: ["sent"],
    }),
    reason: orNull(
      { code: Type.String(), sentence: Type.String() },
      "RecipientReason",
      "Why it failed or was skipped.",
    ),
    message_id: IdOrNull("message", "The message to them; null until there is one."),
    session_id: IdOrNull("session", "Which session it is sent by."),
    settled_at: TimeOrNull("When that was known."),
  },
  { title: "CampaignRecipient" },
);

type RecipientRow = {
  id: number;
  target: string;
  cells: (string | null)[] | null;
  state: (typeof recipientStates)[number];
  fault: string | null;
  messageId: number | null;
  sessionId: number | null;
  settledAt: number | null;
};

export function recipientJson(row: RecipientRow, { campaign }: CampaignShown, ids: Ids) {
  const { id, target, cells, state, fault, messageId, sessionId, settledAt } = row;
  const { columns } = campaign;
  const known = (cells ?? []).flatMap((cell, place) => (cell === null ? [] : [[columns[place] ?? "", cell] as const]));
  return {
    id: ids.show("recipient", id),
    phone: phoneOf(target),
    to: target,
    fields: Object.fromEntries(known),
    status: state === "waiting" && campaign.state === "cancelled" ? ("cancelled" as const) : state,
    reason: fault === null ? null : (JSON.parse(fault) as { code: string; sentence: string }),
    message_id: messageId === null ? null : ids.show("message", messageId),
    session_id: sessionId === null ? null : ids.show("session", sessionId),
    settled_at: isoTime(settledAt),
  };
}

function phoneOf(target: string): string | null {
  const digits = valuesOf({ target, cells: null }, []).get("phone") ?? "";
  return target.endsWith("@s.whatsapp.net") ? `+${digits}` : null;
}

export const CampaignEstimateJson = Type.Object(
  {
    valid: Type.Integer({
      description: "Numbers that can be read, each once; whether they are on WhatsApp is not asked.",
      examples: [998],
    }),
    invalid: Type.Integer({ description: "Numbers that cannot be read.", examples: [1] }),
    duplicates: Type.Integer({ description: "Given more than once.", examples: [1] }),
    suppressed: Type.Integer({ description: "On the suppression list: they are skipped.", examples: [4] }),
    cold: Type.Integer({
      description:
        "Whom these sessions have never had to do with: they count towards quotas, and are what numbers are banned for.",
      examples: [120],
    }),
    starts_at: Time("When the first would go out."),
    ends_at: Time("When the last would, with nothing else to send and all sessions connected."),
    lasts_seconds: Type.Integer({ description: "From now on.", examples: [5_400] }),
  },
  { title: "CampaignEstimate" },
);

export function estimateJson(estimate: CampaignEstimate, now: number): Static<typeof CampaignEstimateJson> {
  const { startsAt, endsAt, ...people } = estimate;
  const lasts = Math.max(0, Math.ceil((endsAt - now) / second));
  return { ...people, starts_at: isoTime(startsAt), ends_at: isoTime(endsAt), lasts_seconds: lasts };
}
