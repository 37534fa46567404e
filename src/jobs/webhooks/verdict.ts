// What an attempt means for a delivery, and for its webhook. Pure.
import { day } from "../../core/clock.ts";
import { retryDelay } from "../../core/retry.ts";
import { type DisabledReason, failingDays, type Webhook } from "../../core/webhook.ts";
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
  /** Since when everything has failed, this one too. */
  failingSince: number | null;
  random: number;
};

const gone = 410;

export function verdictOf(judged: Judged): Verdict {
  const { webhook, status, fault, retryAfterMs, tries, endedAt, failingSince, random } = judged;
  if (fault === null) return { state: "delivered", nextAt: null, disabledFor: null };
  if (status === gone) return { state: "failed", nextAt: null, disabledFor: "gone" };
  const isGivenUp = failingSince !== null && endedAt - failingSince >= failingDays * day;
  const disabledFor = isGivenUp ? "failing" : null;
  const delay = retryDelay(webhook.retry, tries, random);
  if (delay === null) return { state: "failed", nextAt: null, disabledFor };
  return { state: "scheduled", nextAt: endedAt + Math.max(delay, retryAfterMs ?? 0), disabledFor };
}
