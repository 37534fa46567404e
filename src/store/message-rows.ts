// Writing message rows, with their words for the search: what both directions share.
import { eq, sql } from "drizzle-orm";
import { type Content, type Context, textOf } from "../core/content.ts";
import type { WireAddress } from "../core/inbound.ts";
import type { MessageState } from "../core/message.ts";
import { reference, table, words } from "./columns.ts";
import type { Handle } from "./database.ts";
import { straight, straightRun } from "./straight.ts";
import { messages } from "./tables.ts";
import { wordsOf } from "./words.ts";

/** The search's own table; its rows have the numbers of the messages. */
const messageWords = table("message_words", { rowid: reference("rowid"), words: words("words") });

export type MessageRow = {
  sessionId: number;
  chatId: number;
  waId: string;
  fromMe: boolean;
  senderId: number | null;
  target: string | null;
  state: MessageState;
  content: Content;
  context: Context | null;
  raw: Uint8Array | null;
  secret: Uint8Array | null;
  saidAt: number;
  createdAt: number;
  expiresAt: number | null;
  isUrgent?: boolean;
};

/** What a message that came in has as its target: where its receipts go. */
export function addressText({ chat, participant }: WireAddress): string {
  return participant === null ? chat : `${chat} ${participant}`;
}

export function addressOf(target: string): WireAddress {
  const [chat = "", participant = null] = target.split(" ");
  return { chat, participant };
}

/** Used by every transaction that writes messages. */
export function messageKeeper(db: Handle) {
  const slot = sql.placeholder;
  const insert = straight(
    db
      .insert(messages)
      .values({
        sessionId: slot("sessionId"),
        chatId: slot("chatId"),
        waId: slot("waId"),
        fromMe: slot("fromMe"),
        senderId: slot("senderId"),
        target: slot("target"),
        kind: slot("kind"),
        state: slot("state"),
        text: slot("text"),
        content: slot("content"),
        context: slot("context"),
        raw: slot("raw"),
        secret: slot("secret"),
        saidAt: slot("saidAt"),
        createdAt: slot("createdAt"),
        expiresAt: slot("expiresAt"),
        isUrgent: slot("isUrgent"),
      })
      .onConflictDoNothing()
      .returning({ id: messages.id })
      .prepare(),
    { id: messages.id },
  );
  const insertWords = straightRun(
    db
      .insert(messageWords)
      .values({ rowid: slot("rowid"), words: slot("words") })
      .prepare(),
  );

  function index(id: number, content: Content): void {
    const text = textOf(content);
    if (text !== null && text !== "") insertWords({ rowid: id, words: wordsOf(text) });
  }

  return {
    /** Null when it is there already. */
    insertMessage(row: MessageRow): number | null {
      const text = textOf(row.content);
      const [made] = insert({ isUrgent: false, ...row, kind: row.content.kind, text });
      if (made === undefined) return null;
      index(made.id, row.content);
      return made.id;
    },
    /** Edited, filled in, or taken back. */
    async replaceContent(
      id: number,
      content: Content,
      more: Partial<typeof messages.$inferInsert> = {},
    ): Promise<void> {
      await db
        .update(messages)
        .set({ ...more, content, kind: content.kind, text: textOf(content) })
        .where(eq(messages.id, id));
      await db.run(sql`DELETE FROM message_words WHERE rowid = ${id}`);
      index(id, content);
    },
  };
}
