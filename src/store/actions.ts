// What is done to messages that are there, on its way out: kept with everything a later attempt needs, in one order with
// the messages of its chat, and settled once. It holds from the moment in which WhatsApp has it, as what others do does.
import { and, asc, desc, eq, inArray, type SQL, sql } from "drizzle-orm";
import { type ActionKind, latestFor, type MessageAction } from "../core/action.ts";
import { type Content, type Context, textOf } from "../core/content.ts";
import { WaygateError } from "../core/errors.ts";
import type { MessageFault } from "../core/message.ts";
import { actions } from "./action-tables.ts";
import { ownerFinder } from "./chats.ts";
import type { Handle } from "./database.ts";
import { effectKeeper, ourselves } from "./effects.ts";
import { type IdempotencyKey, idempotencyKeeper } from "./idempotency.ts";
import { journalAppender } from "./journal.ts";
import { addressOf, messageKeeper } from "./message-rows.ts";
import type { Settled } from "./outbox.ts";
import { messages } from "./tables.ts";

export type NewAction = {
  messageId: number;
  kind: ActionKind;
  /** The JID it is sent to. */
  target: string;
  waId: string;
  raw: Uint8Array;
  /** Of a reaction; null takes it back. */
  emoji: string | null;
  /** Of an edit: what the message says with it, and its own new form. */
  content: Content | null;
  context: Context | null;
  edited: Uint8Array | null;
  createdAt: number;
  expiresAt: number;
  idempotency: IdempotencyKey | null;
};
export type QueuedAction = {
  of: "action";
  id: number;
  chatId: number;
  target: string;
  waId: string;
  raw: Uint8Array;
  expiresAt: number;
  file: null;
  /** Its message did not go out. */
  isMoot: boolean;
};
/** Only where somebody else wrote, or anywhere. */
export type ActionsWanted = { which: "any" | "warm"; limit: number };
/** The message that something is done to, as WhatsApp names it; null where it was never told. */
export type Subject = { chat: string | null; participant: string | null; raw: Uint8Array | null };

