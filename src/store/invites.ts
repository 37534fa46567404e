// Invitations in the database: single use, found by the hash of their token.
import { and, desc, eq, isNull, lt, sql } from "drizzle-orm";
import type { Role } from "../core/account.ts";
import { WaygateError } from "../core/errors.ts";
import type { Invite } from "../core/invite.ts";
import type { PageRequest } from "../core/page.ts";
import { invites, plans } from "./account-tables.ts";
import { auditAppender, type Recorded } from "./audit.ts";
import type { Handle } from "./database.ts";

export type NewInvite = {
  hash: Uint8Array;
  email: string | null;
  role: Role;
  planId: number;
  createdAt: number;
  expiresAt: number;
};

/** What an invitation grants; throws unless it may be used by this person now. */
export async function useInvite(db: Handle, hash: Uint8Array, guest: { email: string | null; createdAt: number }) {
  const [row] = await db
    .select()
    .from(invites)
    .where(eq(invites.hash, Buffer.from(hash)));
  if (row === undefined || row.revokedAt !== null || row.usedAt !== null || row.expiresAt <= guest.createdAt) {
    throw new WaygateError("forbidden", "The invitation is not valid: it was used, revoked, or is too old.");
  }
  if (row.email !== null && row.email.toLowerCase() !== guest.email?.toLowerCase()) {
    throw new WaygateError("forbidden", "The invitation is for another e-mail address.");
  }
  return {
    role: row.role,
    planId: row.planId,
    markUsed: async (accountId: number) => {
      await db.update(invites).set({ usedAt: guest.createdAt, usedBy: accountId }).where(eq(invites.id, row.id));
    },
  };
}

export function inviteWrites(db: Handle) {
  const append = auditAppender(db);
  return {
    async "invites.create"({ invite, event }: { invite: NewInvite; event: Recorded }): Promise<number> {
      const values = { ...invite, hash: Buffer.from(invite.hash) };
      const [made] = await db.insert(invites).values(values).returning({ id: invites.id });
      await append(event);
      return made?.id ?? 0;
    },
    async "invites.revoke"({ id, at, event }: { id: number; at: number; event: Recorded }): Promise<void> {
      const open = and(eq(invites.id, id), isNull(invites.revokedAt), isNull(invites.usedAt));
      const revoked = await db.update(invites).set({ revokedAt: at }).where(open).returning({ id: invites.id });
      if (revoked.length > 0) await append(event);
    },
  };
}

export function inviteQueries(db: Handle) {
  const select = () =>
    db.select({ invite: invites, planName: plans.name }).from(invites).innerJoin(plans, eq(plans.id, invites.planId));
  const page = select()
    .where(lt(invites.id, sql.placeholder("before")))
    .orderBy(desc(invites.id))
    .limit(sql.placeholder("limit"))
    .prepare();
  return {
    async find(id: number): Promise<Invite | null> {
      const [row] = await select().where(eq(invites.id, id));
      return row === undefined ? null : inviteOf(row);
    },
    async list({ before, limit }: PageRequest): Promise<Invite[]> {
      const rows = await page.execute({ before: before ?? Number.MAX_SAFE_INTEGER, limit });
      return rows.map(inviteOf);
    },
  };
}

function inviteOf(row: { invite: typeof invites.$inferSelect; planName: string }): Invite {
  const { hash: _hash, ...invite } = row.invite;
  return { ...invite, planName: row.planName };
}
