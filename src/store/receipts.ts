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

  /** Whoever has read it has got it, and whoever has heard it has done both. */
  async function noteReceipt(messageId: number, contactId: number, { kind, at }: ReceiptValue): Promise<void> {
    const columns = reachedBy(kind).map(([, column]) => column);
    await db
      .insert(receipts)
      .values({ messageId, contactId, ...Object.fromEntries(columns.map((column) => [column, at])) })
      .onConflictDoUpdate({
        target: [receipts.messageId, receipts.contactId],
        set: Object.fromEntries(
          columns.map((column) => [column, sql`min(coalesce(${receipts[column]}, ${at}), ${at})`]),
        ),
      });
  }

  /** Each state once, and never back; those that it passed over are told of as well. */
  async function advance(taking: Taking, row: { id: number; state: MessageState }, { kind, at }: ReceiptValue) {
    const [from, to] = [rankOf(row.state), rankOf(kind)];
    if (from < 0 || to <= from) return;
    const columns = ["sentAt" as const, ...reachedBy(kind).map(([, column]) => column)];
    const times = Object.fromEntries(columns.map((column) => [column, sql`coalesce(${messages[column]}, ${at})`]));
    await db
      .update(messages)
      .set({ state: kind, ...times })
      .where(eq(messages.id, row.id));
    for (const state of deliveryOrder.slice(from + 1, to + 1)) {
      const type = events[state];
      if (type !== null) await tell(taking, type, row.id);
    }
  }

  return {
    /** Gives back which messages of ours it is about. */
    async "intake.receipt"({ sessionId, receipt, at, isPast = false }: Heard): Promise<number[]> {
      const owner = await ownerOf(sessionId);
      if (owner === undefined) return [];
      const taking = { owner, at, isPast };
      const contactId = receipt.by === null ? null : await ensureContact({ ...owner, face: receipt.by, at });
      const ours: number[] = [];
      for (const waId of receipt.waIds) {
        const row = await find(taking, { waId, chat: receipt.chat });
        if (row?.fromMe !== true) continue;
        if (contactId !== null) await noteReceipt(row.id, contactId, receipt);
        await advance(taking, row, receipt);
        ours.push(row.id);
      }
      return ours;
    },
  };
}

/** Hearing it is telling that it was read, for whoever had not told yet. */
const events: Record<(typeof deliveryOrder)[number], EventType | null> = {
  queued: null,
  sent: "message.sent",
  delivered: "message.delivered",
  read: "message.read",
  played: null,
};

const steps = [
  ["delivered", "deliveredAt"],
  ["read", "readAt"],
  ["played", "playedAt"],
] as const;

/** Up to this one. */
function reachedBy(kind: ReceiptKind) {
  return steps.slice(0, steps.findIndex(([step]) => step === kind) + 1);
}

function rankOf(state: MessageState): number {
  return (deliveryOrder as readonly string[]).indexOf(state);
}
