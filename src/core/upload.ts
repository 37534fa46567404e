// A file that was brought to be sent.

export type Upload = {
  id: number;
  accountId: number;
  /** As the store names it. */
  path: string;
  bytes: number;
  /** As whoever brought it says. */
  mimeType: string;
  fileName: string | null;
  /** In hex. */
  sha256: string;
  createdAt: number;
  /** It is removed then, sent or not. */
  expiresAt: number;
};
