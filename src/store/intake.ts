// Taking in what WhatsApp told: rows, their events and the mark on the stanza it came from, in one transaction. What was
// taken in before changes nothing and is told of once.
import { and, eq, inArray, sql } from "drizzle-orm";
import { isMedia } from "../core/content.ts";
import type { EventType } from "../core/events.ts";
import type { InboundValue, MessageKey, ReceiptKind, ReceiptValue, ReceivedMessage } from "../core/inbound.ts";
import { deliveryOrder, type MessageState } from "../core/message.ts";
import { chatKeeper, ownerFinder, type SessionOwner } from "./chats.ts";
import { contactKeeper } from "./contacts.ts";
import type { Handle } from "./database.ts";
import { journalAppender } from "./journal.ts";
import { messageKeeper } from "./message-rows.ts";
import { chats, inbox, media, messages, reactions, receipts, votes } from "./tables.ts";

export type Intake = {
  sessionId: number;
  values: readonly TakenValue[];
  /** The stanza they were in; null for what came without one. */
  inboxId: number | null;
  /** Else their files are fetched when somebody asks for them. */
  fetchesFiles: boolean;
  at: number;
};
/** A vote has been opened by the time it gets here. */
export type TakenValue = Exclude<InboundValue, { type: "vote" }> | OpenedVote;
export type OpenedVote = { type: "vote"; key: MessageKey; poll: MessageKey; options: string[]; at: number };

type MessageFound = { id: number; chatId: number; state: MessageState; kind: string; deletedAt: number | null };
const ourselves = 0;

