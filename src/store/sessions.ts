// Sessions in the database: within the plan's limit, under a name that is unique in the account, their proxy sealed.
import { and, asc, count, desc, eq, inArray, isNull, lt, sql } from "drizzle-orm";
import { WaygateError } from "../core/errors.ts";
import type { PageRequest } from "../core/page.ts";
import type { Cell, Sealer } from "../core/sealing.ts";
import {
  type Session,
  type SessionReason,
  type SessionSettings,
  type SessionStatus,
  usualSettings,
} from "../core/session.ts";
import { accounts, plans } from "./account-tables.ts";
import { auditAppender, type Recorded } from "./audit.ts";
import type { Handle } from "./database.ts";
import type { Held } from "./held.ts";
import { insertKey, type NewKey } from "./keys.ts";
import { scheduleEnder } from "./schedule-ends.ts";
import { sessions } from "./tables.ts";

export type NewSession = {
  accountId: number;
  name: string;
  label: string | null;
  settings: SessionSettings;
  /** Sealed for `proxyCell`. */
  proxy: Uint8Array | null;
  isWanted: boolean;
  createdAt: number;
};

export type SessionCreation = {
  session: NewSession;
  event: Recorded;
  /** Made in the same commit. */
  clientKey?: { key: Omit<NewKey, "client"> & { sealed: Uint8Array }; event: Recorded } | undefined;
};

export type SessionChanges = {
  label?: string | null;
  /** Sealed for `proxyCell`. */
  proxy?: Uint8Array | null;
  /** Those that change. */
  settings?: Partial<SessionSettings>;
};

export type Wish = {
  id: number;
  isWanted: boolean;
  /** Where it stands until it tells itself; null leaves it. */
  standing: { status: SessionStatus; reason: SessionReason | null } | null;
  at: number;
  event: Recorded | null;
};

type Row = typeof sessions.$inferSelect;

/** Bound to account and name, which never change and are known before the row is. */
export function proxyCell({ accountId, name }: { accountId: number; name: string }): Cell {
  return { table: "sessions", column: "proxy", row: `${accountId} ${name}` };
}

export function sessionWrites(db: Handle) {
  const append = auditAppender(db);
  const { failOfSession } = scheduleEnder(db);

  async function refuseTaken({ accountId, name }: NewSession): Promise<void> {
    const same = and(eq(sessions.accountId, accountId), eq(sessions.name, name));
    const [twin] = await db.select({ id: sessions.id }).from(sessions).where(same);
    if (twin !== undefined) throw new WaygateError("conflict", `A session is named ${name} already.`);
  }

  async function refuseBeyondPlan(accountId: number): Promise<void> {
    const [plan] = await db
      .select({ most: plans.sessions })
      .from(accounts)
      .innerJoin(plans, eq(plans.id, accounts.planId))
      .where(eq(accounts.id, accountId));
    if (plan === undefined) throw new WaygateError("not_found", "There is no such account.");
    const [held] = await db.select({ sessions: count() }).from(sessions).where(eq(sessions.accountId, accountId));
    const used = held?.sessions ?? 0;
    if (plan.most === null || used < plan.most) return;
    const most = plan.most === 1 ? "one session" : `${plan.most} sessions`;
    // A plan may have been made smaller: what is there is left alone.
    const there = used > plan.most ? `, and there are ${used}, which go on` : "";
    const sentence = `The plan allows ${most}${there}; delete one, or ask for a larger plan.`;
    throw new WaygateError("limit_reached", sentence, { quota: { limit: plan.most, used, resetsAt: null } });
  }

  async function get(id: number): Promise<Row> {
    const [row] = await db.select().from(sessions).where(eq(sessions.id, id));
    if (row === undefined) throw new WaygateError("not_found", "There is no such session.");
    return row;
  }

  return {
    async "sessions.create"({ session, clientKey, event }: SessionCreation): Promise<number> {
      await refuseTaken(session);
      await refuseBeyondPlan(session.accountId);
      const status = session.isWanted ? ("starting" as const) : ("stopped" as const);
      const values = {
        ...session,
        proxy: bufferOf(session.proxy),
        status,
        reason: null,
        lease: 0,
        changedAt: session.createdAt,
      };
      const [made] = await db.insert(sessions).values(values).returning({ id: sessions.id });
      const id = made?.id ?? 0;
      await append(event);
      if (clientKey !== undefined) {
        const { sealed, ...key } = clientKey.key;
        await insertKey(db, { ...key, client: { sessionId: id, sealed } });
        await append(clientKey.event);
      }
      return id;
    },
    async "sessions.update"(input: { id: number; changes: SessionChanges; event: Recorded }): Promise<void> {
      const { settings, proxy, ...plain } = input.changes;
      const row = await get(input.id);
      const changed = { ...plain, settings: { ...row.settings, ...settings } };
      await db
        .update(sessions)
        .set(proxy === undefined ? changed : { ...changed, proxy: bufferOf(proxy) })
        .where(eq(sessions.id, input.id));
      await append(input.event);
    },
    /** What its owner wants of it, which holds over restarts of the gateway. */
    async "sessions.set_wanted"({ id, isWanted, standing, at, event }: Wish): Promise<void> {
      await get(id);
      const stands = standing === null ? {} : { ...standing, changedAt: at };
      const ends = standing?.status === "stopped" ? { connectedAt: null } : {};
      await db
        .update(sessions)
        .set({ isWanted, ...stands, ...ends })
        .where(eq(sessions.id, id));
      if (event !== null) await append(event);
    },
    async "sessions.remove"({ id, event }: { id: number; event: Recorded }): Promise<void> {
      // Those that were made since all there were had ended.
      await failOfSession({ sessionId: id, at: event.at, most: Number.MAX_SAFE_INTEGER });
      const gone = await db.delete(sessions).where(eq(sessions.id, id)).returning({ id: sessions.id });
      if (gone.length > 0) await append(event);
    },
    /** What a former master key sealed, sealed with the one in use. */
    async "sessions.reseal"({ rows }: { rows: { id: number; proxy: Uint8Array }[] }): Promise<void> {
      for (const { id, proxy } of rows) {
        await db
          .update(sessions)
          .set({ proxy: bufferOf(proxy) })
          .where(eq(sessions.id, id));
      }
    },
  };
}

