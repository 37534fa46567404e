// Forgetting a person in what webhooks were told, and in what they answered: the log stays, without it. What still waits
// to be told is told as the event stands then, without them.
import { and, asc, eq, gt, inArray, lte, or, type SQL, sql } from "drizzle-orm";
import type { Handle } from "./database.ts";
import { digitsOf, holds, type Step } from "./forgetting-piece.ts";
import { chats } from "./tables.ts";
import { deliveries, deliveryAttempts, deliveryBodies, webhooks } from "./webhook-tables.ts";

/** Behind what the journal says of them, which is what is told from then on, and before their chats are gone. */
export function toldSteps(db: Handle) {
  async function pieceOf(table: typeof deliveries | typeof deliveryBodies, place: number, most: number) {
    const rows = await db
      .select({ id: table.id })
      .from(table)
      .where(gt(table.id, place))
      .orderBy(asc(table.id))
      .limit(most);
    const last = rows.at(-1)?.id ?? place;
    const range: SQL | undefined = and(gt(table.id, place), lte(table.id, last));
    return { range, next: rows.length < most ? null : last };
  }

  const removeBodies: Step = async ({ accountId, contactId, traces, place }, { most }) => {
    const { range, next } = await pieceOf(deliveryBodies, place, most);
    const theirs = db.select({ id: chats.id }).from(chats).where(eq(chats.contactId, contactId));
    const speaks = or(
      inArray(deliveryBodies.lane, theirs),
      ...digitsOf(traces).map((digits) => sql`instr(${deliveryBodies.body}, ${digits}) > 0`),
    );
    await db.delete(deliveryBodies).where(and(range, eq(deliveryBodies.accountId, accountId), speaks));
    return { next };
  };

  /** A receiver may say back what it was told. */
  const blankAnswers: Step = async ({ accountId, traces, place }, { most }) => {
    const { range, next } = await pieceOf(deliveries, place, most);
    const own = db.select({ id: webhooks.id }).from(webhooks).where(eq(webhooks.accountId, accountId));
    const some = db
      .select({ id: deliveries.id })
      .from(deliveries)
      .where(and(range, inArray(deliveries.webhookId, own)));
    const speaks = digitsOf(traces).flatMap((digits) => [
      holds(deliveryAttempts.body, digits),
      sql`instr(${deliveryAttempts.headers}, ${digits}) > 0`,
    ]);
    await db
      .update(deliveryAttempts)
      .set({ headers: null, body: null })
      .where(and(inArray(deliveryAttempts.deliveryId, some), or(...speaks)));
    return { next };
  };

  return { removeBodies, blankAnswers };
}
