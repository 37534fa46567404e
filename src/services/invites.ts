// Invitations: made by an admin, shown once, good for one account.
import type { Role } from "../core/account.ts";
import type { Actor } from "../core/audit.ts";
import { type Clock, day } from "../core/clock.ts";
import { invalidField, WaygateError } from "../core/errors.ts";
import type { Invite } from "../core/invite.ts";
import { hashKey, randomBase62 } from "../core/key.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import { defaultPlan } from "../core/plan.ts";
import type { Store } from "../store/store.ts";
import { planNamed } from "./plans.ts";

export type InviteInput = {
  email?: string | null | undefined;
  role?: Role | undefined;
  plan?: string | undefined;
  expiresAt?: number | undefined;
};
export type Invites = ReturnType<typeof createInvites>;

const usualLifeMs = 7 * day;

export const hashInvite = (token: string): Uint8Array => hashKey(token);

export function createInvites({ store, clock }: { store: Store; clock: Clock }) {
  async function get(id: number): Promise<Invite> {
    const invite = await store.invites.find(id);
    if (invite === null) throw new WaygateError("not_found", "There is no such invitation.");
    return invite;
  }

  return {
    get,
    async list(page: PageRequest): Promise<Page<Invite>> {
      return pageOf(page, (oneMore) => store.invites.list(oneMore));
    },
    async create(input: InviteInput, actor: Actor): Promise<{ invite: Invite; token: string }> {
      const plan = await planNamed(store, input.plan ?? defaultPlan);
      const now = clock.now();
      const expiresAt = input.expiresAt ?? now + usualLifeMs;
      if (expiresAt <= now) throw invalidField("/expires_at", "The invitation would be over already.");
      const token = `wg_inv_${randomBase62(30)}`;
      const { email = null, role = "user" } = input;
      const id = await store.write("invites.create", {
        invite: { hash: hashInvite(token), email, role, planId: plan.id, createdAt: now, expiresAt },
        event: {
          action: "invite.created",
          actor,
          accountId: null,
          target: email,
          detail: { role, plan: plan.name },
          at: now,
        },
      });
      return { invite: await get(id), token };
    },
    async revoke(id: number, actor: Actor): Promise<void> {
      const { email } = await get(id);
      const at = clock.now();
      const event = { action: "invite.revoked", actor, accountId: null, target: email, detail: {}, at } as const;
      await store.write("invites.revoke", { id, at, event });
    },
  };
}
