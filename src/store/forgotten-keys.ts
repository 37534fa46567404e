// Forgetting what is known of a person's devices: the keys to write to them with, and which number is which LID. Both
// sides make new ones by themselves when they next meet.
import { and, asc, eq, gt, or, type SQL, sql } from "drizzle-orm";
import type { Handle } from "./database.ts";
import type { Step } from "./forgetting-piece.ts";
import type { Traces } from "./forgetting-tables.ts";
import { deviceLists, identities, lidMappings, ratchets, senderKeys, signalKeys } from "./signal-tables.ts";
import { sessions } from "./tables.ts";

/** One session after the other. */
export function keySteps(db: Handle): Step {
  return async ({ accountId, traces, place }) => {
    const [session] = await db
      .select({ id: sessions.id })
      .from(sessions)
      .where(and(eq(sessions.accountId, accountId), gt(sessions.id, place)))
      .orderBy(asc(sessions.id))
      .limit(1);
    if (session === undefined) return { next: null };
    const { id } = session;
    const ofTheirs = (column: SQL) => or(...usersOf(traces).map((user) => sql`${column} GLOB ${user}`));
    const named = [
      [ratchets, sql`${ratchets.address}`],
      [identities, sql`${identities.address}`],
      [deviceLists, sql`${deviceLists.user}`],
      [signalKeys, sql`${signalKeys.name}`],
      // `group::address`
      [senderKeys, sql`substr(${senderKeys.name}, instr(${senderKeys.name}, '::') + 2)`],
    ] as const;
    for (const [table, name] of named) await db.delete(table).where(and(eq(table.sessionId, id), ofTheirs(name)));
    const isTheirs = or(
      ...traces.phones.map((phone) => eq(lidMappings.phone, phone)),
      ...traces.lids.map((lid) => eq(lidMappings.lid, lid)),
    );
    await db.delete(lidMappings).where(and(eq(lidMappings.sessionId, id), isTheirs));
    return { next: id };
  };
}

/** As keys are filed: the digits alone, or followed by whatever is no digit. */
function usersOf({ phones, lids }: Traces): string[] {
  return [...phones, ...lids].flatMap((digits) => [digits, `${digits}[^0-9]*`]);
}