export function actionWrites(db: Handle) {
  const append = journalAppender(db);
  const ownerOf = ownerFinder(db);
  const { replaceContent } = messageKeeper(db);
  const { setReaction } = effectKeeper(db);
  const { replayed, keep } = idempotencyKeeper(db);

  /** The deletion that waits already; nothing else can be done to a message that is to go. */
  async function deletionOf(messageId: number, kind: ActionKind): Promise<number | null> {
    const isWaiting = and(eq(actions.messageId, messageId), eq(actions.state, "queued"), eq(actions.kind, "deletion"));
    const [deletion] = await db.select({ id: actions.id }).from(actions).where(isWaiting);
    if (deletion === undefined) return null;
    if (kind === "deletion") return deletion.id;
    throw new WaygateError("conflict", "This message is being deleted.");
  }

  async function insert(action: NewAction, sessionId: number, chatId: number): Promise<number> {
    const { raw, edited, idempotency: _key, ...rest } = action;
    const last = sql<number>`(SELECT max(id) FROM ${messages})`;
    const forms = { raw: Buffer.from(raw), edited: edited === null ? null : Buffer.from(edited) };
    const [made] = await db
      .insert(actions)
      .values({ ...rest, ...forms, sessionId, chatId, afterId: last, state: "queued" })
      .returning({ id: actions.id });
    return made?.id ?? 0;
  }

  type Row = typeof actions.$inferSelect;

  /** Nothing becomes of it where the message was deleted meanwhile. */
  async function takeEffect(row: Row, at: number): Promise<void> {
    const { sessionId, messageId, kind, emoji, content, context, edited } = row;
    const owner = ownerOf(sessionId);
    const isThere = and(eq(messages.id, messageId), sql`${messages.deletedAt} IS NULL`);
    const [message] = await db.select({ id: messages.id }).from(messages).where(isThere);
    if (owner === undefined || message === undefined) return;
    const told = { ...owner, at };
    switch (kind) {
      case "reaction":
        await setReaction({ messageId, contactId: ourselves, emoji, at });
        append({ ...told, type: "message.reaction", data: { messageId, contactId: null, emoji } });
        return;
      case "edit":
        if (content === null) return;
        await replaceContent(messageId, content, {
          editedAt: at,
          context,
          ...(edited === null ? {} : { raw: edited }),
        });
        append({ ...told, type: "message.edited", data: { messageId } });
        return;
      case "deletion":
        await db.update(messages).set({ deletedAt: at }).where(eq(messages.id, messageId));
        append({ ...told, type: "message.deleted", data: { messageId } });
    }
  }

  return {
    async "actions.enqueue"(action: NewAction): Promise<{ id: number; isReplayed: boolean }> {
      const { messageId, kind, createdAt, idempotency } = action;
      const [message] = await db.select().from(messages).where(eq(messages.id, messageId));
      const owner = message === undefined ? undefined : ownerOf(message.sessionId);
      if (message === undefined || owner === undefined)
        throw new WaygateError("not_found", "There is no such message.");
      const known = idempotency === null ? null : await replayed(owner.accountId, idempotency, createdAt);
      if (known !== null && known.actionId !== null) return { id: known.actionId, isReplayed: true };
      if (message.deletedAt !== null) throw new WaygateError("conflict", "This message was deleted.");
      const id = (await deletionOf(messageId, kind)) ?? (await insert(action, message.sessionId, message.chatId));
      const done = { messageId, actionId: id };
      if (idempotency !== null) await keep(owner.accountId, idempotency, done, createdAt);
      return { id, isReplayed: false };
    },
    /** False when it was settled before. */
    async "actions.settle"(settled: Settled): Promise<boolean> {
      const { id, at } = settled;
      const isDone = settled.state === "sent";
      const fault = isDone ? null : JSON.stringify({ code: settled.code, sentence: settled.sentence });
      const [row] = await db
        .update(actions)
        .set({ state: isDone ? "sent" : "failed", fault, sentAt: isDone ? at : null })
        .where(and(eq(actions.id, id), eq(actions.state, "queued")))
        .returning();
      if (row === undefined) return false;
      if (isDone) await takeEffect(row, at);
      return true;
    },
  };
}

const hasNotGone = sql<number>`${inArray(messages.state, ["failed", "cancelled"])}`;

