// Messages read back: one, a chat's, a session's, those that match words; each with its chat, sender and file.
import { and, desc, eq, getTableColumns, inArray, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { bareContext, type ContentKind, type Face } from "../core/content.ts";
import type { WireAddress } from "../core/inbound.ts";
import type { Message, MessageFault, MessageState } from "../core/message.ts";
import type { Place } from "../core/page.ts";
import type { Handle } from "./database.ts";
import { messagePages } from "./message-pages.ts";
import { addressOf } from "./message-rows.ts";
import { chats, contacts, media, messages, reactions } from "./tables.ts";
import { queryOf } from "./words.ts";

/** What a list is narrowed to; everything that is given must hold. */
export type MessageFilter = {
  accountId: number;
  /** Null is all of the account's. */
  sessionIds: readonly number[] | null;
  chatId?: number | undefined;
  direction?: "in" | "out" | undefined;
  states?: readonly MessageState[] | undefined;
  kinds?: readonly ContentKind[] | undefined;
  saidFrom?: number | undefined;
  saidUntil?: number | undefined;
  text?: string | undefined;
};
export type MessagePage = { before: Place | null; limit: number; offset?: number };

const author = alias(contacts, "author");
const partner = alias(contacts, "partner");

export function messageQueries(db: Handle) {
  const {
    raw: _raw,
    secret: _secret,
    target: _target,
    kind: _kind,
    senderId,
    chatId: _chat,
    isUrgent: _urgent,
    ...row
  } = getTableColumns(messages);
  const fields = {
    row,
    chat: { id: chats.id, kind: chats.kind, jid: chats.jid, name: chats.name },
    partner: { phone: partner.phone, lid: partner.lid, name: partner.name, pushName: partner.pushName },
    author: { id: senderId, phone: author.phone, lid: author.lid, name: author.name, pushName: author.pushName },
    media: { state: media.state, bytes: media.bytes, fault: media.fault },
  };
  const select = () =>
    db
      .select(fields)
      .from(messages)
      .innerJoin(chats, eq(chats.id, messages.chatId))
      .leftJoin(partner, eq(partner.id, chats.contactId))
      .leftJoin(author, eq(author.id, messages.senderId))
      .leftJoin(media, eq(media.messageId, messages.id));
  const one = select()
    .where(eq(messages.id, sql.placeholder("id")))
    .prepare();
  const many = select()
    .where(sql`${messages.id} IN (SELECT value FROM json_each(${sql.placeholder("ids")}))`)
    .prepare();
  const pages = messagePages(db);
  const byWaId = select()
    .where(and(eq(messages.sessionId, sql.placeholder("sessionId")), eq(messages.waId, sql.placeholder("waId"))))
    .orderBy(messages.id)
    .limit(1)
    .prepare();

  async function inOrder(ids: readonly number[]): Promise<Message[]> {
    const rows = ids.length === 0 ? [] : await many.execute({ ids: JSON.stringify(ids) });
    const found = new Map(rows.map((one) => [one.row.id, one]));
    return ids.flatMap((id) => found.get(id) ?? []).map(messageOf);
  }

  return {
    async find(id: number): Promise<Message | null> {
      const [found] = await one.execute({ id });
      return found === undefined ? null : messageOf(found);
    },
    async findMany(ids: readonly number[]): Promise<Message[]> {
      return inOrder(ids);
    },
    /** Of these messages, oldest first; null is oneself. */
    async reactionsTo(ids: readonly number[]): Promise<Reaction[]> {
      const who = { phone: contacts.phone, lid: contacts.lid };
      if (ids.length === 0) return [];
      return db
        .select({ messageId: reactions.messageId, emoji: reactions.emoji, who })
        .from(reactions)
        .leftJoin(contacts, eq(contacts.id, reactions.contactId))
        .where(inArray(reactions.messageId, [...ids]))
        .orderBy(reactions.at);
    },
    /** Whoever writes makes the ids: the first that came by this one. */
    async findByWaId(sessionId: number, waId: string): Promise<Message | null> {
      const [found] = await byWaId.execute({ sessionId, waId });
      return found === undefined ? null : messageOf(found);
    },
    /** The newest so many that somebody else wrote in a chat: where a receipt for each has to go. */
    async receiptsDue(chatId: number, count: number): Promise<ReceiptDue[]> {
      const rows = await db
        .select({ waId: messages.waId, target: messages.target })
        .from(messages)
        .where(and(eq(messages.chatId, chatId), eq(messages.fromMe, false)))
        .orderBy(desc(messages.saidAt), desc(messages.id))
        .limit(count);
      return rows.flatMap(({ waId, target }) => (target === null ? [] : [{ waId, ...addressOf(target) }]));
    },
    /** As WhatsApp knows it. */
    async rawOf(id: number): Promise<Uint8Array | null> {
      const [found] = await db.select({ raw: messages.raw }).from(messages).where(eq(messages.id, id));
      return found?.raw ?? null;
    },
    /** Its file's name in the store, if it is there. */
    async fileOf(id: number): Promise<string | null> {
      const [found] = await db
        .select({ path: media.path, state: media.state })
        .from(media)
        .where(eq(media.messageId, id));
      return found?.state === "stored" ? found.path : null;
    },
    /** Newest first. */
    async list(filter: MessageFilter, page: MessagePage): Promise<Message[]> {
      const query = filter.text === undefined ? undefined : queryOf(filter.text);
      if (query === null) return [];
      return inOrder(await (query === undefined ? pages.listed(filter, page) : pages.matching(filter, query, page)));
    },
    /** Words apart. */
    count: (filter: Omit<MessageFilter, "text">): Promise<number> => pages.count(filter),
  };
}

export type Reaction = { messageId: number; emoji: string; who: Face | null };
export type ReceiptDue = WireAddress & { waId: string };

type Found = {
  row: Omit<typeof messages.$inferSelect, "raw" | "secret" | "target" | "kind" | "senderId" | "chatId" | "isUrgent">;
  chat: { id: number; kind: Message["chat"]["kind"]; jid: string | null; name: string | null };
  partner: Named | null;
  author: (Named & { id: number | null }) | null;
  media: Message["media"];
};
type Named = { phone: string | null; lid: string | null; name: string | null; pushName: string | null };

function messageOf({ row, chat, partner: with_, author: by, media: file }: Found): Message {
  const { fromMe, context, fault, content, deletedAt, ...rest } = row;
  const nameOf = (who: Named) => who.name ?? who.pushName;
  const isPerson = chat.kind === "person" && with_ !== null;
  return {
    ...rest,
    deletedAt,
    isFromMe: fromMe,
    chat: {
      ...chat,
      face: isPerson ? { phone: with_.phone, lid: with_.lid } : null,
      name: isPerson ? nameOf(with_) : chat.name,
    },
    sender: by === null || by.id === null ? null : { contactId: by.id, phone: by.phone, lid: by.lid, name: nameOf(by) },
    content,
    context: context ?? bareContext,
    wait: null,
    fault: fault === null ? null : (JSON.parse(fault) as MessageFault),
    media: file,
  };
}
