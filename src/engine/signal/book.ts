// What a session knows by heart: its live Signal state, and what of it is not on disk yet. Everything that has changed
// since the last commit goes into one commit; while one is under way the next gathers.
import type { OpenedStanza, SignalMemory } from "../../core/signal-memory.ts";
import { createDrafts, type Drafts } from "./drafts.ts";
import { createRecall } from "./recall.ts";
import { decodeRecord, encodeRecord, type Record } from "./record.ts";
import { decodeSenderKey, encodeSenderKey, type SenderKeyRecord } from "./sender-key.ts";
import { createShelf, type Shelf } from "./shelf.ts";

/** Live ones at a time, per session: more are a read away. */
const livePeers = 96;
/** Of each kind of small thing, as many as are recalled without a read. */
const recalled = 256;

export type Book = {
  ratchets: Shelf<Record>;
  senderKeys: Shelf<SenderKeyRecord>;
  identities: Cells;
  preKeys: Cells;
  deviceLists: { get(user: string): string | null; set(user: string, devices: string | null): void };
  /** By `kind/name`. */
  keys: Cells;
  mappings: {
    lidOf(phone: string): string | null;
    phoneOf(lid: string): string | null;
    set(phone: string, lid: string): void;
  };
  addressesOf(user: string): string[];
  /** What was read a moment ago is read again: somebody else has changed it on the disk. */
  recallNothing(): void;
  setCredentials(encode: () => Uint8Array): void;
  addOpened(stanza: OpenedStanza): void;
  findOpened(digest: Uint8Array): Uint8Array | null;
  /** Settles when everything up to now is on disk. */
  saved(): Promise<void>;
  /** In order, with nothing reserved that was not used; nothing can be changed afterwards. */
  close(): Promise<void>;
};
type Cells = { get(name: string): Uint8Array | null; set(name: string, value: Uint8Array | null): void };

export type BookOptions = {
  memory: SignalMemory;
  /** Nothing can be kept any more: whoever uses the book must let go of the connection at once, and begin anew. */
  failed(error: unknown): void;
};

