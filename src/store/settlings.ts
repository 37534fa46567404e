// Who hears what became of a message, in the transaction in which that is written down: whatever has made it.
import type { Handle } from "./database.ts";
import { runFollower, type SettledMessage } from "./schedule-events.ts";

/** Used wherever a message leaves the queue: sent, failed or cancelled. One that nobody waits for costs a look at an index. */
export function settlingFollower(db: Handle): (settled: SettledMessage) => Promise<void> {
  const followRun = runFollower(db);
  return async (settled) => {
    await followRun(settled);
  };
}
