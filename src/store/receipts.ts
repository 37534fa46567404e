// How far our messages came, as those who got them say: each state once, and never back.
import { eq, type SQL, sql } from "drizzle-orm";
import { withinSecond } from "../core/clock.ts";
import type { EventType } from "../core/events.ts";
import type { ReceiptKind, ReceiptValue } from "../core/inbound.ts";
import { deliveryOrder, type MessageState } from "../core/message.ts";
import { ownerFinder } from "./chats.ts";
import { contactKeeper } from "./contacts.ts";
import type { Handle } from "./database.ts";
import { journalAppender } from "./journal.ts";
import { messageFinder, type Taking } from "./message-finder.ts";
import { settlingFollower } from "./settlings.ts";
import { straightRun } from "./straight.ts";
import { messages, receipts } from "./tables.ts";

export type Heard = { sessionId: number; receipt: ReceiptValue; at: number; isPast?: boolean };

export function receiptWrites(db: Handle) {
  const append = journalAppender(db);
  const ownerOf = ownerFinder(db);
  const { ensure: ensureContact } = contactKeeper(db);
  const { find } = messageFinder(db);
  const follow = settlingFollower(db);
  const slot = sql.placeholder;
  type Said = { messageId: number; contactId: number | null };
  const tell = ({ owner, at, isPast }: Taking, type: EventType, data: Said): void => {
    if (isPast !== true) append({ ...owner, type, at, data });
  };

  /** Whoever has read it has got it, and whoever has heard it has done both. */
  const note = byKind((columns) =>
    straightRun(
      db
        .insert(receipts)
        .values({
          messageId: slot("messageId"),
          contactId: slot("contactId"),
          ...together(columns, () => sql`${slot("at")}`),
        })
        .onConflictDoUpdate({
          target: [receipts.messageId, receipts.contactId],
          set: together(columns, (column) => sql`min(coalesce(${receipts[column]}, ${slot("at")}), ${slot("at")})`),
        })
        .prepare(),
    ),
  );
  const raise = byKind((columns) =>
    straightRun(
      db
        .update(messages)
        .set({
          state: sql`${sql.param(slot("state"), messages.state)}`,
          ...together(["sentAt", ...columns] as const, (column) => sql`coalesce(${messages[column]}, ${slot("at")})`),
        })
        .where(eq(messages.id, slot("id")))
        .prepare(),
    ),
  );

  /** Each state once, and never back; those that it passed over are told of as well. */
  async function advance(
    taking: Taking,
    row: { id: number; state: MessageState; contactId: number | null },
    { kind, at }: ReceiptValue,
  ): Promise<void> {
    const [from, to] = [rankOf(row.state), rankOf(kind)];
    if (from < 0 || to <= from) return;
    raise[kind]({ id: row.id, at, state: kind });
    for (const state of deliveryOrder.slice(from + 1, to + 1)) {
      const type = events[state];
      if (type !== null) tell(taking, type, { messageId: row.id, contactId: row.contactId });
    }
    // It has come further before it was written down that it is out.
    if (row.state === "queued") await follow({ id: row.id, at: taking.at, state: "sent", fault: null });
  }

  /** Which messages of ours it is about. */
  async function take({ sessionId, receipt: told, at, isPast = false }: Heard): Promise<number[]> {
    const owner = ownerOf(sessionId);
    if (owner === undefined) return [];
    const taking = { owner, at, isPast };
    const receipt = isPast ? told : { ...told, at: withinSecond(told.at, at) };
    const ours: number[] = [];
    for (const waId of receipt.waIds) {
      const row = await find(taking, { waId, chat: receipt.chat });
      if (row?.fromMe !== true) continue;
      // Nobody is met by a receipt for a message that is not there (any more).
      const contactId = receipt.by === null ? null : await ensureContact({ ...owner, face: receipt.by, at });
      if (contactId !== null) note[receipt.kind]({ messageId: row.id, contactId, at: receipt.at });
      await advance(taking, { ...row, contactId }, receipt);
      ours.push(row.id);
    }
    return ours;
  }

  return {
    /** Gives back which messages of ours it is about. */
    async "intake.receipts"({ all }: { all: readonly Heard[] }): Promise<number[]> {
      const ours: number[] = [];
      for (const heard of all) ours.push(...(await take(heard)));
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
type Column = (typeof steps)[number][1];

/** A statement for each kind of receipt, with the columns that it fills: its own and those before it. */
function byKind<T>(prepare: (columns: readonly Column[]) => T): Record<ReceiptKind, T> {
  const columns = steps.map(([, column]) => column);
  return { delivered: prepare(columns.slice(0, 1)), read: prepare(columns.slice(0, 2)), played: prepare(columns) };
}

function together<C extends string>(columns: readonly C[], value: (column: C) => SQL): Record<C, SQL> {
  return Object.fromEntries(columns.map((column) => [column, value(column)])) as Record<C, SQL>;
}

function rankOf(state: MessageState): number {
  return (deliveryOrder as readonly string[]).indexOf(state);
}
