// What is to go out: kept with everything a later attempt needs, told of, and settled once.
import { and, asc, eq, isNotNull, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { ChatRef } from "../core/chat.ts";
import { day } from "../core/clock.ts";
import type { Content, Context } from "../core/content.ts";
import { WaygateError } from "../core/errors.ts";
import { chatKeeper, ownerFinder } from "./chats.ts";
import { sendCounter } from "./daily-sends.ts";
import type { Handle } from "./database.ts";
import { journalAppender } from "./journal.ts";
import { messageKeeper } from "./message-rows.ts";
import { idempotency, media, messages } from "./tables.ts";

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
  /** So that what was asked for twice is done once. */
  idempotency: IdempotencyKey | null;
};
/** `fingerprint` is of the method, the route and the body. */
export type IdempotencyKey = { key: string; fingerprint: Uint8Array };
export type Enqueued = { id: number; isReplayed: boolean };
export type Settled = { id: number; at: number } & (
  | { state: "sent" }
  | { state: "failed" | "cancelled"; code: string; sentence: string }
);
export type QueuedMessage = {
  id: number;
  target: string;
  waId: string;
  raw: Uint8Array;
  expiresAt: number | null;
  /** What has to be brought to WhatsApp's hosts first. */
  file: string | null;
};

export type HeadsWanted = { which: "any" | "warm"; limit: number; now: number };

const uploadedFor = day;

/** How long a key stands for what it did. */
export const keptMs = day;

export function outboxWrites(db: Handle) {
  const append = journalAppender(db);
  const ownerOf = ownerFinder(db);
  const { ensureChat, noteMessage } = chatKeeper(db);
  const { insertMessage } = messageKeeper(db);
  const { countSend } = sendCounter(db);

  /** The message that this key stands for, if it was used within its time. */
  async function replayed(
    accountId: number,
    { key, fingerprint }: IdempotencyKey,
    now: number,
  ): Promise<number | null> {
    const [known] = await db
      .select()
      .from(idempotency)
      .where(and(eq(idempotency.accountId, accountId), eq(idempotency.key, key)));
    if (known === undefined || known.messageId === null || known.createdAt < now - keptMs) return null;
    if (Buffer.compare(known.fingerprint, fingerprint) === 0) return known.messageId;
    throw new WaygateError("invalid", "This Idempotency-Key was used for another request; take a new one.");
  }

  async function keep(accountId: number, { key, fingerprint }: IdempotencyKey, messageId: number, createdAt: number) {
    const values = { accountId, key, fingerprint: Buffer.from(fingerprint), messageId, createdAt };
    await db
      .insert(idempotency)
      .values(values)
      .onConflictDoUpdate({ target: [idempotency.accountId, idempotency.key], set: values });
  }

  return {
    async "outbox.enqueue"(message: NewMessage): Promise<Enqueued> {
      const { sessionId, chat, createdAt, file } = message;
      const owner = await ownerOf(sessionId);
      if (owner === undefined) throw new WaygateError("not_found", "There is no such session.");
      const known =
        message.idempotency === null ? null : await replayed(owner.accountId, message.idempotency, createdAt);
      if (known !== null) return { id: known, isReplayed: true };
      await countSend(owner.accountId, createdAt);
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
      if (message.idempotency !== null) await keep(owner.accountId, message.idempotency, id, createdAt);
      return { id, isReplayed: false };
    },
    /** In pieces, so that nobody waits long. */
    async "outbox.prune_keys"({ before, most }: { before: number; most: number }): Promise<number> {
      const old = await db.select().from(idempotency).where(lt(idempotency.createdAt, before)).limit(most);
      for (const { accountId, key } of old) {
        await db.delete(idempotency).where(and(eq(idempotency.accountId, accountId), eq(idempotency.key, key)));
      }
      return old.length;
    },
    /** WhatsApp's hosts have its file; the message says where. */
    async "outbox.uploaded"({ id, raw, at }: { id: number; raw: Uint8Array; at: number }): Promise<void> {
      await db
        .update(messages)
        .set({ raw: Buffer.from(raw) })
        .where(and(eq(messages.id, id), eq(messages.state, "queued")));
      await db.update(media).set({ uploadedAt: at }).where(eq(media.messageId, id));
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
  /** Somebody else wrote in its chat: it is an answer, or may be one. */
  const isWarm = sql`EXISTS (SELECT 1 FROM messages AS theirs WHERE theirs.chat_id = messages.chat_id AND theirs.from_me = 0)`;
  /** Within a chat everything goes in its order: the first that waits stands for all behind it. */
  const isFirst = sql`NOT EXISTS (SELECT 1 FROM messages AS earlier WHERE earlier.chat_id = messages.chat_id AND earlier.state = 0 AND earlier.id < messages.id)`;
  const ofSession = and(eq(messages.sessionId, sql.placeholder("sessionId")), sql`messages.state = 0`, isFirst);
  /** WhatsApp's hosts keep for some time what nobody has sent. */
  const needsUpload = or(isNull(media.uploadedAt), lt(media.uploadedAt, sql.placeholder("freshSince")));
  const heads = (condition: SQL | undefined) =>
    db
      .select({
        id: messages.id,
        target: messages.target,
        waId: messages.waId,
        raw: messages.raw,
        expiresAt: messages.expiresAt,
        file: media.path,
      })
      .from(messages)
      .leftJoin(media, and(eq(media.messageId, messages.id), needsUpload))
      .where(condition)
      .orderBy(asc(messages.id))
      .limit(sql.placeholder("limit"))
      .prepare();
  const anyHead = heads(ofSession);
  const warmHead = heads(and(ofSession, isWarm));
  const sent = db
    .select({ raw: messages.raw })
    .from(messages)
    .where(
      and(
        eq(messages.sessionId, sql.placeholder("sessionId")),
        eq(messages.waId, sql.placeholder("waId")),
        eq(messages.fromMe, true),
        isNull(messages.deletedAt),
      ),
    )
    .prepare();

  return {
    /** What a key stood for already; the transaction itself decides. */
    async findReplayed(accountId: number, key: string): Promise<{ messageId: number; fingerprint: Uint8Array } | null> {
      const [known] = await db
        .select({ messageId: idempotency.messageId, fingerprint: idempotency.fingerprint })
        .from(idempotency)
        .where(and(eq(idempotency.accountId, accountId), eq(idempotency.key, key)));
      return known === undefined || known.messageId === null ? null : { ...known, messageId: known.messageId };
    },
    /** What may go next, the first of each chat, oldest first; only into chats where somebody else wrote, if so wanted. */
    async heads(sessionId: number, { which, limit, now }: HeadsWanted): Promise<QueuedMessage[]> {
      const freshSince = now - uploadedFor;
      const rows = await (which === "any" ? anyHead : warmHead).execute({ sessionId, limit, freshSince });
      return rows.flatMap(({ target, raw, ...row }) =>
        target === null || raw === null ? [] : [{ ...row, target, raw }],
      );
    },
    /** Why this one is not among them. */
    async standing(id: number): Promise<{ isFirst: boolean; isWarm: boolean }> {
      const [row] = await db
        .select({ isFirst: sql<number>`${isFirst}`, isWarm: sql<number>`${isWarm}` })
        .from(messages)
        .where(eq(messages.id, id));
      return { isFirst: row?.isFirst === 1, isWarm: row?.isWarm === 1 };
    },
    /** For somebody who could not read it, weeks later perhaps; what was taken back stays so. At once: Baileys asks in the midst of an answer. */
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
