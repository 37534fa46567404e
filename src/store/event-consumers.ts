// Named readers of events in the database, each with its own place in the journal.
import { and, count, desc, eq, sql } from "drizzle-orm";
import { WaygateError } from "../core/errors.ts";
import type { EventConsumer } from "../core/event-consumer.ts";
import type { PageRequest } from "../core/page.ts";
import { jsonOf, millis, olderThan, reference, rowId, table, words } from "./columns.ts";
import type { Handle } from "./database.ts";

export const eventConsumers = table("event_consumers", {
  id: rowId(),
  accountId: reference("account_id").notNull(),
  name: words("name").notNull(),
  events: jsonOf<string[]>("events").notNull(),
  sessions: jsonOf<string[]>("sessions"),
  position: reference("position").notNull(),
  createdAt: millis("created_at").notNull(),
  acknowledgedAt: millis("acknowledged_at"),
});

export type NewEventConsumer = Omit<EventConsumer, "id" | "acknowledgedAt">;
const mostPerAccount = 100;

export function eventConsumerWrites(db: Handle) {
  return {
    async "events.create_consumer"(consumer: NewEventConsumer): Promise<number> {
      const { accountId, name } = consumer;
      const ofAccount = eq(eventConsumers.accountId, accountId);
      const [taken] = await db
        .select({ id: eventConsumers.id })
        .from(eventConsumers)
        .where(and(ofAccount, eq(eventConsumers.name, name)));
      if (taken !== undefined) throw new WaygateError("conflict", `There is a consumer called ${name} already.`);
      const [there] = await db.select({ consumers: count() }).from(eventConsumers).where(ofAccount);
      if ((there?.consumers ?? 0) >= mostPerAccount) {
        throw new WaygateError("conflict", `An account has at most ${mostPerAccount} consumers; remove one first.`);
      }
      const [made] = await db.insert(eventConsumers).values(consumer).returning({ id: eventConsumers.id });
      return made?.id ?? 0;
    },
    /** Never back: what was acknowledged stays so. */
    async "events.acknowledge"({ id, upTo, at }: { id: number; upTo: number; at: number }): Promise<void> {
      await db
        .update(eventConsumers)
        .set({ position: sql`max(${eventConsumers.position}, ${upTo})`, acknowledgedAt: at })
        .where(eq(eventConsumers.id, id));
    },
    async "events.remove_consumer"({ id }: { id: number }): Promise<void> {
      await db.delete(eventConsumers).where(eq(eventConsumers.id, id));
    },
  };
}

export function eventConsumerQueries(db: Handle) {
  const ofAccount = eq(eventConsumers.accountId, sql.placeholder("account"));
  const page = db
    .select()
    .from(eventConsumers)
    .where(and(ofAccount, olderThan(eventConsumers.id)))
    .orderBy(desc(eventConsumers.id))
    .limit(sql.placeholder("limit"))
    .prepare();
  const named = db
    .select()
    .from(eventConsumers)
    .where(and(ofAccount, eq(eventConsumers.name, sql.placeholder("name"))))
    .prepare();
  return {
    async find(id: number): Promise<EventConsumer | null> {
      const [row] = await db.select().from(eventConsumers).where(eq(eventConsumers.id, id));
      return row ?? null;
    },
    async findByName(account: number, name: string): Promise<EventConsumer | null> {
      const [row] = await named.execute({ account, name });
      return row ?? null;
    },
    list: (account: number, { before, limit }: PageRequest): Promise<EventConsumer[]> =>
      page.execute({ account, before: before ?? Number.MAX_SAFE_INTEGER, limit }),
  };
}
