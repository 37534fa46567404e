// A named reader of an account's events: what it has not acknowledged is told again, over restarts on either side.

export type EventConsumer = {
  id: number;
  accountId: number;
  name: string;
  /** Names and sets of events; none is all. */
  events: string[];
  /** Names of sessions; null is all of the account's. */
  sessions: string[] | null;
  /** Everything up to this number in the journal is acknowledged. */
  position: number;
  createdAt: number;
  acknowledgedAt: number | null;
};