export function createBook({ memory, failed }: BookOptions): Book {
  let isDirty = false;
  let isBroken = false;
  let isClosed = false;
  let isScheduled = false;
  let underWay: Promise<void> | null = null;
  let next = Promise.withResolvers<void>();
  let encodeCredentials: (() => Uint8Array) | null = null;
  let opened: OpenedStanza[] = [];
  let openedUnderWay: OpenedStanza[] = [];

  function touched(): void {
    // Baileys may go on with something for a moment after its connection is gone: that must not reach the disk, where
    // the next connection's book has taken over.
    if (isClosed) return;
    isDirty = true;
    if (isScheduled || underWay !== null || isBroken) return;
    isScheduled = true;
    // Not in a microtask: the two encryptions of one send belong into one commit.
    setImmediate(() => {
      isScheduled = false;
      if (underWay === null && isDirty) void commit("ahead");
    });
  }

  const ratchets = createShelf<Record>({
    load: memory.ratchet,
    decode: decodeRecord,
    encode: encodeRecord,
    writingOf: (record) => record.ratchets[0]?.writing ?? null,
    most: livePeers,
    touched,
  });
  const senderKeys = createShelf<SenderKeyRecord>({
    load: memory.senderKey,
    decode: decodeSenderKey,
    encode: encodeSenderKey,
    writingOf: (record) => record.ours?.chain ?? null,
    most: livePeers,
    touched,
  });
  const identities = createDrafts<Uint8Array | null>(touched);
  const preKeys = createDrafts<Uint8Array | null>(touched);
  const deviceLists = createDrafts<string | null>(touched);
  const keys = createDrafts<Uint8Array | null>(touched);
  const lids = createDrafts<string | null>(touched);
  const phones = createDrafts<string | null>(() => {});
  const all = [ratchets, senderKeys, identities, preKeys, deviceLists, keys, lids, phones];

  function collect(reservation: "ahead" | "exact") {
    const credentials = encodeCredentials?.() ?? null;
    encodeCredentials = null;
    openedUnderWay = opened;
    opened = [];
    phones.take();
    return {
      credentials,
      ratchets: ratchets.take(reservation),
      senderKeys: senderKeys.take(reservation),
      identities: identities.take(),
      preKeys: preKeys.take().map(([id, value]) => [Number(id), value] as const),
      mappings: lids.take().flatMap(([phone, lid]) => (lid === null ? [] : [[phone, lid] as const])),
      deviceLists: deviceLists.take(),
      keys: keys.take().map(([name, value]) => {
        const slash = name.indexOf("/");
        return [name.slice(0, slash), name.slice(slash + 1), value] as const;
      }),
      opened: openedUnderWay,
    };
  }

  async function commit(reservation: "ahead" | "exact"): Promise<void> {
    const waiting = next;
    next = Promise.withResolvers<void>();
    // Whoever waits may have gone with the connection; the failure itself is told by `failed`.
    waiting.promise.catch(() => {});
    isDirty = false;
    underWay = waiting.promise;
    try {
      await memory.commit(collect(reservation));
      for (const one of all) one.arrived();
      openedUnderWay = [];
      waiting.resolve();
    } catch (error) {
      isBroken = true;
      failed(error);
      waiting.reject(error);
      next.promise.catch(() => {});
      next.reject(error);
    } finally {
      underWay = null;
    }
    if (isDirty) touched();
  }

  const recalls: { forgetAll(): void }[] = [];
  function cellsOf<V>(drafts: Drafts<V>, read: (name: string) => V, keeps?: (value: V) => boolean) {
    const disk = createRecall({ read, most: recalled, ...(keeps === undefined ? {} : { keeps }) });
    recalls.push(disk);
    return {
      get(name: string): V {
        const drafted = drafts.get(name);
        return drafted === undefined ? disk.get(name) : drafted;
      },
      set(name: string, value: V): void {
        disk.forget(name);
        drafts.set(name, value);
      },
    };
  }
  // Others may find out who somebody is, and write it down: only what is known is kept in mind.
  const isKnown = (value: string | null) => value !== null;
  const lidOf = cellsOf<string | null>(lids, memory.lidOf, isKnown);
  const phoneOf = cellsOf<string | null>(phones, memory.phoneOf, isKnown);

  return {
    ratchets,
    senderKeys,
    identities: cellsOf(identities, memory.identity),
    preKeys: cellsOf(preKeys, (id) => memory.preKey(Number(id))),
    keys: cellsOf(keys, (name) => {
      const slash = name.indexOf("/");
      return memory.key(name.slice(0, slash), name.slice(slash + 1));
    }),
    deviceLists: cellsOf(deviceLists, memory.deviceList),
    mappings: {
      lidOf: lidOf.get,
      phoneOf: phoneOf.get,
      set(phone, lid) {
        lidOf.set(phone, lid);
        phoneOf.set(lid, phone);
      },
    },
    addressesOf: (user) => [
      ...new Set([...memory.addressesOf(user), ...[...ratchets.names()].filter((name) => name.startsWith(`${user}.`))]),
    ],
    recallNothing() {
      for (const one of recalls) one.forgetAll();
    },
    setCredentials(encode) {
      encodeCredentials = encode;
      touched();
    },
    addOpened(stanza) {
      opened.push(stanza);
      touched();
    },
    findOpened(digest) {
      const isIt = (one: OpenedStanza) => Buffer.compare(one.digest, digest) === 0;
      return (opened.find(isIt) ?? openedUnderWay.find(isIt))?.stanza ?? memory.opened(digest);
    },
    saved: () => (isDirty || isBroken ? next.promise : (underWay ?? Promise.resolve())),
    async close() {
      await underWay?.catch(() => {});
      ratchets.retire();
      senderKeys.retire();
      const last = !isBroken && isDirty ? commit("exact") : null;
      isClosed = true;
      await last;
    },
  };
}