export function intakeWrites(db: Handle) {
  const append = journalAppender(db);
  const ownerOf = ownerFinder(db);
  const { ensureChat, noteMessage } = chatKeeper(db);
  const { ensure: ensureContact } = contactKeeper(db);
  const { insertMessage, replaceContent } = messageKeeper(db);
  const markTaken = db
    .update(inbox)
    .set({ takenAt: sql`${sql.placeholder("at")}` })
    .where(eq(inbox.id, sql.placeholder("id")))
    .prepare();
  const byWaId = db
    .select({
      id: messages.id,
      chatId: messages.chatId,
      state: messages.state,
      kind: messages.kind,
      deletedAt: messages.deletedAt,
    })
    .from(messages)
    .where(and(eq(messages.sessionId, sql.placeholder("sessionId")), eq(messages.waId, sql.placeholder("waId"))))
    .prepare();

  type Taking = { owner: SessionOwner; fetchesFiles: boolean; at: number };
  const tell = ({ owner, at }: Taking, type: EventType, data: Record<string, unknown>) =>
    append({ ...owner, type, at, data });

  async function find({ owner }: Taking, key: MessageKey): Promise<MessageFound | undefined> {
    const [found] = await byWaId.execute({ sessionId: owner.sessionId, waId: key.waId });
    return found;
  }

  const authorOf = (taking: Taking, { sender }: MessageKey) =>
    sender === null ? ourselves : ensureContact({ ...taking.owner, face: sender, at: taking.at });

  async function takeMessage(taking: Taking, value: ReceivedMessage): Promise<void> {
    const { owner, at } = taking;
    const { key, content } = value;
    const names = { pushName: value.pushName, verifiedName: value.verifiedName };
    const isTheirs = key.sender !== null && key.chat.kind === "person";
    const chat = await ensureChat({ ...owner, chat: key.chat, at, ...(isTheirs ? { names } : {}) });
    const senderId =
      key.sender === null
        ? null
        : isTheirs
          ? chat.contactId
          : await ensureContact({ ...owner, face: key.sender, names, at });
    const state = key.isFromMe ? ("sent" as const) : ("received" as const);
    const row = {
      ...owner,
      chatId: chat.id,
      waId: key.waId,
      fromMe: key.isFromMe,
      senderId,
      target: null,
      state,
      content,
      context: value.context,
      raw: value.raw,
      secret: value.secret,
      saidAt: value.at,
      createdAt: at,
      expiresAt: null,
    };
    const id = (await insertMessage(row)) ?? (await fillIn(taking, value));
    if (id === null) return;
    if (isMedia(content) && value.locator !== null) {
      await db
        .insert(media)
        .values({
          messageId: id,
          sessionId: owner.sessionId,
          state: "wanted",
          locator: value.locator,
          attempts: 0,
          nextAt: taking.fetchesFiles ? at : null,
        })
        .onConflictDoNothing();
    }
    const isNew = !key.isFromMe && !value.isLate;
    await noteMessage({ id: chat.id, messageId: id, at: value.at, unread: key.isFromMe ? 0 : 1 });
    const type = typeOf(value);
    if (type !== null) await tell(taking, type, { messageId: id, late: !isNew && !key.isFromMe });
  }

  /** A placeholder that can be read now, by its id; null for a message that is there already. */
  async function fillIn(taking: Taking, value: ReceivedMessage): Promise<number | null> {
    const found = await find(taking, value.key);
    if (found === undefined || found.kind !== "placeholder" || value.content.kind === "placeholder") return null;
    await replaceContent(found.id, value.content, {
      context: value.context,
      raw: Buffer.from(value.raw),
      secret: value.secret === null ? null : Buffer.from(value.secret),
    });
    return found.id;
  }

  async function takeReaction(taking: Taking, value: Extract<InboundValue, { type: "reaction" }>): Promise<void> {
    const found = await find(taking, value.target);
    if (found === undefined) return;
    const contactId = await authorOf(taking, value.key);
    const isTheirs = and(eq(reactions.messageId, found.id), eq(reactions.contactId, contactId));
    if (value.emoji === null) await db.delete(reactions).where(isTheirs);
    else {
      await db
        .insert(reactions)
        .values({ messageId: found.id, contactId, emoji: value.emoji, at: value.at })
        .onConflictDoUpdate({
          target: [reactions.messageId, reactions.contactId],
          set: { emoji: value.emoji, at: value.at },
        });
    }
    await tell(taking, "message.reaction", {
      messageId: found.id,
      contactId: contactId === ourselves ? null : contactId,
      emoji: value.emoji,
    });
  }

  async function takeEdit(taking: Taking, value: Extract<InboundValue, { type: "edit" }>): Promise<void> {
    const found = await find(taking, value.target);
    if (found === undefined || found.deletedAt !== null) return;
    await replaceContent(found.id, value.content, { editedAt: value.at, raw: Buffer.from(value.raw) });
    await tell(taking, "message.edited", { messageId: found.id });
  }

  async function takeDeletion(taking: Taking, value: Extract<InboundValue, { type: "deletion" }>): Promise<void> {
    const found = await find(taking, value.target);
    if (found === undefined || found.deletedAt !== null) return;
    await db.update(messages).set({ deletedAt: value.at }).where(eq(messages.id, found.id));
    await tell(taking, "message.deleted", { messageId: found.id });
  }

  async function takeVote(taking: Taking, value: OpenedVote): Promise<void> {
    const found = await find(taking, value.poll);
    if (found === undefined) return;
    const contactId = await authorOf(taking, value.key);
    const { options, at } = value;
    await db
      .insert(votes)
      .values({ messageId: found.id, contactId, options, at })
      .onConflictDoUpdate({ target: [votes.messageId, votes.contactId], set: { options, at } });
    await tell(taking, "poll.vote", {
      messageId: found.id,
      contactId: contactId === ourselves ? null : contactId,
      options,
    });
  }

  async function take(taking: Taking, value: TakenValue): Promise<void> {
    switch (value.type) {
      case "message":
        return takeMessage(taking, value);
      case "reaction":
        return takeReaction(taking, value);
      case "edit":
        return takeEdit(taking, value);
      case "deletion":
        return takeDeletion(taking, value);
      case "vote":
        return takeVote(taking, value);
      case "ignored":
        return;
    }
  }

  return {
    async "intake.take"({ sessionId, values, inboxId, fetchesFiles, at }: Intake): Promise<void> {
      const owner = await ownerOf(sessionId);
      if (owner === undefined) return;
      for (const value of values) await take({ owner, fetchesFiles, at }, value);
      if (inboxId !== null) await markTaken.execute({ id: inboxId, at });
    },
    async "intake.receipt"({ sessionId, receipt, at }: { sessionId: number; receipt: ReceiptValue; at: number }) {
      const owner = await ownerOf(sessionId);
      if (owner === undefined) return;
      const taking = { owner, fetchesFiles: false, at };
      const contactId = receipt.by === null ? null : await ensureContact({ ...owner, face: receipt.by, at });
      const rows = await db
        .select({ id: messages.id, state: messages.state })
        .from(messages)
        .where(
          and(eq(messages.sessionId, sessionId), eq(messages.fromMe, true), inArray(messages.waId, receipt.waIds)),
        );
      for (const row of rows) {
        if (contactId !== null) await noteReceipt(row.id, contactId, receipt);
        await advance(taking, row, receipt);
      }
    },
    /** Ours on another device, or by us: nothing is unread any more. */
    async "chats.mark_read"({ chatId }: { chatId: number }): Promise<void> {
      await db.update(chats).set({ unread: 0 }).where(eq(chats.id, chatId));
    },
  };

  async function noteReceipt(messageId: number, contactId: number, { kind, at }: ReceiptValue): Promise<void> {
    const column = columnOf(kind);
    await db
      .insert(receipts)
      .values({ messageId, contactId, [column]: at })
      .onConflictDoUpdate({
        target: [receipts.messageId, receipts.contactId],
        set: { [column]: sql`coalesce(${receipts[column]}, ${at})` },
      });
  }

  /** Each state once, and never back; whoever has read it has got it. */
  async function advance(taking: Taking, row: { id: number; state: MessageState }, { kind, at }: ReceiptValue) {
    const [from, to] = [rankOf(row.state), rankOf(kind)];
    if (from < 0 || to <= from) return;
    const column = columnOf(kind);
    const got = kind === "delivered" ? {} : { deliveredAt: sql`coalesce(${messages.deliveredAt}, ${at})` };
    const sent = { sentAt: sql`coalesce(${messages.sentAt}, ${at})` };
    await db
      .update(messages)
      .set({ state: kind, ...sent, ...got, [column]: at })
      .where(eq(messages.id, row.id));
    if (row.state === "queued") await tell(taking, "message.sent", { messageId: row.id });
    if (kind === "delivered") await tell(taking, "message.delivered", { messageId: row.id });
    if (kind !== "delivered" && from < rankOf("read")) await tell(taking, "message.read", { messageId: row.id });
  }
}

function columnOf(kind: ReceiptKind): "deliveredAt" | "readAt" | "playedAt" {
  return ({ delivered: "deliveredAt", read: "readAt", played: "playedAt" } as const)[kind];
}

function rankOf(state: MessageState): number {
  return (deliveryOrder as readonly string[]).indexOf(state);
}

/** Null for what is not told: our own, sent from elsewhere, and a message that cannot be read yet. */
function typeOf({ key, content }: ReceivedMessage): EventType | null {
  if (content.kind === "placeholder") return null;
  if (content.kind === "unsupported") return "message.unsupported";
  return key.isFromMe ? "message.sent" : "message.received";
}
