// What is to go out: kept with everything a later attempt needs, told of, and settled once.
import { and, asc, eq, isNotNull, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { ChatRef } from "../core/chat.ts";
import { day } from "../core/clock.ts";
import type { Content, Context } from "../core/content.ts";
import { WaygateError } from "../core/errors.ts";
import { chatKeeper, ownerFinder } from "./chats.ts";
import { sendCounter } from "./daily-sends.ts";
import type { Handle } from "./database.ts";
import { type IdempotencyKey, idempotencyKeeper } from "./idempotency.ts";
import { journalAppender } from "./journal.ts";
import { messageKeeper } from "./message-rows.ts";
import { type HeldKinds, isFirst, mayGo } from "./pacing.ts";
import { settlingFollower } from "./settlings.ts";
import { straight } from "./straight.ts";
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
  /** In spite of the session's own rules. */
  isUrgent: boolean;
  /** The file it carries, where it lies. */
  file: { path: string; bytes: number } | null;
  /** So that what was asked for twice is done once. */
  idempotency: IdempotencyKey | null;
  /** As how many of the day's messages it counts: one, if nothing is said. */
  counts?: number;
};
/** `chatId` is null where the key stood for it already. */
export type Enqueued = { id: number; chatId: number | null };
export type Reworded = {
  id: number;
  content: Content;
  context: Context;
  raw: Uint8Array;
  at: number;
  idempotency: IdempotencyKey | null;
};
export type Settled = { id: number; at: number } & (
  | { state: "sent" }
  | { state: "failed" | "cancelled"; code: string; sentence: string }
);
export type QueuedMessage = {
  of: "message";
  id: number;
  chatId: number;
  target: string;
  waId: string;
  raw: Uint8Array;
  expiresAt: number | null;
  /** What has to be brought to WhatsApp's hosts first. */
  file: string | null;
  /** Of a campaign that has just handed it on: what somebody sends by itself goes before it. */
  isBulk?: true;
};

/** All of them; the first of each chat; or that, but without what is held. */
export type QueuedWanted = { which: "all" | "first" | HeldKinds; limit: number; now: number };

const uploadedFor = day;

