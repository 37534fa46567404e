// What is to go out: kept with everything a later attempt needs, told of, and settled once.
import { and, asc, eq, isNotNull, lt, sql } from "drizzle-orm";
import type { ChatRef } from "../core/chat.ts";
import type { Content, Context } from "../core/content.ts";
import { WaygateError } from "../core/errors.ts";
import { chatKeeper, ownerFinder } from "./chats.ts";
import type { Handle } from "./database.ts";
import { journalAppender } from "./journal.ts";
import { messageKeeper } from "./message-rows.ts";
import { media, messages } from "./tables.ts";

export type NewMessage = {
  sessionId: number;
  chat: ChatRef;
  /** The JID it is sent to. */
  target: string;
  waId: string;
  content: Content;
  context: Context;
  raw: Uint8Array;
  secret: Uint8Array | null;
  createdAt: number;
  /** Not sent any more after that. */
  expiresAt: number | null;
  /** The file it carries, where it lies. */
  file: { path: string; bytes: number } | null;
};
export type Settled = { id: number; at: number } & (
  | { state: "sent" }
  | { state: "failed" | "cancelled"; code: string; sentence: string }
);
export type QueuedMessage = { id: number; target: string; waId: string; raw: Uint8Array; expiresAt: number | null };

export function outboxWrites(db: Handle) {
  const append = journalAppender(db);
  const ownerOf = ownerFinder(db);
  const { ensureChat, noteMessage } = chatKeeper(db);
  const { insertMessage } = messageKeeper(db);

  return {
    async "outbox.enqueue"(message: NewMessage): Promise<number> {
      const { sessionId, chat, createdAt, file } = message;
      const owner = await ownerOf(sessionId);
      if (owner === undefined) throw new WaygateError("not_found", "There is no such session.");
      const { id: chatId } = await ensureChat({ ...owner, chat, at: createdAt });
      const row = { ...message, chatId, fromMe: true, senderId: null, state: "queued", saidAt: createdAt } as const;
      const id = await insertMessage(row);
      if (id === null) throw new WaygateError("conflict", "There is a message with this id already.");
      if (file !== null) {
        await db.insert(media).values({
          messageId: id,
          state: "stored",
          path: file.path,
          bytes: file.bytes,
          attempts: 0,
          storedAt: createdAt,
        });
      }
      await noteMessage({ id: chatId, messageId: id, at: createdAt, unread: 0 });
      await append({ ...owner, type: "message.queued", at: createdAt, data: { messageId: id } });
      return id;
    },
    /** False when it was settled before. */
    async "outbox.settle"(settled: Settled): Promise<boolean> {
      const { id, at, state } = settled;
      const fault = state === "sent" ? null : JSON.stringify({ code: settled.code, sentence: settled.sentence });
      const [row] = await db
        .update(messages)
        .set({ state, fault, sentAt: state === "sent" ? at : null })
        .where(and(eq(messages.id, id), eq(messages.state, "queued")))
        .returning({ sessionId: messages.sessionId });
      if (row === undefined) return false;
      const owner = await ownerOf(row.sessionId);
      const type = state === "sent" ? ("message.sent" as const) : ("message.failed" as const);
      if (owner !== undefined) await append({ ...owner, type, at, data: { messageId: id } });
      return true;
    },
  };
}

export function outboxQueries(db: Handle) {
  const waiting = db
    .select({
      id: messages.id,
      target: messages.target,
      waId: messages.waId,
      raw: messages.raw,
      expiresAt: messages.expiresAt,
    })
    .from(messages)
    .where(and(eq(messages.sessionId, sql.placeholder("sessionId")), sql`${messages.state} = 0`))
    .orderBy(asc(messages.id))
    .limit(sql.placeholder("limit"))
    .prepare();
  const sent = db
    .select({ raw: messages.raw })
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
    /** Those of a session that are still to go, oldest first. */
    async queued(sessionId: number, limit: number): Promise<QueuedMessage[]> {
      const rows = await waiting.execute({ sessionId, limit });
      return rows.flatMap(({ target, raw, ...row }) =>
        target === null || raw === null ? [] : [{ ...row, target, raw }],
      );
    },
    /** For somebody who could not read it, weeks later perhaps. At once: Baileys asks in the midst of an answer. */
    contentOf: (sessionId: number, waId: string): Uint8Array | null => sent.get({ sessionId, waId })?.raw ?? null,
    /** Whose time is up before they could go. */
    async overdue(now: number, limit: number): Promise<{ id: number }[]> {
      return db
        .select({ id: messages.id })
        .from(messages)
        .where(and(sql`${messages.state} = 0`, isNotNull(messages.expiresAt), lt(messages.expiresAt, now)))
        .limit(limit);
    },
  };
}
