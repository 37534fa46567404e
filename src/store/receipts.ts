// How far our messages came, as those who got them say: each state once, and never back.
import { eq, sql } from "drizzle-orm";
import type { EventType } from "../core/events.ts";
import type { ReceiptKind, ReceiptValue } from "../core/inbound.ts";
import { deliveryOrder, type MessageState } from "../core/message.ts";
import { ownerFinder } from "./chats.ts";
import { contactKeeper } from "./contacts.ts";
import type { Handle } from "./database.ts";
import { journalAppender } from "./journal.ts";
import { messageFinder, type Taking } from "./message-finder.ts";
import { straightRun } from "./straight.ts";
import { messages, receipts } from "./tables.ts";

export type Heard = { sessionId: number; receipt: ReceiptValue; at: number; isPast?: boolean };

export function receiptWrites(db: Handle) {
  const append = journalAppender(db);
  const ownerOf = ownerFinder(db);
  const { ensure: ensureContact } = contactKeeper(db);
  const { find } = messageFinder(db);
  const slot = sql.placeholder;
  const tell = async ({ owner, at, isPast }: Taking, type: EventType, messageId: number): Promise<void> => {
    if (isPast !== true) append({ ...owner, type, at, data: { messageId } });
  };

  const note = byKind((column) =>
    db
      .insert(receipts)
      .values({ messageId: slot("messageId"), contactId: slot("contactId"), [column]: slot("at") })
      .onConflictDoUpdate({
        target: [receipts.messageId, receipts.contactId],
        set: { [column]: sql`coalesce(${receipts[column]}, ${slot("at")})` },
      })
      .prepare(),
  );
  /** Whoever has read it has got it, and got it from us. */
  const raise = byKind((column) =>
    db
      .update(messages)
      .set({
        state: sql`${sql.param(slot("state"), messages.state)}`,
        sentAt: sql`coalesce(${messages.sentAt}, ${slot("at")})`,
        deliveredAt: sql`coalesce(${messages.deliveredAt}, ${slot("at")})`,
        [column]: sql`${slot("at")}`,
      })
      .where(eq(messages.id, slot("id")))
      .prepare(),
  );

  /** Each state once, and never back; whoever has read it has got it. */
  async function advance(taking: Taking, row: { id: number; state: MessageState }, { kind, at }: ReceiptValue) {
    const [from, to] = [rankOf(row.state), rankOf(kind)];
    if (from < 0 || to <= from) return;
    raise[kind]({ id: row.id, at, state: kind });
    if (row.state === "queued") await tell(taking, "message.sent", row.id);
    if (kind === "delivered") await tell(taking, "message.delivered", row.id);
    if (kind !== "delivered" && from < rankOf("read")) await tell(taking, "message.read", row.id);
  }

  return {
    async "intake.receipt"({ sessionId, receipt, at, isPast = false }: Heard): Promise<void> {
      const owner = ownerOf(sessionId);
      if (owner === undefined) return;
      const taking = { owner, at, isPast };
      const contactId = receipt.by === null ? null : await ensureContact({ ...owner, face: receipt.by, at });
      for (const waId of receipt.waIds) {
        const row = await find(taking, { waId, chat: receipt.chat });
        if (row?.fromMe !== true) continue;
        if (contactId !== null) note[receipt.kind]({ messageId: row.id, contactId, at: receipt.at });
        await advance(taking, row, receipt);
      }
    },
  };
}

const columns = { delivered: "deliveredAt", read: "readAt", played: "playedAt" } as const;
type Column = (typeof columns)[ReceiptKind];

/** A statement for each kind of receipt, which is kept in a column of its own. */
function byKind(prepare: (column: Column) => Parameters<typeof straightRun>[0]) {
  const { delivered, read, played } = columns;
  return {
    delivered: straightRun(prepare(delivered)),
    read: straightRun(prepare(read)),
    played: straightRun(prepare(played)),
  };
}

function rankOf(state: MessageState): number {
  return (deliveryOrder as readonly string[]).indexOf(state);
}