export function outboxWrites(db: Handle) {
  const append = journalAppender(db);
  const ownerOf = ownerFinder(db);
  const { ensureChat, noteMessage } = chatKeeper(db);
  const { insertMessage, replaceContent } = messageKeeper(db);
  const { countSend } = sendCounter(db);
  const { replayed, keep } = idempotencyKeeper(db);
  const follow = settlingFollower(db);
  const slot = sql.placeholder;
  const settle = straight(
    db
      .update(messages)
      .set({
        state: sql`${sql.param(slot("state"), messages.state)}`,
        fault: sql`${slot("fault")}`,
        sentAt: sql`${slot("sentAt")}`,
        failedAt: sql`${slot("failedAt")}`,
      })
      .where(and(eq(messages.id, slot("id")), eq(messages.state, "queued")))
      .returning({ sessionId: messages.sessionId })
      .prepare(),
    { sessionId: messages.sessionId },
  );

  return {
    async "outbox.enqueue"(message: NewMessage): Promise<Enqueued> {
      const { sessionId, chat, createdAt, file } = message;
      const owner = ownerOf(sessionId);
      if (owner === undefined) throw new WaygateError("not_found", "There is no such session.");
      const known =
        message.idempotency === null ? null : await replayed(owner.accountId, message.idempotency, createdAt);
      if (known?.messageId != null) return { id: known.messageId, chatId: null };
      if (message.counts !== 0) await countSend(owner.accountId, createdAt, message.counts);
      const { id: chatId } = await ensureChat({ ...owner, chat, at: createdAt });
      const row = { ...message, chatId, fromMe: true, senderId: null, state: "queued", saidAt: createdAt } as const;
      const id = insertMessage(row);
      if (id === null) throw new WaygateError("conflict", "There is a message with this id already.");
      if (file !== null) {
        await db.insert(media).values({
          messageId: id,
          sessionId,
          state: "stored",
          path: file.path,
          bytes: file.bytes,
          attempts: 0,
          storedAt: createdAt,
        });
      }
      noteMessage({ id: chatId, messageId: id, at: createdAt, unread: 0 });
      append({ ...owner, type: "message.queued", at: createdAt, data: { messageId: id } });
      const done = { messageId: id, actionId: null };
      if (message.idempotency !== null) await keep(owner.accountId, message.idempotency, done, createdAt);
      return { id, chatId };
    },
    /** WhatsApp's hosts have its file; the message says where. */
    async "outbox.uploaded"({ id, raw, at }: { id: number; raw: Uint8Array; at: number }): Promise<void> {
      await db
        .update(messages)
        .set({ raw: Buffer.from(raw) })
        .where(and(eq(messages.id, id), eq(messages.state, "queued")));
      await db.update(media).set({ uploadedAt: at }).where(eq(media.messageId, id));
    },
    /** It says something else before anybody has read it; false when it has been settled. */
    async "outbox.reword"({ id, content, context, raw, at, idempotency }: Reworded): Promise<boolean> {
      const isWaiting = and(eq(messages.id, id), eq(messages.state, "queued"));
      const [row] = await db.select({ sessionId: messages.sessionId }).from(messages).where(isWaiting);
      const owner = row === undefined ? undefined : await ownerOf(row.sessionId);
      if (owner === undefined) return false;
      await replaceContent(id, content, { context, raw: Buffer.from(raw), editedAt: at });
      await append({ ...owner, type: "message.edited", at, data: { messageId: id } });
      if (idempotency !== null) await keep(owner.accountId, idempotency, { messageId: id, actionId: null }, at);
      return true;
    },
    /** False when it was settled before. */
    async "outbox.settle"(settled: Settled): Promise<boolean> {
      const { id, at, state } = settled;
      const fault = state === "sent" ? null : { code: settled.code, sentence: settled.sentence };
      const [sentAt, failedAt] = state === "sent" ? [at, null] : [null, at];
      const [row] = settle({ id, state, fault: fault === null ? null : JSON.stringify(fault), sentAt, failedAt });
      if (row === undefined) return false;
      const owner = ownerOf(row.sessionId);
      const type = state === "sent" ? ("message.sent" as const) : ("message.failed" as const);
      if (owner !== undefined) append({ ...owner, type, at, data: { messageId: id } });
      await follow({ id, at, state, fault });
      return true;
    },
  };
}

export function outboxQueries(db: Handle) {
  const ofSession = and(eq(messages.sessionId, sql.placeholder("sessionId")), sql`messages.state = 0`);
  /** WhatsApp's hosts keep for some time what nobody has sent. */
  const needsUpload = or(isNull(media.uploadedAt), lt(media.uploadedAt, sql.placeholder("freshSince")));
  const queued = (condition?: SQL) =>
    db
      .select({
        id: messages.id,
        chatId: messages.chatId,
        target: messages.target,
        waId: messages.waId,
        raw: messages.raw,
        expiresAt: messages.expiresAt,
        file: media.path,
      })
      .from(messages)
      .leftJoin(media, and(eq(media.messageId, messages.id), needsUpload))
      .where(and(ofSession, condition))
      .orderBy(asc(messages.id))
      .limit(sql.placeholder("limit"))
      .prepare();
  const reads = { all: queued(), first: queued(isFirst), free: queued(and(isFirst, mayGo)) };
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
    /** What is to go, oldest first. */
    async queued(sessionId: number, { which, limit, now }: QueuedWanted): Promise<QueuedMessage[]> {
      const given = { sessionId, limit, freshSince: now - uploadedFor };
      const rows = await (typeof which === "string"
        ? reads[which].execute(given)
        : reads.free.execute({ ...given, ...flagsOf(which) }));
      return rows.flatMap(({ target, raw, ...row }) =>
        target === null || raw === null ? [] : [{ ...row, of: "message", target, raw }],
      );
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

function flagsOf({ cold, fresh, quiet, heardSince }: HeldKinds) {
  return { cold: Number(cold), fresh: Number(fresh), quiet: Number(quiet), heardSince };
}
