// API keys in the database: found by the hash of what was presented, counted in batches.
import { and, count, desc, eq, getTableColumns, gt, isNotNull, isNull, or, type SQL, sql } from "drizzle-orm";
import type { Role } from "../core/account.ts";
import { WaygateError } from "../core/errors.ts";
import type { ApiKey, Scope } from "../core/key.ts";
import type { PageRequest } from "../core/page.ts";
import type { Cell, Sealer } from "../core/sealing.ts";
import { accounts, apiKeys, keyUses, plans } from "./account-tables.ts";
import { auditAppender, type Recorded } from "./audit.ts";
import { olderThan } from "./columns.ts";
import type { Handle } from "./database.ts";
import type { Held } from "./held.ts";
import { straight } from "./straight.ts";
import { sessions } from "./tables.ts";

export type NewKey = {
  accountId: number;
  name: string;
  prefix: string;
  hash: Uint8Array;
  scopes: Scope[];
  sessions: string[] | null;
  addresses: string[] | null;
  createdAt: number;
  expiresAt: number | null;
  /** Of a client key: what it belongs to, and the key itself, sealed for `sealedKeyCell`. */
  client?: { sessionId: number; sealed: Uint8Array } | undefined;
};

export type KeyUse = { keyId: number; day: number; uses: number; lastUsedAt: number };

/** A key with what is needed to let its holder in or not. */
export type KeyHolder = {
  key: ApiKey;
  hash: Uint8Array;
  account: { id: number; username: string; role: Role; disabledAt: number | null };
  requestsPerMinute: number | null;
};

const maxKeysPerAccount = 200;

/** Bound to the key's own hash, which is known before its row is. */
export function sealedKeyCell(hash: Uint8Array): Cell {
  return { table: "api_keys", column: "sealed", row: Buffer.from(hash).toString("hex") };
}

export async function insertKey(db: Handle, { client, ...key }: NewKey): Promise<number> {
  const own = client === undefined ? {} : { sessionId: client.sessionId, sealed: Buffer.from(client.sealed) };
  const values = { ...key, ...own, hash: Buffer.from(key.hash), uses: 0 };
  const [twin] = await db.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.hash, values.hash));
  if (twin !== undefined) throw new WaygateError("conflict", "That key exists already.");
  const [made] = await db.insert(apiKeys).values(values).returning({ id: apiKeys.id });
  return made?.id ?? 0;
}

export function keyWrites(db: Handle) {
  const append = auditAppender(db);
  const addUses = db
    .update(apiKeys)
    .set({ uses: sql`${apiKeys.uses} + ${sql.placeholder("uses")}`, lastUsedAt: sql`${sql.placeholder("lastUsedAt")}` })
    .where(eq(apiKeys.id, sql.placeholder("keyId")))
    .returning({ id: apiKeys.id })
    .prepare();
  const addDayUses = db
    .insert(keyUses)
    .values({ keyId: sql.placeholder("keyId"), day: sql.placeholder("day"), uses: sql.placeholder("uses") })
    .onConflictDoUpdate({
      target: [keyUses.keyId, keyUses.day],
      set: { uses: sql`${keyUses.uses} + excluded.uses` },
    })
    .prepare();

  async function refuseTooMany(accountId: number, now: number): Promise<void> {
    const live = and(
      eq(apiKeys.accountId, accountId),
      isNull(apiKeys.sessionId),
      isNull(apiKeys.revokedAt),
      or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)),
    );
    const [row] = await db.select({ keys: count() }).from(apiKeys).where(live);
    if ((row?.keys ?? 0) < maxKeysPerAccount) return;
    throw new WaygateError("limit_reached", `An account has at most ${maxKeysPerAccount} keys; revoke one first.`);
  }

  return {
    async "keys.create"({ key, event }: { key: NewKey; event: Recorded }): Promise<number> {
      await refuseTooMany(key.accountId, key.createdAt);
      const id = await insertKey(db, key);
      await append(event);
      return id;
    },
    /** Unless the session is gone, or has one by now. */
    async "keys.ensure_client"({ key, event }: { key: NewKey; event: Recorded }): Promise<void> {
      const sessionId = key.client?.sessionId ?? 0;
      const [session] = await db.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, sessionId));
      if (session === undefined) throw new WaygateError("not_found", "There is no such session.");
      const [known] = await db.select({ id: apiKeys.id }).from(apiKeys).where(isClientKeyOf(sessionId));
      if (known !== undefined) return;
      await insertKey(db, key);
      await append(event);
    },
    /** What a former master key sealed, sealed with the one in use. */
    async "keys.reseal"({ rows }: { rows: { id: number; sealed: Uint8Array }[] }): Promise<void> {
      for (const { id, sealed } of rows) {
        await db
          .update(apiKeys)
          .set({ sealed: Buffer.from(sealed) })
          .where(eq(apiKeys.id, id));
      }
    },
    async "keys.rotate"(input: { oldId: number; endsAt: number; key: NewKey; event: Recorded }): Promise<number> {
      const [old] = await db.select().from(apiKeys).where(eq(apiKeys.id, input.oldId));
      if (old === undefined || old.revokedAt !== null) {
        throw new WaygateError("conflict", "That key was revoked; make a new one.");
      }
      const isOver = input.endsAt <= input.key.createdAt;
      const endsAt = Math.min(input.endsAt, old.expiresAt ?? Number.MAX_SAFE_INTEGER);
      await db
        .update(apiKeys)
        .set(isOver ? { revokedAt: input.key.createdAt } : { expiresAt: endsAt })
        .where(eq(apiKeys.id, input.oldId));
      const id = await insertKey(db, input.key);
      await append(input.event);
      return id;
    },
    async "keys.revoke"({ id, at, event }: { id: number; at: number; event: Recorded }): Promise<void> {
      const revoked = await db
        .update(apiKeys)
        .set({ revokedAt: at })
        .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
        .returning({ id: apiKeys.id });
      if (revoked.length > 0) await append(event);
    },
    async "keys.count_uses"(batch: KeyUse[]): Promise<void> {
      for (const { keyId, day, uses, lastUsedAt } of batch) {
        // A key may be gone with its account by the time its uses are written.
        const known = await addUses.execute({ keyId, uses, lastUsedAt });
        if (known.length > 0) await addDayUses.execute({ keyId, day, uses });
      }
    },
  };
}

