// Invitations: a single-use link with which somebody may make an account.
import type { Role } from "./account.ts";

export type Invite = {
  id: number;
  email: string | null;
  role: Role;
  planId: number;
  planName: string;
  createdAt: number;
  expiresAt: number;
  revokedAt: number | null;
  usedAt: number | null;
  usedBy: number | null;
};

export type InviteStatus = "open" | "used" | "revoked" | "expired";

export function inviteStatus(invite: Invite, now: number): InviteStatus {
  if (invite.usedAt !== null) return "used";
  if (invite.revokedAt !== null) return "revoked";
  return invite.expiresAt <= now ? "expired" : "open";
}
