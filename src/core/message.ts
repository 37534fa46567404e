// A message, in or out, and the states it goes through.
import type { ChatKind } from "./chat.ts";
import type { Content, Context, Face } from "./content.ts";

/** In the order of their codes in the database; only ever added to. */
export const messageStates = [
  "queued", // kept, and on its way as soon as it can be
  "sent", // WhatsApp has it
  "failed", // refused, or too late; `fault` says why
  "received", // somebody else's
  "delivered",
  "read",
  "played",
  "cancelled", // taken back before it went out
  "sending", // on its way to WhatsApp this moment; never written down
] as const;
export type MessageState = (typeof messageStates)[number];

/** Each says at least as much as those before it. */
export const deliveryOrder = ["queued", "sent", "delivered", "read", "played"] as const;

/** In the order of their codes in the database; only ever added to. */
export const mediaStates = [
  "wanted", // to be fetched
  "stored",
  "gone", // WhatsApp has it no more, and the phone does not send it again
  "failed", // damaged, or too large
  "removed", // by age, or because somebody asked for it
] as const;
export type MediaState = (typeof mediaStates)[number];

export type MessageFault = { code: string; sentence: string };

export const waitReasons = [
  "offline", // the session is not connected
  "order", // one before it in its chat has not gone yet
  "pacing", // so many at once would be noticed
  "reach_out_limit", // WhatsApp lets this number write to nobody new for now
  "rate_limited", // WhatsApp wants it to be slower
  "retrying", // it could not be sent a moment ago, and nobody said why; or WhatsApp did not answer
  "cold_quota", // enough strangers were written to within 24 hours
  "quiet_hours", // it is night where the session's quiet hours are kept
] as const;
/** Why a queued message has not gone yet, and when it may; null where nobody knows. */
export type Wait = { reason: (typeof waitReasons)[number]; until: number | null };

/** With everything a surface may show of it. */
export type Message = {
  id: number;
  sessionId: number;
  chat: { id: number; kind: ChatKind; jid: string | null; face: Face | null; name: string | null };
  /** WhatsApp's own id, which receivers know it by. */
  waId: string;
  isFromMe: boolean;
  /** Null for our own. */
  sender: (Face & { contactId: number; name: string | null }) | null;
  state: MessageState;
  text: string | null;
  content: Content;
  context: Context;
  fault: MessageFault | null;
  /** Of a queued one that was looked at by itself. */
  wait: Wait | null;
  media: { state: MediaState; bytes: number | null; fault: MessageFault | null } | null;
  saidAt: number;
  createdAt: number;
  expiresAt: number | null;
  sentAt: number | null;
  deliveredAt: number | null;
  readAt: number | null;
  playedAt: number | null;
  /** Or when it was cancelled. */
  failedAt: number | null;
  editedAt: number | null;
  deletedAt: number | null;
};
