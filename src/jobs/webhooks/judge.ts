// What an attempt means: for the delivery, for how the receiver stands, and for the webhook, which may be told nothing more.
import { gatewayItself } from "../../core/audit.ts";
import type { Ids } from "../../core/ids.ts";
import type { DisabledReason, Webhook } from "../../core/webhook.ts";
import type { Settlement } from "../../store/deliveries.ts";
import { type Attempted, asksForRest } from "./attempt.ts";
import type { Health } from "./health.ts";
import type { Settler } from "./settler.ts";
import { verdictOf } from "./verdict.ts";

/** What is written down of a delivery, but for whose it is. */
export type Told = Omit<Settlement, "id" | "number">;
export type Judged = { told: Told; isDisabled: boolean };
/** `tries` are those since it was last asked for, with this one. */
export type ToJudge = { webhook: Webhook; health: Health; tries: number; attempted: Attempted };

type Needs = { settler: Pick<Settler, "failing" | "disable">; ids: Ids; random: () => number };

export function createJudge({ settler, ids, random }: Needs): (given: ToJudge) => Judged {
  function disable({ id, accountId }: Webhook, reason: DisabledReason, at: number): void {
    const about = { actor: gatewayItself, accountId, target: ids.show("webhook", id), at };
    const event = { ...about, action: "webhook.disabled", detail: { reason } } as const;
    settler.disable({ id, reason, at, event });
  }

  return ({ webhook, health, tries, attempted }) => {
    const { retryAfterMs, answered: _, ...told } = attempted;
    const { at, durationMs, status, fault } = told;
    const before = health.failingSince();
    const wasAnswered = status !== null;
    if (fault === null) health.delivered(durationMs);
    else health.failed({ at, durationMs, wasAnswered, restMs: asksForRest(status) ? retryAfterMs : null });
    const since = health.failingSince();
    const endedAt = at + durationMs;
    const isGivenUp = health.isGivenUp(endedAt);
    const judged = { webhook, status, fault, retryAfterMs, endedAt, isGivenUp, tries, random: random() };
    const { disabledFor, ...verdict } = verdictOf(judged);
    if (since !== before) settler.failing(webhook.id, since);
    if (disabledFor !== null) disable(webhook, disabledFor, endedAt);
    return { told: { ...told, ...verdict }, isDisabled: disabledFor !== null };
  };
}
