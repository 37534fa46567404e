// Whom an account's campaigns do not write to, and why.

/** In the order of their codes in the database; only ever added to. */
export const suppressionSources = [
  "manual", // by whoever owns the account
  "opt_out", // they said so themselves
] as const;
export type SuppressionSource = (typeof suppressionSources)[number];

export type Suppression = {
  id: number;
  accountId: number;
  /** Digits alone, in both; one of them is known. */
  phone: string | null;
  lid: string | null;
  source: SuppressionSource;
  note: string | null;
  /** What they answered to. */
  campaignId: number | null;
  createdAt: number;
};
