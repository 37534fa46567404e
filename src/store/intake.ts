// Taking in what WhatsApp told: rows, their events and the mark on the stanza it came from, in one transaction. What was
// taken in before changes nothing and is told of once.
import { and, eq, isNull, sql } from "drizzle-orm";
import type { ChatRef } from "../core/chat.ts";
import { withinSecond } from "../core/clock.ts";
import { type Content, type Face, isMedia } from "../core/content.ts";
import type { EventType } from "../core/events.ts";
import type { InboundValue, MessageKey, ReceivedMessage } from "../core/inbound.ts";
import { chatKeeper, ownerFinder } from "./chats.ts";
import { contactKeeper } from "./contacts.ts";
import type { Handle } from "./database.ts";
import { effectKeeper, ourselves } from "./effects.ts";
import { journalAppender } from "./journal.ts";
import { messageFinder, type Taking } from "./message-finder.ts";
import { addressText, messageKeeper } from "./message-rows.ts";
import { readingKeeper } from "./reading.ts";
import { straightRun } from "./straight.ts";
import { optOutKeeper } from "./suppressions.ts";
import { chats, inbox, media, messages, votes } from "./tables.ts";

/** `inboxId` is the stanza they were in; null for what came without one. */
export type Arrived = { inboxId: number | null; values: readonly TakenValue[] };
export type Intake = {
  sessionId: number;
  /** In the order in which they came. */
  arrived: readonly Arrived[];
  /** False where their files are fetched only when somebody asks for them. */
  fetchesFiles?: boolean;
  at: number;
};
export type Past = {
  sessionId: number;
  chat: ChatRef;
  name: string | null;
  unread: number;
  values: readonly TakenValue[];
  at: number;
};
export type Named = { sessionId: number; face: Face; pushName: string; at: number };
/** A vote has been opened by the time it gets here, and whoever deletes another's message looked up. */
export type TakenValue = Exclude<InboundValue, { type: "vote" | "deletion" }> | OpenedVote | JudgedDeletion;
export type JudgedDeletion = Extract<InboundValue, { type: "deletion" }> & { isByAdmin: boolean };
export type OpenedVote = { type: "vote"; key: MessageKey; poll: MessageKey; options: string[]; at: number };

type TakingFiles = Taking & { fetchesFiles: boolean };

