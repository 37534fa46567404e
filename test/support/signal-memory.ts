// A session's memory without a disk: what was committed, and nothing else, outlives whoever was writing. Commits can be
// held back, fail, or be cut off in the middle by a crash.
import type { Change, OpenedStanza, SignalChanges, SignalMemory } from "../../src/core/signal-memory.ts";

export type TestMemory = SignalMemory & {
  /** Of every commit that arrived, what it held. */
  readonly commits: SignalChanges[];
  readonly inbox: readonly OpenedStanza[];
  /** Commits wait from now on, until they are let through. */
  hold(): void;
  /** The one that waits, if there is one; those after it wait on. */
  letThrough(): void;
  letAllThrough(): void;
  /** Every commit from now on is refused. */
  fail(error: Error): void;
  underWay(): number;
  /** A memory of what is on disk, as the next process finds it; a commit under way arrives or does not. */
  afterCrash(doesArrive: boolean): TestMemory;
};

type Disk = {
  credentials: Uint8Array[];
  cells: Map<string, Uint8Array>;
  words: Map<string, string>;
  inbox: OpenedStanza[];
  taken: Set<number>;
};

export function createTestMemory(
  disk: Disk = { credentials: [], cells: new Map(), words: new Map(), inbox: [], taken: new Set() },
): TestMemory {
  const commits: SignalChanges[] = [];
  const waiting: { changes: SignalChanges; settle: PromiseWithResolvers<void> }[] = [];
  let isHeld = false;
  let fault: Error | null = null;
  let isOver = false;

  function put<V>(
    into: Map<string, V>,
    kind: string,
    changes: readonly (readonly [string | number, V | null])[],
  ): void {
    for (const [name, value] of changes) {
      if (value === null) into.delete(`${kind} ${name}`);
      else into.set(`${kind} ${name}`, value);
    }
  }

  function arrive(changes: SignalChanges): void {
    const copied = changes.ratchets.map(([name, value]): Change => [name, value === null ? null : Buffer.from(value)]);
    if (changes.credentials !== null) disk.credentials = [changes.credentials, ...disk.credentials].slice(0, 2);
    put(disk.cells, "ratchet", copied);
    put(disk.cells, "sender-key", changes.senderKeys);
    put(disk.cells, "identity", changes.identities);
    put(
      disk.cells,
      "pre-key",
      // As the store has it: one that is there is never overwritten.
      changes.preKeys.filter(([id, value]) => value === null || !disk.cells.has(`pre-key ${id}`)),
    );
    put(
      disk.cells,
      "key",
      changes.keys.map(([kind, name, value]) => [`${kind}/${name}`, value] as const),
    );
    put(disk.words, "device-list", changes.deviceLists);
    put(disk.words, "lid", changes.mappings);
    const isNew = ({ digest }: OpenedStanza) => !disk.inbox.some((one) => Buffer.compare(one.digest, digest) === 0);
    disk.inbox.push(...changes.opened.filter(isNew));
    commits.push(changes);
  }

  const cell = (kind: string, name: string | number) => disk.cells.get(`${kind} ${name}`) ?? null;
  return {
    commits,
    get inbox() {
      return disk.inbox;
    },
    credentials: () => ({
      readable: disk.credentials.map((value, place) => ({ value, isNewest: place === 0 })),
      isThere: disk.credentials.length > 0,
    }),
    ratchet: (address) => cell("ratchet", address),
    senderKey: (name) => cell("sender-key", name),
    identity: (address) => cell("identity", address),
    preKey: (id) => cell("pre-key", id),
    lidOf: (phone) => disk.words.get(`lid ${phone}`) ?? null,
    phoneOf: (lid) =>
      [...disk.words].find(([name, value]) => name.startsWith("lid ") && value === lid)?.[0].slice(4) ?? null,
    addressesOf: (user) =>
      [...disk.cells.keys()].filter((name) => name.startsWith(`ratchet ${user}.`)).map((name) => name.slice(8)),
    deviceList: (user) => disk.words.get(`device-list ${user}`) ?? null,
    key: (kind, name) => cell("key", `${kind}/${name}`),
    opened: (digest) => disk.inbox.find((one) => Buffer.compare(one.digest, digest) === 0)?.stanza ?? null,
    waitingPeerStanzas: () =>
      disk.inbox.flatMap(({ isPeer, stanza }, id) => (isPeer && !disk.taken.has(id) ? [{ id, stanza }] : [])),
    async commit(changes) {
      if (fault !== null) throw fault;
      if (isOver) return new Promise(() => {});
      if (!isHeld) {
        // On its way for a moment at least, like any commit.
        await Promise.resolve();
        return arrive(changes);
      }
      const settle = Promise.withResolvers<void>();
      waiting.push({ changes, settle });
      await settle.promise;
    },
    async markTaken(ids) {
      for (const id of ids) disk.taken.add(id);
    },
    async forget() {
      disk.credentials = [];
      disk.cells.clear();
      disk.words.clear();
    },
    hold() {
      isHeld = true;
    },
    letThrough() {
      const one = waiting.shift();
      if (one === undefined) return;
      arrive(one.changes);
      one.settle.resolve();
    },
    letAllThrough() {
      isHeld = false;
      while (waiting.length > 0) this.letThrough();
    },
    fail(error) {
      fault = error;
      for (const { settle } of waiting.splice(0)) settle.reject(error);
    },
    underWay: () => waiting.length,
    afterCrash(doesArrive) {
      isOver = true;
      // They were asked for one after the other, so only the first can be under way.
      for (const { changes } of waiting.splice(0).slice(0, 1)) if (doesArrive) arrive(changes);
      return createTestMemory({
        ...disk,
        cells: new Map(disk.cells),
        words: new Map(disk.words),
        inbox: [...disk.inbox],
      });
    },
  };
}
