// What a campaign is made of, as its owner gives it.
import { createHash } from "node:crypto";
import { type CampaignInFull, type CampaignSettings, usualStopRule } from "../core/campaign.ts";
import { invalidField } from "../core/errors.ts";
import type { Said, SaidBody } from "../core/said.ts";
import { isTimeZone } from "../core/wall-clock.ts";
import type { GivenRecipient } from "./campaign-recipients.ts";

export type CampaignInput = {
  name?: string | null | undefined;
  /** Ids or names. */
  sessions?: readonly string[] | undefined;
  said?: Said | undefined;
  gapMs?: CampaignSettings["gapMs"] | undefined;
  window?: CampaignSettings["window"] | undefined;
  stopAfter?: CampaignSettings["stopAfter"] | undefined;
  optOutWords?: readonly string[] | null | undefined;
  startAt?: number | null | undefined;
};
export type NewCampaignInput = CampaignInput & {
  sessions: readonly string[];
  said: Said;
  recipients: readonly GivenRecipient[];
  /** One number that cannot be read has failed from the beginning, in place of refusing them all. */
  takesAnything?: boolean | undefined;
  /** It waits to be started by hand; so does one without recipients. */
  isDraft?: boolean | undefined;
};
export function stateFor(
  { isDraft, recipients, startAt }: NewCampaignInput,
  now: number,
): "draft" | "scheduled" | "running" {
  if (isDraft === true) return "draft";
  if (startAt != null && startAt > now) return "scheduled";
  return recipients.length === 0 ? "draft" : "running";
}

export function settingsOf(
  { gapMs, window, stopAfter, optOutWords }: CampaignInput,
  before: CampaignSettings | null,
): CampaignSettings {
  const usual = { gapMs: null, window: null, stopAfter: usualStopRule, optOutWords: null };
  const known = before ?? usual;
  if (gapMs != null && gapMs.least > gapMs.most)
    throw invalidField("/delay_max", "The longest delay is shorter than the shortest.");
  if (window != null && !isTimeZone(window.timeZone))
    throw invalidField("/window/time_zone", "There is no such time zone.");
  if (window != null && window.from === window.to)
    throw invalidField("/window/to", "It would never be open: give two times.");
  return {
    gapMs: gapMs === undefined ? known.gapMs : gapMs,
    window: window === undefined ? known.window : window,
    stopAfter: stopAfter === undefined ? known.stopAfter : stopAfter,
    optOutWords: optOutWords === undefined ? known.optOutWords : optOutWords && [...optOutWords],
  };
}

export function lengthOf(body: SaidBody | Exclude<CampaignInFull["message"]["body"], { kind: "file" }>): number {
  if (body.kind === "text") return body.text.length;
  return body.kind === "media" ? (body.caption?.length ?? 0) : 0;
}

export function fingerprintOf(input: NewCampaignInput): Uint8Array {
  return createHash("sha256").update(JSON.stringify(input)).digest();
}
