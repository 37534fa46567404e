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
import { messages, receipts } from "./tables.ts";

export type Heard = { sessionId: number; receipt: ReceiptValue; at: number; isPast?: boolean };

export function receiptWrites(db: Handle) {
  const append = journalAppender(db);
  const ownerOf = ownerFinder(db);
  const { ensure: ensureContact } = contactKeeper(db);
  const { find } = messageFinder(db);
  const tell = async ({ owner, at, isPast }: Taking, type: EventType, messageId: number): Promise<void> => {
    if (isPast !== true) await append({ ...owner, type, at, data: { messageId } });
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
    if (row.state === "queued") await tell(taking, "message.sent", row.id);
    if (kind === "delivered") await tell(taking, "message.delivered", row.id);
    if (kind !== "delivered" && from < rankOf("read")) await tell(taking, "message.read", row.id);
  }

  return {
    async "intake.receipt"({ sessionId, receipt, at, isPast = false }: Heard): Promise<void> {
      const owner = await ownerOf(sessionId);
      if (owner === undefined) return;
      const taking = { owner, at, isPast };
      for (const waId of receipt.waIds) {
        const row = await find(taking, { waId, chat: receipt.chat });
        if (row?.fromMe !== true) continue;
        // Nobody is met by a receipt for a message that is not there (any more).
        if (receipt.by !== null) {
          await noteReceipt(row.id, await ensureContact({ ...owner, face: receipt.by, at }), receipt);
        }
        await advance(taking, row, receipt);
      }
    },
  };
}

function columnOf(kind: ReceiptKind): "deliveredAt" | "readAt" | "playedAt" {
  return ({ delivered: "deliveredAt", read: "readAt", played: "playedAt" } as const)[kind];
}

function rankOf(state: MessageState): number {
  return (deliveryOrder as readonly string[]).indexOf(state);
}
