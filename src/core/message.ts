// A message and the states it goes through.

/** In the order of their codes in the database; only ever added to. */
export const messageStates = [
  "queued", // kept, and on its way as soon as it can be
  "sent", // WhatsApp has it
  "failed", // refused; `fault` says why
] as const;
export type MessageState = (typeof messageStates)[number];

export type Message = {
  id: number;
  sessionId: number;
  /** The chat's JID. */
  chat: string;
  /** WhatsApp's own id, which receivers know it by. */
  waId: string;
  text: string | null;
  state: MessageState;
  fault: string | null;
  createdAt: number;
  sentAt: number | null;
};
