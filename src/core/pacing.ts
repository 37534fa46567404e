// What a session's messages wait for before they may go: rules from its settings, brakes from WhatsApp. Whoever sends and
// whoever says why something waits ask here, and get the same answer.
import { type ColdQuota, nextSlot } from "./cold-quota.ts";
import type { Wait } from "./message.ts";
import { awakeMs, type QuietHours, quietSpan, quietUntil, type Span } from "./quiet-hours.ts";
import type { Session } from "./session.ts";

/** So many go at once, and after them one per gap: on average five a second. */
export const burst = 30;
export const gapMs = { least: 100, most: 300 } as const;
/** In so many chats at a time. */
export const chatsAtOnce = 20;

export type PacingRules = {
  isPaced: boolean;
  isTyping: boolean;
  quota: ColdQuota | null;
  quiet: QuietHours | null;
};

/** What WhatsApp has said of this number's sending; kept over restarts. */
export type Brakes = {
  /** 463: until then nobody is written to whom it has not talked with. */
  coldUntil: number | null;
  /** 429: until then nobody at all. */
  allUntil: number | null;
  /** How often 429 was said since something last went out. */
  pauses: number;
};
export const noBrakes: Brakes = { coldUntil: null, allUntil: null, pauses: 0 };

export function rulesOf({ settings, linkedAt }: Pick<Session, "settings" | "linkedAt">): PacingRules {
  const { pacing, typing, coldContactsPerDay: perDay, warmUp, quietHours: quiet } = settings;
  const isWarmingUp = warmUp === "on";
  return {
    isPaced: pacing !== "off",
    isTyping: typing === "on",
    quota: perDay === null && !isWarmingUp ? null : { perDay, isWarmingUp, linkedAt },
    quiet,
  };
}

/** Where a session stands: until when each kind of message is held; null where it is not. */
export type Holds = { cold: number | null; fresh: number | null; quiet: number | null };
export type Standing = { rules: PacingRules; brakes: Brakes; reached: readonly number[]; now: number };

/** 463 is heeded only as far as anything is paced. */
const coldBrake = ({ rules, brakes }: Standing) => (rules.isPaced ? brakes.coldUntil : null);

export function holdsOf(standing: Standing): Holds {
  const { rules, reached, now } = standing;
  const slot = rules.quota === null ? now : nextSlot({ quota: rules.quota, reached, from: now });
  return {
    cold: later(coldBrake(standing), now),
    fresh: later(slot, now),
    quiet: quietUntil(rules.quiet, now),
  };
}

/** What there is to know of a message that waits. */
export type WaitingMessage = {
  /** Of those in its chat. */
  isFirst: boolean;
  isUrgent: boolean;
  /** To a person who never wrote. */
  isCold: boolean;
  /** And whom nobody wrote to from here either: one more of the quota. */
  isNew: boolean;
  /** When somebody else last wrote in its chat. */
  heardAt: number | null;
  /** So many who are new come before it; null for very many. */
  newBefore: number | null;
};

/** Why it has not gone yet, and when it may: what holds it longest. `nextAt` is when the next of all may go. */
export function waitFor(message: WaitingMessage, standing: Standing, nextAt: number): Wait {
  const { brakes, now } = standing;
  if (later(brakes.allUntil, now) === null && !message.isFirst) return { reason: "order", until: null };
  let wait: Wait = { reason: "pacing", until: nextAt };
  let hold = holdAt(message, standing, now);
  while (hold !== null) {
    wait = hold;
    hold = hold.until === null ? null : holdAt(message, standing, hold.until);
  }
  return wait;
}

/** What holds it at that time; null where nothing does. */
function holdAt(message: WaitingMessage, standing: Standing, at: number): Wait | null {
  const { rules, brakes } = standing;
  const allUntil = later(brakes.allUntil, at);
  if (allUntil !== null) return { reason: "rate_limited", until: allUntil };
  const coldUntil = message.isCold ? later(coldBrake(standing), at) : null;
  if (coldUntil !== null) return { reason: "reach_out_limit", until: coldUntil };
  if (message.isUrgent) return null;
  if (isBeyondQuota(message, standing, at)) return { reason: "cold_quota", until: slotOf(message, standing) };
  const isAnswer = message.heardAt !== null && message.heardAt > at - awakeMs;
  const until = isAnswer ? null : quietUntil(rules.quiet, at);
  return until === null ? null : { reason: "quiet_hours", until };
}

function isBeyondQuota({ isNew, newBefore }: WaitingMessage, standing: Standing, at: number): boolean {
  const { rules, reached, now } = standing;
  if (rules.quota === null || !isNew) return false;
  return newBefore === null || nextSlot({ quota: rules.quota, reached, from: now }, newBefore + 1) > at;
}

/** When its turn among those who are new comes, nights left out; null with so many before it that they were not counted. */
function slotOf({ newBefore }: WaitingMessage, { rules: { quota, quiet }, reached, now }: Standing): number | null {
  if (quota === null || newBefore === null) return null;
  return nextSlot({ quota, reached, from: now, open: opening(quiet) }, newBefore + 1);
}

/** When anything may go, from some time on; asked of one time after the other. */
export function opening(quiet: QuietHours | null): (at: number) => number {
  if (quiet === null) return (at) => at;
  let night: Span | null = null;
  let knownFrom = 0;
  return (at) => {
    if (night === null || at < knownFrom || at >= night.until) {
      night = quietSpan(quiet, at);
      knownFrom = at;
    }
    return at < night.from ? at : night.until;
  };
}

function later(until: number | null, at: number): number | null {
  return until !== null && until > at ? until : null;
}