/** That one works which never ends by itself; one before it may still be in its grace period. */
function isClientKeyOf(sessionId: number) {
  return and(eq(apiKeys.sessionId, sessionId), isNull(apiKeys.revokedAt), isNull(apiKeys.expiresAt));
}

export function keyQueries(db: Handle, { held, sealer }: { held: Held<KeyHolder>; sealer: Sealer }) {
  const { hash, sealed, ...shown } = getTableColumns(apiKeys);
  const ofHolder = {
    key: shown,
    hash,
    account: { id: accounts.id, username: accounts.username, role: accounts.role, disabledAt: accounts.disabledAt },
    requestsPerMinute: plans.requestsPerMinute,
  };
  const holder = db
    .select(ofHolder)
    .from(apiKeys)
    .innerJoin(accounts, eq(accounts.id, apiKeys.accountId))
    .innerJoin(plans, eq(plans.id, accounts.planId))
    .where(eq(apiKeys.hash, sql.placeholder("hash")))
    .prepare();
  const ofAccount = eq(apiKeys.accountId, sql.placeholder("account"));
  const page = (condition: SQL | undefined) =>
    db.select(shown).from(apiKeys).where(condition).orderBy(desc(apiKeys.id)).limit(sql.placeholder("limit")).prepare();
  const findHolder = straight(holder, ofHolder);
  const firstPage = straight(page(ofAccount), shown);
  const nextPage = straight(page(and(ofAccount, olderThan(apiKeys.id))), shown);

  return {
    async findHolder(presented: Uint8Array): Promise<KeyHolder | null> {
      const name = Buffer.from(presented.buffer, presented.byteOffset, presented.byteLength).toString("latin1");
      return held.find(name, () => findHolder({ hash: presented })[0] ?? null);
    },
    async find(id: number): Promise<ApiKey | null> {
      const [row] = await db.select(shown).from(apiKeys).where(eq(apiKeys.id, id));
      return row ?? null;
    },
    /** The client key itself, opened; null where a session has none yet. */
    async clientKeyOf(sessionId: number): Promise<{ key: ApiKey; secret: string } | null> {
      const [row] = await db
        .select({ key: shown, hash, sealed })
        .from(apiKeys)
        .where(isClientKeyOf(sessionId))
        .orderBy(desc(apiKeys.id))
        .limit(1);
      if (row === undefined || row.sealed === null) return null;
      return { key: row.key, secret: Buffer.from(sealer.open(row.sealed, sealedKeyCell(row.hash))).toString() };
    },
    /** Client keys that a former master key sealed, sealed anew. */
    async stale(): Promise<{ id: number; sealed: Uint8Array }[]> {
      const rows = await db.select({ id: apiKeys.id, hash, sealed }).from(apiKeys).where(isNotNull(apiKeys.sealed));
      return rows.flatMap((row) => {
        if (row.sealed === null || sealer.isCurrent(row.sealed)) return [];
        const cell = sealedKeyCell(row.hash);
        return [{ id: row.id, sealed: sealer.seal(sealer.open(row.sealed, cell), cell) }];
      });
    },
    list: async (account: number, { before, limit }: PageRequest): Promise<ApiKey[]> =>
      before === null ? firstPage({ account, limit }) : nextPage({ account, before, limit }),
    async usesByDay(keyId: number, sinceDay: number): Promise<{ day: number; uses: number }[]> {
      const recent = and(eq(keyUses.keyId, keyId), gt(keyUses.day, sinceDay));
      return db.select({ day: keyUses.day, uses: keyUses.uses }).from(keyUses).where(recent).orderBy(desc(keyUses.day));
    },
  };
}
