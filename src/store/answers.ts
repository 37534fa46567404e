// What is said in somebody's name because something happened, kept in the transaction of that.
import { WaygateError } from "../core/errors.ts";
import type { Handle } from "./database.ts";
import { type NewMessage, outboxWrites } from "./outbox.ts";

/** Used by every transaction that something is said after. */
export function answerKeeper(db: Handle) {
  const { "outbox.enqueue": enqueue } = outboxWrites(db);
  return {
    /** Once under its name. What may not be sent, by the plan for one, is not said, and holds nothing else up. */
    async keepAnswer(message: NewMessage): Promise<void> {
      try {
        await enqueue(message);
      } catch (error) {
        if (!(error instanceof WaygateError)) throw error;
      }
    },
  };
}
