// What an attempt means for a delivery, and for its webhook. Pure.
import { retryDelay } from "../../core/retry.ts";
import type { DisabledReason, Webhook } from "../../core/webhook.ts";
import type { Settlement } from "../../store/deliveries.ts";

export type Verdict = Pick<Settlement, "state" | "nextAt"> & { disabledFor: DisabledReason | null };
export type Judged = {
  webhook: Pick<Webhook, "retry">;
  status: number | null;
  fault: string | null;
  retryAfterMs: number | null;
  /** With this one, since it was last asked for. */
  tries: number;
  endedAt: number;
  /** Everything has failed for so long, this one too. */
  isGivenUp: boolean;
  random: number;
};

const gone = 410;

export function verdictOf(judged: Judged): Verdict {
  const { webhook, status, fault, retryAfterMs, tries, endedAt, isGivenUp, random } = judged;
  if (fault === null) return { state: "delivered", nextAt: null, disabledFor: null };
  if (status === gone) return { state: "failed", nextAt: null, disabledFor: "gone" };
  const disabledFor = isGivenUp ? "failing" : null;
  const delay = retryDelay(webhook.retry, tries, random);
  if (delay === null) return { state: "failed", nextAt: null, disabledFor };
  return { state: "scheduled", nextAt: endedAt + Math.max(delay, retryAfterMs ?? 0), disabledFor };
}
