// Webhooks in the database: their secrets sealed, their place in the journal where the deliveries end.
import { and, asc, count, desc, eq, getTableColumns, isNull, lt, max, ne, sql } from "drizzle-orm";
import type { SQLiteUpdateSetSource } from "drizzle-orm/sqlite-core";
import { WaygateError } from "../core/errors.ts";
import type { PageRequest } from "../core/page.ts";
import type { Cell, Sealer } from "../core/sealing.ts";
import { type DisabledReason, type Webhook, type WebhookState, webhookLimits } from "../core/webhook.ts";
import { accounts, plans } from "./account-tables.ts";
import { auditAppender, type Recorded } from "./audit.ts";
import type { Handle } from "./database.ts";
import { journalAppender } from "./journal.ts";
import { journal } from "./tables.ts";
import { webhooks } from "./webhook-tables.ts";

type Sealed = { headers: Uint8Array | null; secret: Uint8Array; previousSecret: Uint8Array | null };
type SealedColumn = keyof Sealed;
type Plain = Pick<Webhook, "url" | "description" | "format" | "events" | "sessions" | "chats"> &
  Pick<Webhook, "timeoutMs" | "isOrdered" | "retry">;

export type NewWebhook = Plain &
  Pick<Sealed, "headers" | "secret"> & { accountId: number; cell: string; state: WebhookState; createdAt: number };
/** `seen`: up to there it was asked for as it was before. */
export type WebhookUpdate = {
  id: number;
  changes: Partial<Plain & Pick<Sealed, "headers" | "secret">>;
  seen: number;
  at: number;
  event: Recorded;
};
export type WebhookRotation = {
  id: number;
  secret: Uint8Array;
  previous: { secret: Uint8Array; until: number } | null;
  at: number;
  event: Recorded;
};
/** With what decides how it is delivered to, and how often. */
export type DueWebhook = { webhook: Webhook; eventsPerMinute: number | null };

type Row = typeof webhooks.$inferSelect;

/** Bound to a name of the row's own that is known before the row is. */
export function webhookCell(column: SealedColumn, cell: string): Cell {
  return { table: "webhooks", column, row: cell };
}

const isThere = ne(webhooks.state, "removed");

export function webhookWrites(db: Handle) {
  const append = auditAppender(db);
  const tell = journalAppender(db);
  const one = (id: number) => and(eq(webhooks.id, id), isThere);

  async function refuseTooMany(accountId: number): Promise<void> {
    const own = and(eq(webhooks.accountId, accountId), isThere);
    const [held] = await db.select({ webhooks: count() }).from(webhooks).where(own);
    if ((held?.webhooks ?? 0) < webhookLimits.perAccount) return;
    const sentence = `An account has at most ${webhookLimits.perAccount} webhooks; delete one first.`;
    throw new WaygateError("limit_reached", sentence);
  }

  async function change(id: number, changes: SQLiteUpdateSetSource<typeof webhooks>): Promise<void> {
    const changed = await db.update(webhooks).set(changes).where(one(id)).returning({ id: webhooks.id });
    if (changed.length === 0) throw new WaygateError("not_found", "There is no such webhook.");
  }

  return {
    /** It is told what happens from now on: what is in the journal already was before it. */
    async "webhooks.create"({ webhook, event }: { webhook: NewWebhook; event: Recorded }): Promise<number> {
      await refuseTooMany(webhook.accountId);
      const [end] = await db.select({ id: max(journal.id) }).from(journal);
      const { headers, secret, createdAt } = webhook;
      const sealed = { headers: bufferOf(headers), secret: Buffer.from(secret) };
      const [made] = await db
        .insert(webhooks)
        .values({ ...webhook, ...sealed, cursor: end?.id ?? 0, updatedAt: createdAt })
        .returning({ id: webhooks.id });
      await append(event);
      return made?.id ?? 0;
    },
    async "webhooks.update"({ id, changes, seen, at, event }: WebhookUpdate): Promise<void> {
      const { headers, secret, ...plain } = changes;
      const sealed = {
        ...(headers === undefined ? {} : { headers: bufferOf(headers) }),
        ...(secret === undefined ? {} : { secret: Buffer.from(secret), previousSecret: null, previousUntil: null }),
      };
      // What failed elsewhere says nothing of it.
      const url = plain.url ?? null;
      const failingSince = sql`CASE WHEN coalesce(${url}, ${webhooks.url}) = ${webhooks.url} THEN ${webhooks.failingSince} END`;
      await change(id, { ...plain, ...sealed, failingSince, updatedAt: at });
      await db
        .update(webhooks)
        .set({ cursor: seen })
        .where(and(eq(webhooks.id, id), lt(webhooks.cursor, seen)));
      await append(event);
    },
    async "webhooks.rotate"({ id, secret, previous, at, event }: WebhookRotation): Promise<void> {
      await change(id, {
        secret: Buffer.from(secret),
        previousSecret: bufferOf(previous?.secret ?? null),
        previousUntil: previous?.until ?? null,
        updatedAt: at,
      });
      await append(event);
    },
    /** By its owner. What failed before is forgiven. */
    async "webhooks.set_state"(input: {
      id: number;
      state: Exclude<WebhookState, "disabled">;
      at: number;
      event: Recorded;
    }): Promise<void> {
      await change(input.id, { state: input.state, reason: null, failingSince: null, updatedAt: input.at });
      await append(input.event);
    },
    /** With their account, whose end is written down elsewhere. Gives back all that are to be cleared away. */
    async "webhooks.remove_all"({ accountId, at }: { accountId: number; at: number }): Promise<number[]> {
      const removed = await db
        .update(webhooks)
        .set({ state: "removed", updatedAt: at })
        .where(eq(webhooks.accountId, accountId))
        .returning({ id: webhooks.id });
      return removed.map(({ id }) => id);
    },
    /** A try: told to one webhook alone. Gives back the event's number. */
    async "webhooks.announce_test"({ id, at }: { id: number; at: number }): Promise<number> {
      const [row] = await db.select({ accountId: webhooks.accountId }).from(webhooks).where(one(id));
      if (row === undefined) throw new WaygateError("not_found", "There is no such webhook.");
      return tell({ accountId: row.accountId, sessionId: null, type: "webhook.test", at, data: { webhookId: id } });
    },
    /** After its deliveries. */
    async "webhooks.drop"({ id }: { id: number }): Promise<void> {
      await db.delete(webhooks).where(and(eq(webhooks.id, id), eq(webhooks.state, "removed")));
    },
    /** What a former master key sealed, sealed with the one in use. */
    async "webhooks.reseal"({ rows }: { rows: (Sealed & { id: number })[] }): Promise<void> {
      for (const { id, headers, secret, previousSecret } of rows) {
        const sealed = { headers: bufferOf(headers), secret: Buffer.from(secret) };
        await db
          .update(webhooks)
          .set({ ...sealed, previousSecret: bufferOf(previousSecret) })
          .where(eq(webhooks.id, id));
      }
    },
  };
}