export function intakeWrites(db: Handle) {
  const append = journalAppender(db);
  const ownerOf = ownerFinder(db);
  const { ensureChat, noteMessage } = chatKeeper(db);
  const { ensure: ensureContact } = contactKeeper(db);
  const { insertMessage, replaceContent } = messageKeeper(db);
  const { find, senderOf, isBy } = messageFinder(db);
  const { setReaction } = effectKeeper(db);
  const { readUpTo } = readingKeeper(db);
  const { heard } = optOutKeeper(db);
  const markTaken = straightRun(
    db
      .update(inbox)
      .set({ takenAt: sql`${sql.placeholder("at")}` })
      .where(and(eq(inbox.id, sql.placeholder("id")), isNull(inbox.takenAt)))
      .prepare(),
  );
  const tell = async ({ owner, at, isPast }: Taking, type: EventType, data: Record<string, unknown>): Promise<void> => {
    if (isPast !== true) append({ ...owner, type, at, data });
  };

  async function authorOf(taking: Taking, key: MessageKey): Promise<number> {
    return (await senderOf(taking, key)) ?? ourselves;
  }

  async function takeMessage(taking: TakingFiles, value: ReceivedMessage): Promise<void> {
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
    const saidAt = value.isLate || taking.isPast ? value.at : withinSecond(value.at, at);
    const state = key.isFromMe ? ("sent" as const) : ("received" as const);
    const row = {
      ...owner,
      chatId: chat.id,
      waId: key.waId,
      fromMe: key.isFromMe,
      senderId,
      target: key.isFromMe ? null : addressText(value.address),
      state,
      content,
      context: value.context,
      raw: value.raw,
      secret: value.secret,
      saidAt,
      createdAt: at,
      expiresAt: null,
    };
    const inserted = insertMessage(row);
    const id = inserted ?? (await fillIn(taking, value));
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
    const isUnread = !key.isFromMe && taking.isPast !== true && inserted !== null;
    noteMessage({ id: chat.id, messageId: id, at: saidAt, unread: isUnread ? 1 : 0 });
    // Whoever answers has read what is answered.
    if (key.isFromMe && taking.isPast !== true) await readUpTo(chat.id, { at: saidAt, id }, at);
    const isSaid = isNew && isTheirs && taking.isPast !== true && content.kind === "text";
    if (isSaid && key.sender !== null && senderId !== null) {
      heard({ ...owner, contactId: senderId, face: key.sender, text: content.text, at });
    }
    const type = typeOf(value);
    if (type !== null) await tell(taking, type, { messageId: id, late: !isNew && !key.isFromMe });
  }

  /** A placeholder that can be read now, by its id; null for a message that is there already. */
  async function fillIn(taking: Taking, value: ReceivedMessage): Promise<number | null> {
    const found = await find(taking, value.key);
    if (found === undefined || found.content.kind !== "placeholder" || value.content.kind === "placeholder")
      return null;
    if (!(await isBy(taking, found, value.key))) return null;
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
    await setReaction({ messageId: found.id, contactId, emoji: value.emoji, at: value.at });
    await tell(taking, "message.reaction", {
      messageId: found.id,
      contactId: contactId === ourselves ? null : contactId,
      emoji: value.emoji,
    });
  }

  async function takeEdit(taking: Taking, value: Extract<InboundValue, { type: "edit" }>): Promise<void> {
    const found = await find(taking, value.target);
    if (found === undefined || found.deletedAt !== null || !(await isBy(taking, found, value.key))) return;
    await replaceContent(found.id, edited(found.content, value.content), {
      editedAt: value.at,
      raw: Buffer.from(value.raw),
    });
    await tell(taking, "message.edited", { messageId: found.id });
  }

  async function takeDeletion(taking: Taking, value: JudgedDeletion): Promise<void> {
    const found = await find(taking, value.target);
    if (found === undefined || found.deletedAt !== null) return;
    // In groups there are admins, who may take back what others wrote.
    const isByAdmin = found.chat.kind === "group" && value.isByAdmin;
    if (!isByAdmin && !(await isBy(taking, found, value.key))) return;
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

  async function take(taking: TakingFiles, value: TakenValue): Promise<void> {
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
    async "intake.take"({ sessionId, arrived, fetchesFiles = true, at }: Intake): Promise<void> {
      const owner = ownerOf(sessionId);
      if (owner === undefined) return;
      for (const { inboxId, values } of arrived) {
        // Taken already, or forgotten with whoever sent it.
        if (inboxId !== null && markTaken({ id: inboxId, at }) === 0) continue;
        for (const value of values) await take({ owner, fetchesFiles, at }, value);
      }
    },
    /** Some messages of a chat from before the session was linked. */
    async "intake.past"({ sessionId, chat, name, unread, values, at }: Past): Promise<void> {
      const owner = ownerOf(sessionId);
      if (owner === undefined) return;
      const names = chat.kind === "person" && name !== null ? { names: { name } } : {};
      const { id } = await ensureChat({ ...owner, chat, at, ...names });
      const isNew = and(eq(chats.id, id), isNull(chats.lastMessageId));
      await db.update(chats).set({ unread }).where(isNew);
      if (chat.kind !== "person" && name !== null) await db.update(chats).set({ name }).where(eq(chats.id, id));
      for (const value of values) await take({ owner, at, isPast: true, fetchesFiles: false }, value);
    },
    async "intake.name"({ sessionId, face, pushName, at }: Named): Promise<void> {
      const owner = ownerOf(sessionId);
      if (owner !== undefined) await ensureContact({ ...owner, face, names: { pushName }, at });
    },
  };
}

/** Of a file only its caption can be edited. */
function edited(before: Content, now: Content): Content {
  if (!isMedia(before)) return now;
  const caption = isMedia(now) ? now.caption : now.kind === "text" ? now.text : before.caption;
  return { ...before, caption };
}

/** Null for what is not told: our own, sent from elsewhere, and a message that cannot be read yet. */
function typeOf({ key, content }: ReceivedMessage): EventType | null {
  if (content.kind === "placeholder") return null;
  if (content.kind === "unsupported") return "message.unsupported";
  return key.isFromMe ? "message.sent" : "message.received";
}
