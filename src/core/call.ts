// Calls: who called and what became of it. Nobody is ever spoken to here: a call is rejected, or taken on another device.
import type { Contact } from "./chat.ts";
import { second } from "./clock.ts";

/** In the order of their codes in the database; only ever added to. */
export const callOutcomes = [
  "missed", // nobody took it
  "rejected", // by this session or on another device
  "answered", // on another device
] as const;
export type CallOutcome = (typeof callOutcomes)[number];

export type Call = {
  id: number;
  accountId: number;
  sessionId: number;
  /** WhatsApp's own id. */
  waId: string;
  contactId: number;
  isVideo: boolean;
  isGroup: boolean;
  /** Null where WhatsApp did not say, or nobody but us was called. */
  groupJid: string | null;
  /** Null while it rings. */
  outcome: CallOutcome | null;
  startedAt: number;
  /** When another device took it. */
  answeredAt: number | null;
  /** When this session rejected it. */
  rejectedAt: number | null;
  endedAt: number | null;
  createdAt: number;
};
export type ListedCall = Call & { caller: Contact };

type Times = Pick<Call, "outcome" | "answeredAt" | "endedAt">;

/** For how long they spoke; null while it goes on, and where nobody told us of its end. */
export function secondsSpoken({ outcome, answeredAt, endedAt }: Times): number | null {
  if (outcome !== "answered") return endedAt === null ? null : 0;
  return answeredAt === null || endedAt === null ? null : Math.round((endedAt - answeredAt) / second);
}
