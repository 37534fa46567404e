// A session's Signal state as the engine is handed it: opened on the way out and sealed on the way in, in this thread.
import { and, desc, eq, gte, isNull, lt, sql } from "drizzle-orm";
import type { Clock } from "../core/clock.ts";
import type { Cell, Sealer } from "../core/sealing.ts";
import type { SignalMemory, WaitingStanza } from "../core/signal-memory.ts";
import type { Handle } from "./database.ts";
import type { Write } from "./lane.ts";
import { mappingReads } from "./lid-mappings.ts";
import { credentials, deviceLists, identities, preKeys, ratchets, senderKeys, signalKeys } from "./signal-tables.ts";
import type { Held } from "./signal-writes.ts";
import { inbox } from "./tables.ts";

const slot = sql.placeholder;

export type SignalMemories = { open(sessionId: number): Promise<SignalMemory> };

export function signalMemories(
  db: Handle,
  { write, sealer, clock }: { write: Write; sealer: Sealer; clock: Clock },
): SignalMemories {
  const read = signalReads(db);
  return {
    async open(sessionId) {
      const lease = await write("signal.take_lease", { sessionId });
      return memoryOf({ sessionId, lease }, read, { write, sealer, clock });
    },
  };
}

/** Prepared once for all sessions; Drizzle's synchronous driver gives rows, not promises, by `.all()`. */
function signalReads(db: Handle) {
  const ratchet = db
    .select({ value: ratchets.value })
    .from(ratchets)
    .where(and(eq(ratchets.sessionId, slot("sessionId")), eq(ratchets.address, slot("name"))))
    .prepare();
  const senderKey = db
    .select({ value: senderKeys.value })
    .from(senderKeys)
    .where(and(eq(senderKeys.sessionId, slot("sessionId")), eq(senderKeys.name, slot("name"))))
    .prepare();
  const identity = db
    .select({ value: identities.key })
    .from(identities)
    .where(and(eq(identities.sessionId, slot("sessionId")), eq(identities.address, slot("name"))))
    .prepare();
  const preKey = db
    .select({ value: preKeys.value })
    .from(preKeys)
    .where(and(eq(preKeys.sessionId, slot("sessionId")), eq(preKeys.keyId, slot("name"))))
    .prepare();
  const addresses = db
    .select({ value: ratchets.address })
    .from(ratchets)
    .where(
      and(
        eq(ratchets.sessionId, slot("sessionId")),
        gte(ratchets.address, slot("from")),
        lt(ratchets.address, slot("until")),
      ),
    )
    .prepare();
  const devices = db
    .select({ value: deviceLists.devices })
    .from(deviceLists)
    .where(and(eq(deviceLists.sessionId, slot("sessionId")), eq(deviceLists.user, slot("name"))))
    .prepare();
  const key = db
    .select({ value: signalKeys.value })
    .from(signalKeys)
    .where(
      and(
        eq(signalKeys.sessionId, slot("sessionId")),
        eq(signalKeys.kind, slot("kind")),
        eq(signalKeys.name, slot("name")),
      ),
    )
    .prepare();
  const opened = db
    .select({ value: inbox.stanza })
    .from(inbox)
    .where(and(eq(inbox.sessionId, slot("sessionId")), eq(inbox.digest, slot("digest"))))
    .prepare();
  const credentialsOf = db
    .select({ value: credentials.value })
    .from(credentials)
    .where(eq(credentials.sessionId, slot("sessionId")))
    .orderBy(desc(credentials.generation))
    .prepare();
  const waiting = db
    .select({ id: inbox.id, stanza: inbox.stanza })
    .from(inbox)
    .where(and(eq(inbox.sessionId, slot("sessionId")), isNull(inbox.takenAt), eq(inbox.isPeer, true)))
    .orderBy(inbox.id)
    .prepare();
  return {
    ratchet,
    senderKey,
    identity,
    preKey,
    mappings: mappingReads(db),
    addresses,
    devices,
    key,
    opened,
    credentialsOf,
    waiting,
  };
}

/** Bound to its session and name, so that no two can be swapped. */
export function signalCell(table: string, sessionId: number, name: string | number): Cell {
  return { table, column: "value", row: `${sessionId}/${name}` };
}

type Needs = { write: Write; sealer: Sealer; clock: Clock };

function memoryOf(held: Held, read: ReturnType<typeof signalReads>, { write, sealer, clock }: Needs): SignalMemory {
  const { sessionId } = held;
  const cellOf = (table: string, name: string | number) => signalCell(table, sessionId, name);
  const seal = (table: string, name: string | number, value: Uint8Array | null) =>
    value === null ? null : sealer.seal(value, cellOf(table, name));
  const open = (table: string, name: string | number, value: Uint8Array | undefined) =>
    value === undefined ? null : sealer.open(value, cellOf(table, name));
  const sealed = <N extends string | number>(table: string, changes: readonly (readonly [N, Uint8Array | null])[]) =>
    changes.map(([name, value]) => [name, seal(table, name, value)] as const);

  return {
    credentials() {
      const rows = read.credentialsOf.all({ sessionId });
      const readable = rows.flatMap(({ value }, place) => {
        try {
          return [{ value: sealer.open(value, cellOf("credentials", "")), isNewest: place === 0 }];
        } catch {
          // Damaged: the generation before it is there for this.
          return [];
        }
      });
      return { readable, isThere: rows.length > 0 };
    },
    ratchet: (name) => open("ratchets", name, read.ratchet.get({ sessionId, name })?.value),
    senderKey: (name) => open("sender_keys", name, read.senderKey.get({ sessionId, name })?.value),
    identity: (name) => read.identity.get({ sessionId, name })?.value ?? null,
    preKey: (name) => open("pre_keys", name, read.preKey.get({ sessionId, name })?.value),
    lidOf: (name) => read.mappings.lidOf(sessionId, name),
    phoneOf: (name) => read.mappings.phoneOf(sessionId, name),
    // From "user." up to the next character after the dot.
    addressesOf: (user) =>
      read.addresses.all({ sessionId, from: `${user}.`, until: `${user}/` }).map(({ value }) => value),
    deviceList: (name) => read.devices.get({ sessionId, name })?.value ?? null,
    key: (kind, name) => open("signal_keys", `${kind}/${name}`, read.key.get({ sessionId, kind, name })?.value),
    opened: (digest) => read.opened.get({ sessionId, digest })?.value ?? null,
    waitingPeerStanzas: (): WaitingStanza[] => read.waiting.all({ sessionId }),
    commit: (changes) =>
      write("signal.commit", {
        ...held,
        at: clock.now(),
        credentials: seal("credentials", "", changes.credentials),
        ratchets: sealed("ratchets", changes.ratchets),
        senderKeys: sealed("sender_keys", changes.senderKeys),
        identities: changes.identities,
        preKeys: sealed("pre_keys", changes.preKeys),
        mappings: changes.mappings,
        deviceLists: changes.deviceLists,
        keys: changes.keys.map(
          ([kind, name, value]) => [kind, name, seal("signal_keys", `${kind}/${name}`, value)] as const,
        ),
        opened: changes.opened,
      }),
    markTaken: (ids) => write("signal.mark_taken", { ...held, ids, at: clock.now() }),
    forget: () => write("signal.forget", held),
  };
}
