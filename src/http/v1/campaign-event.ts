// How far a campaign has come, as its events tell it: as it stood then, whatever has become of it since.
import { Type } from "@sinclair/typebox";
import { campaignStates, type StopReason, stopReasons } from "../../core/campaign.ts";
import { isoTime } from "../../core/clock.ts";
import type { Ids } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import { textOrNull } from "./message-media.ts";
import { Id, TimeOrNull } from "./shapes.ts";

/** What nobody sees has no name. */
export const shownStates = campaignStates.filter((state) => state !== "removed");

export const StopReasonJson = Type.Union(
  [
    Type.Object(
      {
        code: OneOf(Object.keys(stopReasons) as StopReason[]),
        sentence: Type.String({ description: "What happened, and what to do." }),
      },
      { title: "CampaignStopReason" },
    ),
    Type.Null(),
  ],
  { description: "Why it stopped by itself; null where it did not.", examples: [null] },
);

const count = (description: string, example: number) => Type.Integer({ description, examples: [example] });
export const counts = {
  total: count("Recipients, each once.", 1_000),
  queued: count("Handed on, and not yet taken by WhatsApp.", 3),
  processed: count("Succeeded, failed or skipped.", 400),
  succeeded: count("Taken by WhatsApp.", 390),
  failed: count("Refused, or could not be made.", 8),
  skipped: count("Suppressed, or taken back before they went out.", 2),
};
export const speed = {
  per_minute: Type.Union([Type.Number(), Type.Null()], {
    description: "How many are processed a minute, since it was last set going; null until there are some.",
    examples: [14.5],
  }),
  eta: TimeOrNull("When everybody will have been written to, if it goes on like that."),
};

export const EventCampaign = Type.Object(
  {
    id: Id("campaign", "The campaign's id."),
    name: textOrNull("As you call it.", "Spring sale"),
    status: OneOf(shownStates, { examples: ["running"] }),
    reason: StopReasonJson,
    ...counts,
    ...speed,
  },
  { title: "EventCampaign" },
);

export function showStopReason(code: string | null): { code: string; sentence: string } | null {
  const isKnown = code !== null && code in stopReasons;
  return isKnown ? { code, sentence: stopReasons[code as StopReason] } : null;
}

export function showCampaignEvent(data: Record<string, unknown>, ids: Ids): Record<string, unknown> {
  const number = (name: string) => (typeof data[name] === "number" ? data[name] : 0);
  const numberOrNull = (name: string) => (typeof data[name] === "number" ? data[name] : null);
  const wordsOrNull = (name: string) => (typeof data[name] === "string" ? data[name] : null);
  return {
    id: ids.show("campaign", number("campaignId")),
    name: wordsOrNull("name"),
    status: wordsOrNull("state"),
    reason: showStopReason(wordsOrNull("reason")),
    total: number("total"),
    queued: number("queued"),
    processed: number("processed"),
    succeeded: number("sent"),
    failed: number("failed"),
    skipped: number("skipped"),
    per_minute: roundedSpeed(numberOrNull("perMinute")),
    eta: isoTime(numberOrNull("endsAt")),
  };
}

export function roundedSpeed(perMinute: number | null): number | null {
  return perMinute === null ? null : Math.round(perMinute * 10) / 10;
}