export function sessionQueries(db: Handle, { held, sealer }: { held: Held<Session>; sealer: Sealer }) {
  const one = db
    .select()
    .from(sessions)
    .where(eq(sessions.id, sql.placeholder("id")))
    .prepare();
  const named = db
    .select()
    .from(sessions)
    .where(and(eq(sessions.accountId, sql.placeholder("account")), eq(sessions.name, sql.placeholder("name"))))
    .prepare();
  const mayRun = and(eq(sessions.isWanted, true), isNull(accounts.disabledAt));
  const show = (row: Row): Session => sessionOf(row, sealer);
  const showOne = ([row]: Row[]): Session | null => (row === undefined ? null : show(row));

  return {
    find: async (id: number): Promise<Session | null> => held.find(`${id}`, () => showOne(one.all({ id }))),
    findByName: async (account: number, name: string): Promise<Session | null> =>
      held.find(`${account} ${name}`, () => showOne(named.all({ account, name }))),
    /** All that bear a name, whosoever's; for the operator alone. */
    async listNamed(name: string): Promise<Session[]> {
      return (await db.select().from(sessions).where(eq(sessions.name, name))).map(show);
    },
    /** An account's, newest first; of these names only, unless that is null. */
    async count(accountId: number): Promise<number> {
      const [held] = await db.select({ sessions: count() }).from(sessions).where(eq(sessions.accountId, accountId));
      return held?.sessions ?? 0;
    },
    async list(account: number, names: readonly string[] | null, { before, limit }: PageRequest): Promise<Session[]> {
      const rows = await db
        .select()
        .from(sessions)
        .where(
          and(
            eq(sessions.accountId, account),
            before === null ? undefined : lt(sessions.id, before),
            names === null ? undefined : inArray(sessions.name, [...names]),
          ),
        )
        .orderBy(desc(sessions.id))
        .limit(limit);
      return rows.map(show);
    },
    listAll: async (account: number): Promise<Session[]> =>
      (await db.select().from(sessions).where(eq(sessions.accountId, account)).orderBy(desc(sessions.id))).map(show),
    /** What is to run, of accounts that are not switched off: of one, or of all with null. */
    async listWanted(account: number | null = null): Promise<Session[]> {
      const rows = await db
        .select({ session: sessions })
        .from(sessions)
        .innerJoin(accounts, eq(accounts.id, sessions.accountId))
        .where(account === null ? mayRun : and(mayRun, eq(sessions.accountId, account)))
        .orderBy(asc(sessions.id));
      return rows.map(({ session }) => show(session));
    },
    /** Proxies that a former master key sealed, sealed anew. */
    async stale(): Promise<{ id: number; proxy: Uint8Array }[]> {
      const rows = await db.select().from(sessions);
      return rows.flatMap((row) => {
        if (row.proxy === null || sealer.isCurrent(row.proxy)) return [];
        const cell = proxyCell(row);
        return [{ id: row.id, proxy: sealer.seal(sealer.open(row.proxy, cell), cell) }];
      });
    },
  };
}

function sessionOf({ lease: _lease, ...row }: Row, sealer: Sealer): Session {
  const proxy = row.proxy === null ? null : Buffer.from(sealer.open(row.proxy, proxyCell(row))).toString();
  // A setting that came later is as it usually is in rows from before.
  const settings = { ...usualSettings, ...row.settings };
  return { ...row, settings, proxy, reason: row.reason as SessionReason | null };
}

function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}
