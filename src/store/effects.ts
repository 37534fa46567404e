// What becomes of a message that somebody reacts to, edits or deletes: the same whether it was heard or done here.
import { and, eq } from "drizzle-orm";
import type { Handle } from "./database.ts";
import { reactions } from "./tables.ts";

export type NewReaction = { messageId: number; contactId: number; emoji: string | null; at: number };

/** Who has done it, where that is oneself. */
export const ourselves = 0;

export function effectKeeper(db: Handle) {
  return {
    /** One per person; null takes it back. */
    async setReaction({ messageId, contactId, emoji, at }: NewReaction): Promise<void> {
      const isTheirs = and(eq(reactions.messageId, messageId), eq(reactions.contactId, contactId));
      if (emoji === null) await db.delete(reactions).where(isTheirs);
      else {
        await db
          .insert(reactions)
          .values({ messageId, contactId, emoji, at })
          .onConflictDoUpdate({ target: [reactions.messageId, reactions.contactId], set: { emoji, at } });
      }
    },
  };
}
