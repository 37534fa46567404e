// Messages in the database: queued with everything a later attempt needs, settled once.
import { and, asc, eq, getTableColumns, gt, sql } from "drizzle-orm";
import { WaygateError } from "../core/errors.ts";
import type { Message } from "../core/message.ts";
import type { Outgoing } from "../core/ports.ts";
import type { Handle } from "./database.ts";
import { messages, sessions } from "./tables.ts";

export type NewMessage = Outgoing & { sessionId: number; text: string | null; createdAt: number };
export type Settled = { id: number; at: number } & ({ state: "sent" } | { state: "failed"; fault: string });
export type QueuedMessage = Outgoing & { id: number };

export function messageWrites(db: Handle) {
  const insert = db
    .insert(messages)
    .values({
      sessionId: sql.placeholder("sessionId"),
      chat: sql.placeholder("chat"),
      waId: sql.placeholder("waId"),
      fromMe: true,
      text: sql.placeholder("text"),
      content: sql.placeholder("content"),
      state: "queued",
      createdAt: sql.placeholder("createdAt"),
    })
    .returning({ id: messages.id })
    .prepare();

  return {
    async "messages.enqueue"(message: NewMessage): Promise<number> {
      const [session] = await db.select({ id: sessions.id }).from(sessions).where(eq(sessions.id, message.sessionId));
      if (session === undefined) throw new WaygateError("not_found", "There is no such session.");
      const [made] = await insert.execute(message);
      return made?.id ?? 0;
    },
    async "messages.settle"(settled: Settled): Promise<void> {
      const { id, state, at } = settled;
      const fault = state === "failed" ? settled.fault : null;
      await db
        .update(messages)
        .set({ state, fault, sentAt: state === "sent" ? at : null })
        .where(and(eq(messages.id, id), eq(messages.state, "queued")));
    },
  };
}

export function messageQueries(db: Handle) {
  const { content, fromMe: _fromMe, ...shown } = getTableColumns(messages);
  const one = db
    .select(shown)
    .from(messages)
    .where(eq(messages.id, sql.placeholder("id")))
    .prepare();
  const waiting = db
    .select({ id: messages.id, chat: messages.chat, waId: messages.waId, content })
    .from(messages)
    .where(
      and(
        eq(messages.sessionId, sql.placeholder("sessionId")),
        sql`${messages.state} = 0`,
        gt(messages.id, sql.placeholder("after")),
      ),
    )
    .orderBy(asc(messages.id))
    .limit(sql.placeholder("limit"))
    .prepare();
  const sent = db
    .select({ content })
    .from(messages)
    .where(
      and(
        eq(messages.sessionId, sql.placeholder("sessionId")),
        eq(messages.waId, sql.placeholder("waId")),
        eq(messages.fromMe, true),
      ),
    )
    .prepare();

  return {
    async find(id: number): Promise<Message | null> {
      const [row] = await one.execute({ id });
      return row ?? null;
    },
    /** Those of a session that are still to go, oldest first. */
    queued: async (sessionId: number, after: number, limit: number): Promise<QueuedMessage[]> =>
      waiting.execute({ sessionId, after, limit }),
    /** For somebody who could not read it, weeks later perhaps. At once: Baileys asks in the midst of an answer. */
    contentOf: (sessionId: number, waId: string): Uint8Array | null => sent.get({ sessionId, waId })?.content ?? null,
  };
}
