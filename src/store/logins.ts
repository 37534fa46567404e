// Logins in the database. A row removed is a token that no longer works, from the next request on.
import { and, desc, eq, lte, ne, sql } from "drizzle-orm";
import type { Role } from "../core/account.ts";
import type { Login } from "../core/login.ts";
import type { PageRequest } from "../core/page.ts";
import { accounts, logins, plans } from "./account-tables.ts";
import { auditAppender, type Recorded } from "./audit.ts";
import { olderThan } from "./columns.ts";
import type { Handle } from "./database.ts";

export type NewLogin = Omit<Login, "id"> & { tokenId: string };

export type LoginHolder = {
  login: Login;
  account: { id: number; username: string; role: Role; disabledAt: number | null };
  requestsPerMinute: number | null;
};

/** More than this at once and the oldest are signed out. */
const maxLoginsPerAccount = 50;

export function loginWrites(db: Handle) {
  const append = auditAppender(db);
  return {
    async "logins.create"({ login, event }: { login: NewLogin; event: Recorded }): Promise<number> {
      await db.delete(logins).where(lte(logins.expiresAt, login.createdAt));
      const [made] = await db.insert(logins).values(login).returning({ id: logins.id });
      const [oldest] = await db
        .select({ id: logins.id })
        .from(logins)
        .where(eq(logins.accountId, login.accountId))
        .orderBy(desc(logins.id))
        .limit(1)
        .offset(maxLoginsPerAccount);
      if (oldest !== undefined) {
        await db.delete(logins).where(and(eq(logins.accountId, login.accountId), lte(logins.id, oldest.id)));
      }
      await append(event);
      return made?.id ?? 0;
    },
    async "logins.end"({ id, event }: { id: number; event: Recorded }): Promise<void> {
      const ended = await db.delete(logins).where(eq(logins.id, id)).returning({ id: logins.id });
      if (ended.length > 0) await append(event);
    },
    async "logins.end_all"(input: { accountId: number; except: number | null; event: Recorded }): Promise<void> {
      const { accountId, except, event } = input;
      await db.delete(logins).where(and(eq(logins.accountId, accountId), ne(logins.id, except ?? 0)));
      await append(event);
    },
    async "logins.seen"({ id, at }: { id: number; at: number }): Promise<void> {
      await db.update(logins).set({ lastSeenAt: at }).where(eq(logins.id, id));
    },
  };
}

export function loginQueries(db: Handle) {
  const holder = db
    .select({
      login: logins,
      account: {
        id: accounts.id,
        username: accounts.username,
        role: accounts.role,
        disabledAt: accounts.disabledAt,
      },
      requestsPerMinute: plans.requestsPerMinute,
    })
    .from(logins)
    .innerJoin(accounts, eq(accounts.id, logins.accountId))
    .innerJoin(plans, eq(plans.id, accounts.planId))
    .where(eq(logins.tokenId, sql.placeholder("tokenId")))
    .prepare();
  const page = db
    .select()
    .from(logins)
    .where(and(eq(logins.accountId, sql.placeholder("account")), olderThan(logins.id)))
    .orderBy(desc(logins.id))
    .limit(sql.placeholder("limit"))
    .prepare();
  return {
    async findHolder(tokenId: string): Promise<LoginHolder | null> {
      const [row] = await holder.execute({ tokenId });
      if (row === undefined) return null;
      return { ...row, login: loginOf(row.login) };
    },
    async find(id: number): Promise<Login | null> {
      const [row] = await db.select().from(logins).where(eq(logins.id, id));
      return row === undefined ? null : loginOf(row);
    },
    async list(accountId: number, { before, limit }: PageRequest): Promise<Login[]> {
      const rows = await page.execute({ account: accountId, before: before ?? Number.MAX_SAFE_INTEGER, limit });
      return rows.map(loginOf);
    },
  };
}

function loginOf({ tokenId: _tokenId, ...login }: typeof logins.$inferSelect): Login {
  return login;
}
