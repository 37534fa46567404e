// Writing a session's Signal state, as it comes sealed: everything that belongs together in one transaction, and only by
// whoever holds the session's lease.
import { and, desc, eq, inArray, isNotNull, lt, sql } from "drizzle-orm";
import { WaygateError } from "../core/errors.ts";
import type { SignalChanges } from "../core/signal-memory.ts";
import { ownerFinder } from "./chats.ts";
import { contactKeeper } from "./contacts.ts";
import type { Handle } from "./database.ts";
import {
  credentials,
  deviceLists,
  identities,
  lidMappings,
  preKeys,
  ratchets,
  senderKeys,
  signalKeys,
} from "./signal-tables.ts";
import { straight, straightRun } from "./straight.ts";
import { groups, inbox, sessions } from "./tables.ts";

export type SignalWrite = SignalChanges & { sessionId: number; lease: number; at: number };
export type Held = { sessionId: number; lease: number };

const keptGenerations = 2;
const slot = sql.placeholder;
const ofSession = { sessionId: slot("sessionId") };

export function signalWrites(db: Handle) {
  const ownerOf = ownerFinder(db);
  const { join } = contactKeeper(db);
  const lease = { lease: sessions.lease };
  const leaseOf = straight(
    db
      .select(lease)
      .from(sessions)
      .where(eq(sessions.id, slot("sessionId")))
      .prepare(),
    lease,
  );
  const newestGeneration = db
    .select({ generation: credentials.generation })
    .from(credentials)
    .where(eq(credentials.sessionId, slot("sessionId")))
    .orderBy(desc(credentials.generation))
    .limit(1)
    .prepare();

  const put = {
    ratchets: straightRun(
      db
        .insert(ratchets)
        .values({ ...ofSession, address: slot("name"), value: slot("value") })
        .onConflictDoUpdate({ target: [ratchets.sessionId, ratchets.address], set: { value: sql`excluded.value` } })
        .prepare(),
    ),
    senderKeys: straightRun(
      db
        .insert(senderKeys)
        .values({ ...ofSession, name: slot("name"), value: slot("value") })
        .onConflictDoUpdate({ target: [senderKeys.sessionId, senderKeys.name], set: { value: sql`excluded.value` } })
        .prepare(),
    ),
    identities: straightRun(
      db
        .insert(identities)
        .values({ ...ofSession, address: slot("name"), key: slot("value") })
        .onConflictDoUpdate({ target: [identities.sessionId, identities.address], set: { key: sql`excluded.key` } })
        .prepare(),
    ),
    // A stored pre-key is never overwritten: somebody may hold its other half.
    preKeys: straightRun(
      db
        .insert(preKeys)
        .values({ ...ofSession, keyId: slot("name"), value: slot("value") })
        .onConflictDoNothing()
        .prepare(),
    ),
  };
  const drop = {
    ratchets: straightRun(
      db
        .delete(ratchets)
        .where(and(eq(ratchets.sessionId, slot("sessionId")), eq(ratchets.address, slot("name"))))
        .prepare(),
    ),
    senderKeys: straightRun(
      db
        .delete(senderKeys)
        .where(and(eq(senderKeys.sessionId, slot("sessionId")), eq(senderKeys.name, slot("name"))))
        .prepare(),
    ),
    identities: straightRun(
      db
        .delete(identities)
        .where(and(eq(identities.sessionId, slot("sessionId")), eq(identities.address, slot("name"))))
        .prepare(),
    ),
    preKeys: straightRun(
      db
        .delete(preKeys)
        .where(and(eq(preKeys.sessionId, slot("sessionId")), eq(preKeys.keyId, slot("name"))))
        .prepare(),
    ),
  };
  const putMapping = straightRun(
    db
      .insert(lidMappings)
      .values({ ...ofSession, phone: slot("phone"), lid: slot("lid") })
      .onConflictDoUpdate({ target: [lidMappings.sessionId, lidMappings.phone], set: { lid: sql`excluded.lid` } })
      .prepare(),
  );
  const putDevices = straightRun(
    db
      .insert(deviceLists)
      .values({ ...ofSession, user: slot("user"), devices: slot("devices"), at: slot("at") })
      .onConflictDoUpdate({
        target: [deviceLists.sessionId, deviceLists.user],
        set: { devices: sql`excluded.devices`, at: sql`excluded.at` },
      })
      .prepare(),
  );
  const dropDevices = straightRun(
    db
      .delete(deviceLists)
      .where(and(eq(deviceLists.sessionId, slot("sessionId")), eq(deviceLists.user, slot("user"))))
      .prepare(),
  );
  const putKey = straightRun(
    db
      .insert(signalKeys)
      .values({ ...ofSession, kind: slot("kind"), name: slot("name"), value: slot("value") })
      .onConflictDoUpdate({
        target: [signalKeys.sessionId, signalKeys.kind, signalKeys.name],
        set: { value: sql`excluded.value` },
      })
      .prepare(),
  );
  const dropKey = straightRun(
    db
      .delete(signalKeys)
      .where(
        and(
          eq(signalKeys.sessionId, slot("sessionId")),
          eq(signalKeys.kind, slot("kind")),
          eq(signalKeys.name, slot("name")),
        ),
      )
      .prepare(),
  );
  const putOpened = straightRun(
    db
      .insert(inbox)
      .values({
        ...ofSession,
        digest: slot("digest"),
        stanza: slot("stanza"),
        isPeer: slot("isPeer"),
        receivedAt: slot("receivedAt"),
        takenAt: null,
      })
      .onConflictDoNothing()
      .prepare(),
  );

  function refuseWithoutLease({ sessionId, lease }: Held): void {
    const [row] = leaseOf({ sessionId });
    if (row?.lease === lease) return;
    throw new WaygateError("conflict", "This session is run by somebody else now, or is gone.");
  }

  /** Who was met by number and by LID turns out to be one: at once, not when they are met the next time. */
  async function joinContacts({ sessionId, mappings, at }: SignalWrite): Promise<void> {
    const owner = mappings.length === 0 ? undefined : await ownerOf(sessionId);
    if (owner === undefined) return;
    for (const [phone, lid] of mappings) await join({ ...owner, face: { phone, lid }, at });
  }

  async function writeCredentials(sessionId: number, value: Uint8Array, at: number): Promise<void> {
    const [newest] = await newestGeneration.execute({ sessionId });
    const generation = (newest?.generation ?? 0) + 1;
    await db.insert(credentials).values({ sessionId, generation, value: Buffer.from(value), writtenAt: at });
    await db
      .delete(credentials)
      .where(and(eq(credentials.sessionId, sessionId), lt(credentials.generation, generation - keptGenerations + 1)));
  }

  return {
    async "signal.commit"(write: SignalWrite): Promise<void> {
      const { sessionId, at } = write;
      refuseWithoutLease(write);
      if (write.credentials !== null) await writeCredentials(sessionId, write.credentials, at);
      for (const kind of ["ratchets", "senderKeys", "identities", "preKeys"] as const) {
        for (const [name, value] of write[kind]) {
          if (value === null) drop[kind]({ sessionId, name });
          else put[kind]({ sessionId, name, value });
        }
      }
      for (const [phone, lid] of write.mappings) putMapping({ sessionId, phone, lid });
      await joinContacts(write);
      for (const [user, devices] of write.deviceLists) {
        if (devices === null) dropDevices({ sessionId, user });
        else putDevices({ sessionId, user, devices, at });
      }
      for (const [kind, name, value] of write.keys) {
        if (value === null) dropKey({ sessionId, kind, name });
        else putKey({ sessionId, kind, name, value });
      }
      for (const opened of write.opened) {
        putOpened({ sessionId, ...opened, isPeer: opened.isPeer ? 1 : 0 });
      }
    },
    /** From here on only its new holder may write. */
    async "signal.take_lease"({ sessionId }: { sessionId: number }): Promise<number> {
      const [row] = await db
        .update(sessions)
        .set({ lease: sql`${sessions.lease} + 1` })
        .where(eq(sessions.id, sessionId))
        .returning({ lease: sessions.lease });
      if (row === undefined) throw new WaygateError("not_found", "There is no such session.");
      return row.lease;
    },
    async "signal.mark_taken"(input: Held & { ids: readonly number[]; at: number }): Promise<void> {
      await db
        .update(inbox)
        .set({ takenAt: input.at })
        .where(and(eq(inbox.sessionId, input.sessionId), inArray(inbox.id, [...input.ids])));
    },
    /** The inbox stays: what was received was received. */
    async "signal.forget"(held: Held): Promise<void> {
      refuseWithoutLease(held);
      const { sessionId } = held;
      for (const one of [
        credentials,
        ratchets,
        senderKeys,
        identities,
        lidMappings,
        preKeys,
        deviceLists,
        signalKeys,
        groups,
      ]) {
        await db.delete(one).where(eq(one.sessionId, sessionId));
      }
    },
    /** Those taken in are kept for a while, for redeliveries; in pieces, so that nobody waits long. */
    async "signal.prune_inbox"({ before, most }: { before: number; most: number }): Promise<number> {
      const old = db
        .select({ id: inbox.id })
        .from(inbox)
        .where(and(isNotNull(inbox.takenAt), lt(inbox.takenAt, before)))
        .limit(most);
      const gone = await db.delete(inbox).where(inArray(inbox.id, old)).returning({ id: inbox.id });
      return gone.length;
    },
  };
}
