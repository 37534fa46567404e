// How long it takes to write to so many people, at the pacing in force and before the first of them is written to.
import { nextSlot } from "./cold-quota.ts";
import { burst, chatsAtOnce, gapMs, opening, type PacingRules, type Standing } from "./pacing.ts";
import { type QuietHours, quietSpan } from "./quiet-hours.ts";
import { typingMs } from "./typing.ts";

/** `cold` never wrote and were never written to; `textLength` is of one message, for the typing. */
export type Recipients = { cold: number; warm: number; textLength?: number };
export type SendEstimate = { startsAt: number; endsAt: number; lastsMs: number };

/** With one message each and nothing else to send; answers and what is urgent would go sooner. */
export function estimateSends({ cold, warm, textLength = 0 }: Recipients, standing: Standing): SendEstimate {
  const { rules, brakes, reached, now } = standing;
  const open = opening(rules.quiet);
  const mayStart = Math.max(now, brakes.allUntil ?? 0);
  const coldFrom = Math.max(mayStart, rules.isPaced ? (brakes.coldUntil ?? 0) : 0);
  const perMessage = msPerMessage(rules, textLength);
  const spend = (from: number, messages: number) =>
    openTime(rules.quiet, open(from), Math.max(0, messages - (rules.isPaced ? burst : 0)) * perMessage);
  const slotOf = (count: number) => {
    const { quota } = rules;
    return quota === null ? open(coldFrom) : nextSlot({ quota, reached, from: coldFrom, open }, count);
  };
  const starts = [...(warm > 0 ? [open(mayStart)] : []), ...(cold > 0 ? [slotOf(1)] : [])];
  const ends = [...(warm > 0 ? [spend(mayStart, warm + cold)] : []), ...(cold > 0 ? [coldEnd()] : [])];
  const startsAt = starts.length === 0 ? now : Math.min(...starts);
  const endsAt = Math.max(startsAt, ...ends);
  return { startsAt, endsAt, lastsMs: endsAt - now };

  function coldEnd(): number {
    return Math.max(slotOf(cold), spend(slotOf(1), cold));
  }
}

function msPerMessage({ isPaced, isTyping }: PacingRules, textLength: number): number {
  const gap = isPaced ? (gapMs.least + gapMs.most) / 2 : 0;
  const typing = isTyping ? typingMs({ kind: "text", length: textLength, seconds: null }) / chatsAtOnce : 0;
  return Math.max(gap, typing);
}

/** When it is closed, where it is open from then to then. */
export function invertedHours({ from, to, timeZone }: QuietHours): QuietHours {
  return { from: to, to: from, timeZone };
}

/** So long from then on, nights left out. */
export function openTime(quiet: QuietHours | null, from: number, ms: number): number {
  if (quiet === null) return from + ms;
  let [at, rest] = [from, ms];
  for (;;) {
    const night = quietSpan(quiet, at);
    if (at + rest <= night.from) return at + rest;
    rest -= night.from - at;
    at = night.until;
  }
}
