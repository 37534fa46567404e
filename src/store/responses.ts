// What came back to messages: whoever reacted, voted, or has got them.
import { eq, getTableColumns, inArray } from "drizzle-orm";
import type { Handle } from "./database.ts";
import { contacts, reactions, receipts, votes } from "./tables.ts";

type Named = { phone: string | null; lid: string | null; name: string | null; pushName: string | null };
type Who = { contactId: number; who: Named | null };
/** Oldest first; nobody is oneself. */
export type Responses = {
  reactions: (Who & { emoji: string; at: number })[];
  votes: (Who & { options: string[]; at: number })[];
  receipts: (Who & { deliveredAt: number | null; readAt: number | null; playedAt: number | null })[];
};

export function responseQueries(db: Handle) {
  const who = { phone: contacts.phone, lid: contacts.lid, name: contacts.name, pushName: contacts.pushName };

  return {
    /** In the order of the messages, one for each. */
    async to(messageIds: readonly number[]): Promise<Responses[]> {
      const ids = [...messageIds];
      const [reacted, voted, got] = await Promise.all([
        db
          .select({ ...getTableColumns(reactions), who })
          .from(reactions)
          .leftJoin(contacts, eq(contacts.id, reactions.contactId))
          .where(inArray(reactions.messageId, ids))
          .orderBy(reactions.at),
        db
          .select({ ...getTableColumns(votes), who })
          .from(votes)
          .leftJoin(contacts, eq(contacts.id, votes.contactId))
          .where(inArray(votes.messageId, ids))
          .orderBy(votes.at),
        db
          .select({ ...getTableColumns(receipts), who })
          .from(receipts)
          .leftJoin(contacts, eq(contacts.id, receipts.contactId))
          .where(inArray(receipts.messageId, ids)),
      ]);
      const [reactionsTo, votesIn, receiptsOf] = [byMessage(reacted), byMessage(voted), byMessage(got)];
      return ids.map((id) => ({
        reactions: reactionsTo.get(id) ?? [],
        votes: votesIn.get(id) ?? [],
        receipts: receiptsOf.get(id) ?? [],
      }));
    },
  };
}

function byMessage<T extends { messageId: number }>(rows: T[]): Map<number, T[]> {
  return Map.groupBy(rows, ({ messageId }) => messageId);
}
