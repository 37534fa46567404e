// Accounts in the database, and the rule that an installation never loses its last admin.
import { and, count, desc, eq, isNull, lt, ne, or, sql } from "drizzle-orm";
import type { Account, Role } from "../core/account.ts";
import { WaygateError } from "../core/errors.ts";
import type { PageRequest } from "../core/page.ts";
import { accounts, logins, plans } from "./account-tables.ts";
import { auditAppender, type Recorded } from "./audit.ts";
import type { Handle } from "./database.ts";
import { useInvite } from "./invites.ts";
import { insertKey, type NewKey } from "./keys.ts";

export type NewAccount = {
  username: string;
  email: string | null;
  passwordHash: string | null;
  role: Role;
  planId: number;
  createdAt: number;
  timeZone?: string;
};

export type AccountChanges = Partial<Omit<NewAccount, "createdAt">> & { disabledAt?: number | null };

export type AccountCreation = {
  account: NewAccount;
  event: Recorded;
  /** Made in the same commit, for a first start without a person. */
  key?: Omit<NewKey, "accountId">;
  /** Used up in the same commit; its role and plan win. */
  inviteHash?: Uint8Array;
  /** Refused once an admin exists. */
  asFirstAdmin?: boolean;
};

export function accountWrites(db: Handle) {
  const append = auditAppender(db);

  async function refuseTaken(names: { username?: string; email?: string | null }, ownId: number | null): Promise<void> {
    const clash = async (condition: ReturnType<typeof eq>) => {
      const [twin] = await db.select({ id: accounts.id }).from(accounts).where(condition);
      return twin !== undefined && twin.id !== ownId;
    };
    if (names.username !== undefined && (await clash(eq(accounts.username, names.username)))) {
      throw new WaygateError("conflict", "That user name is taken.");
    }
    if (names.email != null && (await clash(eq(accounts.email, names.email)))) {
      throw new WaygateError("conflict", "That e-mail address belongs to another account.");
    }
  }

  async function keepAnAdmin(exceptId: number): Promise<void> {
    const others = and(ne(accounts.id, exceptId), eq(accounts.role, "admin"), isNull(accounts.disabledAt));
    const [row] = await db.select({ admins: count() }).from(accounts).where(others);
    if (row?.admins === 0) throw new WaygateError("conflict", "This is the last admin; make another one first.");
  }

  async function isActiveAdmin(id: number): Promise<boolean> {
    const [row] = await db.select().from(accounts).where(eq(accounts.id, id));
    return row !== undefined && row.role === "admin" && row.disabledAt === null;
  }

  return {
    async "accounts.create"({ account, event, key, inviteHash, asFirstAdmin }: AccountCreation): Promise<number> {
      if (asFirstAdmin === true && (await hasAdmin(db))) {
        throw new WaygateError("conflict", "An admin exists already; sign in instead.");
      }
      await refuseTaken(account, null);
      const invite = inviteHash === undefined ? null : await useInvite(db, inviteHash, account);
      const values = { ...account, role: invite?.role ?? account.role, planId: invite?.planId ?? account.planId };
      const [made] = await db.insert(accounts).values(values).returning({ id: accounts.id });
      const id = made?.id ?? 0;
      if (invite !== null) await invite.markUsed(id);
      if (key !== undefined) await insertKey(db, { ...key, accountId: id });
      const actor = event.actor.accountId === null ? { ...event.actor, accountId: id } : event.actor;
      await append({ ...event, accountId: id, actor: asFirstAdmin === true ? event.actor : actor });
      return id;
    },
    async "accounts.update"(input: {
      id: number;
      changes: AccountChanges;
      endLogins: { except: number | null } | null;
      events: Recorded[];
    }): Promise<void> {
      const { id, changes, endLogins } = input;
      const weakens = changes.role === "user" || (changes.disabledAt !== undefined && changes.disabledAt !== null);
      if (weakens && (await isActiveAdmin(id))) await keepAnAdmin(id);
      await refuseTaken(changes, id);
      if (Object.keys(changes).length > 0) await db.update(accounts).set(changes).where(eq(accounts.id, id));
      if (endLogins !== null) {
        await db.delete(logins).where(and(eq(logins.accountId, id), ne(logins.id, endLogins.except ?? 0)));
      }
      for (const event of input.events) await append(event);
    },
    /** Asked before anything of it goes. */
    async "accounts.check_removal"({ id }: { id: number }): Promise<void> {
      if (await isActiveAdmin(id)) await keepAnAdmin(id);
    },
    async "accounts.remove"({ id, event }: { id: number; event: Recorded }): Promise<void> {
      if (await isActiveAdmin(id)) await keepAnAdmin(id);
      await db.delete(accounts).where(eq(accounts.id, id));
      await append(event);
    },
  };
}

export function accountQueries(db: Handle) {
  const columns = {
    id: accounts.id,
    username: accounts.username,
    email: accounts.email,
    role: accounts.role,
    planId: accounts.planId,
    planName: plans.name,
    passwordHash: accounts.passwordHash,
    disabledAt: accounts.disabledAt,
    createdAt: accounts.createdAt,
    timeZone: accounts.timeZone,
  };
  const select = () => db.select(columns).from(accounts).innerJoin(plans, eq(plans.id, accounts.planId));
  const one = select()
    .where(eq(accounts.id, sql.placeholder("id")))
    .prepare();
  const byLoginName = select()
    .where(or(eq(accounts.username, sql.placeholder("name")), eq(accounts.email, sql.placeholder("name"))))
    .limit(1)
    .prepare();
  const page = select()
    .where(lt(accounts.id, sql.placeholder("before")))
    .orderBy(desc(accounts.id))
    .limit(sql.placeholder("limit"))
    .prepare();

  return {
    async find(id: number): Promise<Account | null> {
      const [row] = await one.execute({ id });
      return row === undefined ? null : accountOf(row);
    },
    /** By user name or e-mail, with the hash of the password: for logging in only. */
    async findForLogin(name: string): Promise<{ account: Account; passwordHash: string | null } | null> {
      const [row] = await byLoginName.execute({ name });
      return row === undefined ? null : { account: accountOf(row), passwordHash: row.passwordHash };
    },
    async list({ before, limit }: PageRequest): Promise<Account[]> {
      const rows = await page.execute({ before: before ?? Number.MAX_SAFE_INTEGER, limit });
      return rows.map(accountOf);
    },
    hasAdmin: (): Promise<boolean> => hasAdmin(db),
  };
}

async function hasAdmin(db: Handle): Promise<boolean> {
  const rows = await db.select({ id: accounts.id }).from(accounts).where(eq(accounts.role, "admin")).limit(1);
  return rows.length > 0;
}

type AccountRow = Omit<Account, "hasPassword"> & { passwordHash: string | null };

function accountOf({ passwordHash, ...row }: AccountRow): Account {
  return { ...row, hasPassword: passwordHash !== null };
}