export function webhookQueries(db: Handle, sealer: Sealer) {
  const show = (row: Row) => webhookOf(row, sealer);

  return {
    async find(id: number): Promise<Webhook | null> {
      const [row] = await db
        .select()
        .from(webhooks)
        .where(and(eq(webhooks.id, id), isThere));
      return row === undefined ? null : show(row);
    },
    /** An account's, newest first. */
    async list(account: number, { before, limit }: PageRequest): Promise<Webhook[]> {
      const older = before === null ? undefined : lt(webhooks.id, before);
      const own = and(eq(webhooks.accountId, account), isThere, older);
      return (await db.select().from(webhooks).where(own).orderBy(desc(webhooks.id)).limit(limit)).map(show);
    },
    /** Those that are told what happens, of accounts that are switched on. */
    async listDue(): Promise<DueWebhook[]> {
      const rows = await db
        .select({ row: getTableColumns(webhooks), eventsPerMinute: plans.webhookEventsPerMinute })
        .from(webhooks)
        .innerJoin(accounts, eq(accounts.id, webhooks.accountId))
        .innerJoin(plans, eq(plans.id, accounts.planId))
        .where(and(eq(webhooks.state, "active"), isNull(accounts.disabledAt)))
        .orderBy(asc(webhooks.id));
      return rows.map(({ row, eventsPerMinute }) => ({ webhook: show(row), eventsPerMinute }));
    },
    /** Those whose deliveries are to be cleared away. */
    async listRemoved(): Promise<number[]> {
      const rows = await db.select({ id: webhooks.id }).from(webhooks).where(eq(webhooks.state, "removed"));
      return rows.map(({ id }) => id);
    },
    async stale(): Promise<(Sealed & { id: number })[]> {
      const rows = await db.select().from(webhooks);
      const anew = (column: SealedColumn, { cell, [column]: value }: Row) => {
        const place = webhookCell(column, cell);
        return value === null ? null : sealer.seal(sealer.open(value, place), place);
      };
      const isStale = (row: Row) => [row.secret, row.headers, row.previousSecret].some((one) => isOld(one, sealer));
      return rows.filter(isStale).map((row) => ({
        id: row.id,
        secret: anew("secret", row) ?? row.secret,
        headers: anew("headers", row),
        previousSecret: anew("previousSecret", row),
      }));
    },
  };
}

/** Used where the gateway itself ends a webhook: told to the account's others, and written down for good. */
export function webhookDisabler(db: Handle) {
  const audit = auditAppender(db);
  const tell = journalAppender(db);
  return async ({ id, reason, at, event }: Disabling): Promise<void> => {
    const [row] = await db
      .update(webhooks)
      .set({ state: "disabled", reason, updatedAt: at })
      .where(and(eq(webhooks.id, id), eq(webhooks.state, "active")))
      .returning({ accountId: webhooks.accountId, url: webhooks.url });
    if (row === undefined) return;
    const data = { webhookId: id, host: new URL(row.url).host, reason };
    tell({ accountId: row.accountId, sessionId: null, type: "webhook.disabled", at, data });
    await audit(event);
  };
}

export type Disabling = { id: number; reason: DisabledReason; at: number; event: Recorded };

function webhookOf(row: Row, sealer: Sealer): Webhook {
  const open = (column: SealedColumn): string | null => {
    const value = row[column];
    return value === null ? null : Buffer.from(sealer.open(value, webhookCell(column, row.cell))).toString();
  };
  const headers = open("headers");
  return {
    ...row,
    reason: row.reason as DisabledReason | null,
    headers: headers === null ? {} : JSON.parse(headers),
    secret: open("secret") ?? "",
    previousSecret: open("previousSecret"),
  };
}

function isOld(value: Uint8Array | null, sealer: Sealer): boolean {
  return value !== null && !sealer.isCurrent(value);
}

function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}