export function actionQueries(db: Handle) {
  /** Behind every message that was there before it, and every action. */
  const isFirst = sql`NOT EXISTS (SELECT 1 FROM messages AS earlier WHERE earlier.chat_id = actions.chat_id AND earlier.state = 0 AND earlier.id <= actions.after_id) AND NOT EXISTS (SELECT 1 FROM actions AS earlier WHERE earlier.chat_id = actions.chat_id AND earlier.state = 0 AND earlier.id < actions.id)`;
  const isWarm = sql`EXISTS (SELECT 1 FROM messages AS theirs WHERE theirs.chat_id = actions.chat_id AND theirs.from_me = 0)`;
  const ofSession = and(eq(actions.sessionId, sql.placeholder("sessionId")), sql`actions.state = 0`, isFirst);
  const heads = (condition: SQL | undefined) =>
    db
      .select({
        id: actions.id,
        chatId: actions.chatId,
        kind: actions.kind,
        target: actions.target,
        waId: actions.waId,
        raw: actions.raw,
        expiresAt: actions.expiresAt,
        messageSentAt: messages.sentAt,
        hasNotGone,
      })
      .from(actions)
      .innerJoin(messages, eq(messages.id, actions.messageId))
      .where(condition)
      .orderBy(asc(actions.id))
      .limit(sql.placeholder("limit"))
      .prepare();
  const anyHead = heads(ofSession);
  const warmHead = heads(and(ofSession, isWarm));
  const waiting = db
    .select({ id: actions.id })
    .from(actions)
    .where(and(eq(actions.sessionId, sql.placeholder("sessionId")), sql`actions.state = 0`))
    .limit(1)
    .prepare();
  const sent = db
    .select({ raw: actions.raw })
    .from(actions)
    .where(and(eq(actions.sessionId, sql.placeholder("sessionId")), eq(actions.waId, sql.placeholder("waId"))))
    .prepare();

  return {
    async find(id: number): Promise<MessageAction | null> {
      const [row] = await db.select().from(actions).where(eq(actions.id, id));
      return row === undefined ? null : actionOf(row);
    },
    /** Of one message, the newest so many, oldest first. */
    async listOf(messageId: number, limit: number): Promise<MessageAction[]> {
      const rows = await db
        .select()
        .from(actions)
        .where(eq(actions.messageId, messageId))
        .orderBy(desc(actions.id))
        .limit(limit);
      return rows.reverse().map(actionOf);
    },
    /** The same of many messages, in their order. */
    async listOfEach(messageIds: readonly number[], limit: number): Promise<MessageAction[][]> {
      const of = new Map<number, MessageAction[]>();
      const isOne = inArray(actions.messageId, [...messageIds]);
      for (const row of await db.select().from(actions).where(isOne).orderBy(asc(actions.id))) {
        const known = of.get(row.messageId) ?? [];
        of.set(row.messageId, [...known, actionOf(row)].slice(-limit));
      }
      return messageIds.map((id) => of.get(id) ?? []);
    },
    async subject(messageId: number): Promise<Subject> {
      const [row] = await db
        .select({ target: messages.target, raw: messages.raw })
        .from(messages)
        .where(eq(messages.id, messageId));
      const address = row?.target == null ? { chat: null, participant: null } : addressOf(row.target);
      return { ...address, raw: row?.raw ?? null };
    },
    async isAnyQueued(sessionId: number): Promise<boolean> {
      return (await waiting.execute({ sessionId })).length > 0;
    },
    /** As of messages: the first of each chat, oldest first. */
    async queued(sessionId: number, { which, limit }: ActionsWanted): Promise<QueuedAction[]> {
      const rows = await (which === "any" ? anyHead : warmHead).execute({ sessionId, limit });
      return rows.map(({ kind, messageSentAt, hasNotGone, expiresAt, ...row }) => ({
        ...row,
        of: "action",
        file: null,
        isMoot: hasNotGone === 1,
        // What was asked for before its message had gone has the time that begins with that.
        expiresAt: messageSentAt === null ? expiresAt : Math.min(expiresAt, latestFor(kind, messageSentAt)),
      }));
    },
    /** For somebody who could not read it. At once, as of messages. */
    contentOf: (sessionId: number, waId: string): Uint8Array | null => sent.get({ sessionId, waId })?.raw ?? null,
    /** Whose time is up before they could go, or whose message did not go. */
    async overdue(now: number, limit: number): Promise<{ id: number; isMoot: boolean }[]> {
      const rows = await db
        .select({ id: actions.id, hasNotGone })
        .from(actions)
        .innerJoin(messages, eq(messages.id, actions.messageId))
        .where(and(sql`${actions.state} = 0`, sql`(${actions.expiresAt} < ${now} OR ${hasNotGone})`))
        .limit(limit);
      return rows.map(({ id, hasNotGone }) => ({ id, isMoot: hasNotGone === 1 }));
    },
  };
}

function actionOf({ fault, content, ...row }: typeof actions.$inferSelect): MessageAction {
  const { id, messageId, kind, waId, emoji, state, createdAt, expiresAt, sentAt } = row;
  const about = { id, messageId, kind, waId, emoji, state, createdAt, expiresAt, sentAt };
  return {
    ...about,
    text: content === null ? null : textOf(content),
    fault: fault === null ? null : (JSON.parse(fault) as MessageFault),
  };
}
