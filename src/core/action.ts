// What a user does to a message that is there already, and how far that has come.
import { day, hour, minute } from "./clock.ts";
import type { MessageFault } from "./message.ts";

/** In the order of their codes in the database; only ever added to. */
export const actionKinds = ["reaction", "edit", "deletion"] as const;
export type ActionKind = (typeof actionKinds)[number];

/** In the order of their codes in the database; only ever added to. */
export const actionStates = [
  "queued", // kept, and on its way as soon as it can be
  "sent", // WhatsApp has it, and it holds
  "failed", // refused, or too late; `fault` says why
] as const;
export type ActionState = (typeof actionStates)[number];

/** Of one message, as many are shown; of more nobody looks at them. */
export const mostActionsShown = 50;

export type MessageAction = {
  id: number;
  messageId: number;
  kind: ActionKind;
  /** WhatsApp's own id, which it keeps over every attempt. */
  waId: string;
  /** Of a reaction; null takes it back. */
  emoji: string | null;
  /** Of an edit. */
  text: string | null;
  state: ActionState;
  fault: MessageFault | null;
  createdAt: number;
  expiresAt: number;
  sentAt: number | null;
};

/** So long after a message was sent its receivers heed it; WhatsApp's own clients offer it no longer either. */
const windows: Record<ActionKind, number> = {
  reaction: Number.POSITIVE_INFINITY,
  edit: 15 * minute,
  deletion: 2 * day + 12 * hour,
};

/** The last moment at which it does any good to a message that was sent then. */
export function latestFor(kind: ActionKind, sentAt: number): number {
  return sentAt + windows[kind];
}
