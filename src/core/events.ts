// Every event Waygate can tell of: when it happens, and what whoever hears of it may do.

export const eventTypes = {
  "session.qr": "A session shows a new QR; scan it before it expires.",
  "session.connected": "A session is connected to WhatsApp.",
  "session.disconnected": "A session lost its connection and is making it again by itself; nothing need be done.",
  "session.logged_out": "A session was unlinked; it must be linked again.",
  "session.failed": "A session cannot go on by itself; `data.reason` says why and what to do.",
  "session.stalled": "A session was connected and heard nothing; its connection was made anew.",
} as const;

export type EventType = keyof typeof eventTypes;

/** An event as it is written down: with the rows it speaks of, in one transaction. */
export type NewEvent = {
  accountId: number;
  sessionId: number | null;
  type: EventType;
  at: number;
  /** Core values, not any surface's JSON. */
  data: Record<string, unknown>;
};

/** As it is read back; `id` is its place in the journal and never changes. */
export type JournalEvent = NewEvent & { id: number };
