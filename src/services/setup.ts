// The set-up link of the first start: a token in memory, good once and for half an hour, made anew at each start.
import { createHash } from "node:crypto";
import { type Clock, minute } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { randomBase62, sameHash } from "../core/key.ts";
import type { Accounts } from "./accounts.ts";

export type Setup = Awaited<ReturnType<typeof createSetup>>;

const lifeMs = 30 * minute;

export async function createSetup({ accounts, clock }: { accounts: Accounts; clock: Clock }) {
  let isDone = await accounts.hasAdmin();
  const token = isDone ? null : randomBase62(32);
  const expiresAt = clock.now() + lifeMs;

  return {
    /** Null once there is an admin. */
    token,
    /** Asks the database until the answer is yes, which then stays: an admin may come from the command line too. */
    async isDone(): Promise<boolean> {
      isDone ||= await accounts.hasAdmin();
      return isDone;
    },
    check(presented: string): void {
      if (token === null || isDone) throw new WaygateError("conflict", "The set-up is done already; sign in instead.");
      if (!sameHash(digest(presented), digest(token)) || clock.now() >= expiresAt) {
        const sentence = "This set-up link is not valid (any more). Restart Waygate: it prints a new one.";
        throw new WaygateError("forbidden", sentence);
      }
    },
  };
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
