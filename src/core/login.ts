// Logins: one signed-in browser or program each; the row is the login, its token only names it.

export type Login = {
  id: number;
  accountId: number;
  createdAt: number;
  lastSeenAt: number;
  expiresAt: number;
  address: string | null;
  userAgent: string | null;
};
