// How many messages of campaigns a session has room for just now, behind everything else that it has to send: enough to
// keep it busy, and so few that nobody who writes one by one waits for them.

import type { CampaignWait } from "../../core/campaign.ts";
import { type Clock, day } from "../../core/clock.ts";
import { allowedAt } from "../../core/cold-quota.ts";
import { holdsOf, type PacingRules, rulesOf } from "../../core/pacing.ts";
import type { Engine } from "../../core/ports.ts";
import type { Session } from "../../core/session.ts";
import type { Store } from "../../store/store.ts";

export type Room = {
  session: Session | null;
  free: number;
  /** Why there is none. */
  wait: CampaignWait | null;
  /** Until when WhatsApp has put a brake on it. */
  brake: { reason: "reach_out_limit" | "rate_limited"; until: number } | null;
};

/** In the queue at a time: where nothing paces them; at five a second; where twenty are typed at once. */
const most = { free: 40, paced: 4, typed: 16 } as const;

type Needs = { store: Store; engine: Engine; clock: Clock };

export function createRooms({ store, engine, clock }: Needs) {
  return async function roomOf(sessionId: number): Promise<Room> {
    const session = await store.sessions.find(sessionId);
    if (session === null || engine.view(sessionId)?.status !== "connected") {
      return { session, free: 0, wait: { reason: "offline", until: null }, brake: null };
    }
    const now = clock.now();
    const rules = rulesOf(session);
    const brakes = await store.pacing.brakes(sessionId);
    const reached = rules.quota === null ? [] : await store.pacing.reached(sessionId, now - day);
    const holds = holdsOf({ rules, brakes, reached, now });
    const brake = brakeOf(brakes, now);
    const full = (wait: CampaignWait | null): Room => ({ session, free: 0, wait, brake });
    if (brake !== null) return full(brake);
    if (holds.quiet !== null) return full({ reason: "quiet_hours", until: holds.quiet });
    if (holds.fresh !== null) return full({ reason: "cold_quota", until: holds.fresh });
    const window = windowOf(rules);
    const queued = await store.campaignFeeding.queuedIn(sessionId, window);
    // Filled up when half of it is gone, not one by one.
    if (queued > window / 2) return full({ reason: "busy", until: null });
    const allowed = rules.quota === null ? null : allowedAt(rules.quota, now);
    const strangers = allowed === null ? window : Math.max(1, allowed - reached.length);
    return { session, free: Math.min(window - queued, strangers), wait: null, brake: null };
  };
}

function windowOf({ isPaced, isTyping }: PacingRules): number {
  if (isTyping) return most.typed;
  return isPaced ? most.paced : most.free;
}

function brakeOf(
  { coldUntil, allUntil }: { coldUntil: number | null; allUntil: number | null },
  now: number,
): Room["brake"] {
  if (allUntil !== null && allUntil > now) return { reason: "rate_limited", until: allUntil };
  return coldUntil !== null && coldUntil > now ? { reason: "reach_out_limit", until: coldUntil } : null;
}
