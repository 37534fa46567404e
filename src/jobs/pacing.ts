// What may go out of a session just now: its settings and WhatsApp's brakes, asked by the sender before it sends and for
// whoever wants to know why something waits.
import { type Clock, day } from "../core/clock.ts";
import { allowedAt } from "../core/cold-quota.ts";
import type { Wait } from "../core/message.ts";
import { type Brakes, holdsOf, type PacingRules, rulesOf, type Standing, waitFor } from "../core/pacing.ts";
import { awakeMs } from "../core/quiet-hours.ts";
import { usualSettings } from "../core/session.ts";
import type { HeldKinds } from "../store/pacing.ts";
import type { Store } from "../store/store.ts";
import { createPace, type Pace } from "./pace.ts";

/** A session's turn to send. */
export type Turn = {
  pace: Pace;
  rules: PacingRules;
  /** As they stood when it began. */
  brakes: Brakes;
  /** Null while nothing is. */
  held: HeldKinds | null;
  /** When some of that is over. */
  heldUntil: number | null;
};

export type Pacing = {
  turnOf(sessionId: number): Promise<Turn>;
  /** Whether this one may go, for good: who is written to for the first time is counted with that, on disk. */
  admits(turn: Turn, messageId: number): Promise<boolean>;
  /** False once WhatsApp has put a brake on since this turn began. */
  isStillOn(turn: Turn): boolean;
  /** Keeps what WhatsApp has answered, where that matters after a restart. */
  answered(sessionId: number, code: string | null): Promise<void>;
  /** Why a message has not gone, if its session is connected. */
  waitOf(sessionId: number, messageId: number): Promise<Wait>;
};

const usualRules = rulesOf({ settings: usualSettings, linkedAt: null });

export function createPacing({ store, clock }: { store: Store; clock: Clock }): Pacing {
  const paces = new Map<number, Pace>();

  async function paceOf(sessionId: number): Promise<Pace> {
    const before = paces.has(sessionId) ? undefined : await store.pacing.brakes(sessionId);
    const pace = paces.get(sessionId) ?? createPace(clock, before);
    paces.set(sessionId, pace);
    return pace;
  }

  async function standingOf(sessionId: number, pace: Pace): Promise<Standing> {
    const session = await store.sessions.find(sessionId);
    const rules = session === null ? usualRules : rulesOf(session);
    const now = clock.now();
    const reached = rules.quota === null ? [] : await store.pacing.reached(sessionId, now - day);
    return { rules, brakes: pace.brakes(), reached, now };
  }

  return {
    async turnOf(sessionId) {
      const pace = await paceOf(sessionId);
      const standing = await standingOf(sessionId, pace);
      const { cold, fresh, quiet } = holdsOf(standing);
      const untils = [cold, fresh, quiet].filter((until) => until !== null);
      const heldUntil = untils.length === 0 ? null : Math.min(...untils);
      const heardSince = standing.now - awakeMs;
      const kinds = { cold: cold !== null, fresh: fresh !== null, quiet: quiet !== null, heardSince };
      return {
        pace,
        rules: standing.rules,
        brakes: standing.brakes,
        held: heldUntil === null ? null : kinds,
        heldUntil,
      };
    },
    async admits({ rules: { quota } }, messageId) {
      const at = clock.now();
      const allowed = quota === null ? null : allowedAt(quota, at);
      if (allowed === null || !(await store.pacing.isNew(messageId))) return true;
      return store.write("pacing.reach", { messageId, at, allowed });
    },
    isStillOn({ pace, brakes }) {
      const { coldUntil, allUntil } = pace.brakes();
      return (coldUntil === null || coldUntil === brakes.coldUntil) && allUntil === null;
    },
    async answered(sessionId, code) {
      const pace = await paceOf(sessionId);
      if (pace.answered(code)) await store.write("pacing.brake", { sessionId, ...pace.brakes() });
    },
    async waitOf(sessionId, messageId) {
      const pace = await paceOf(sessionId);
      const [standing, message] = [await standingOf(sessionId, pace), await store.pacing.find(messageId)];
      const nextAt = pace.nextAt(standing.rules.isPaced);
      return message === null ? { reason: "pacing", until: nextAt } : waitFor(message, standing, nextAt);
    },
  };
}
