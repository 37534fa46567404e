import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { silentLog } from "../../src/core/log.ts";
import { usualSettings } from "../../src/core/session.ts";
import type { SignalChanges, SignalMemory } from "../../src/core/signal-memory.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { createTestClock } from "../support/clock.ts";
import { createFolder } from "../support/folder.ts";

const nothing: SignalChanges = {
  credentials: null,
  ratchets: [],
  senderKeys: [],
  identities: [],
  preKeys: [],
  mappings: [],
  deviceLists: [],
  keys: [],
  opened: [],
};
const bytes = (text: string) => Buffer.from(text);
const textOf = (value: Uint8Array | null) => (value === null ? null : Buffer.from(value).toString());
const everything: SignalChanges = {
  ...nothing,
  credentials: bytes("credentials one"),
  ratchets: [
    ["1555.0", bytes("a ratchet")],
    ["1555.3", bytes("of a third device")],
    ["15559.0", bytes("of somebody else")],
  ],
  senderKeys: [["123@g.us::1555.0", bytes("a sender key")]],
  identities: [["1555.0", bytes("an identity")]],
  preKeys: [[7, bytes("a pre-key")]],
  mappings: [["1555", "777"]],
  deviceLists: [["1555", "[0,3]"]],
  keys: [["tctoken", "1555@lid", bytes("a token")]],
  opened: [{ digest: bytes("digest"), stanza: bytes("what it said"), isPeer: true, receivedAt: 5 }],
};

async function openAt(dataDir: string, masterKeys: Uint8Array[] = []): Promise<Store> {
  const runner = { pid: process.pid, doing: "test" };
  return openStore({ dataDir, masterKeys, runner, clock: createTestClock(), log: silentLog });
}

async function makeSession(store: Store): Promise<number> {
  const actor = { accountId: null, via: "test", address: null };
  const event = { action: "account.created", actor, accountId: null, target: null, detail: {}, at: 1 } as const;
  const account = { username: "ada", email: null, passwordHash: null, role: "admin", planId: 1, createdAt: 1 } as const;
  const accountId = await store.write("accounts.create", { account, event });
  const session = { accountId, name: "shop", label: null, settings: usualSettings, proxy: null, isWanted: false };
  return store.write("sessions.create", { session: { ...session, createdAt: 1 }, event });
}

function readAll(memory: SignalMemory) {
  return {
    credentials: memory.credentials().readable.map(({ value }) => textOf(value)),
    ratchet: textOf(memory.ratchet("1555.0")),
    senderKey: textOf(memory.senderKey("123@g.us::1555.0")),
    identity: textOf(memory.identity("1555.0")),
    preKey: textOf(memory.preKey(7)),
    lid: memory.lidOf("1555"),
    phone: memory.phoneOf("777"),
    addresses: memory.addressesOf("1555"),
    devices: memory.deviceList("1555"),
    key: textOf(memory.key("tctoken", "1555@lid")),
    opened: textOf(memory.opened(bytes("digest"))),
    waiting: memory.waitingPeerStanzas().map(({ stanza }) => textOf(stanza)),
  };
}

const written = {
  credentials: ["credentials one"],
  ratchet: "a ratchet",
  senderKey: "a sender key",
  identity: "an identity",
  preKey: "a pre-key",
  lid: "777",
  phone: "1555",
  addresses: ["1555.0", "1555.3"],
  devices: "[0,3]",
  key: "a token",
  opened: "what it said",
  waiting: ["what it said"],
};

test("what is committed is read back as it was, and nothing secret lies in the file in clear", async () => {
  using folder = createFolder();
  await using store = await openAt(folder.path);
  const memory = await store.signal.open(await makeSession(store));
  await memory.commit(everything);
  expect(readAll(memory)).toEqual(written);
  using database = new Database(join(folder.path, "waygate.db"), { readonly: true });
  for (const [table, column] of [
    ["credentials", "value"],
    ["ratchets", "value"],
    ["sender_keys", "value"],
    ["pre_keys", "value"],
    ["signal_keys", "value"],
  ]) {
    const rows = database.query<{ value: Uint8Array }, []>(`SELECT ${column} AS value FROM ${table}`).all();
    expect(rows.length).toBeGreaterThan(0);
    for (const { value } of rows) expect(textOf(value)).not.toMatch(/credentials|ratchet|device|key|token/);
  }
});

test("a second holder of the lease shuts the first one out, which changes nothing any more", async () => {
  using folder = createFolder();
  await using store = await openAt(folder.path);
  const sessionId = await makeSession(store);
  const first = await store.signal.open(sessionId);
  await first.commit(everything);
  const second = await store.signal.open(sessionId);
  const late = first.commit({ ...nothing, ratchets: [["1555.0", bytes("from before")]] });
  expect(await late.catch((error) => error.code)).toBe("conflict");
  expect(readAll(second)).toEqual(written);
});

test("two generations of credentials are kept, and the older one is there when the newest is damaged", async () => {
  using folder = createFolder();
  await using store = await openAt(folder.path);
  const memory = await store.signal.open(await makeSession(store));
  expect(memory.credentials()).toEqual({ readable: [], isThere: false });
  for (const text of ["one", "two", "three"]) await memory.commit({ ...nothing, credentials: bytes(text) });
  const read = () => memory.credentials().readable.map(({ value, isNewest }) => [textOf(value), isNewest]);
  expect(read()).toEqual([
    ["three", true],
    ["two", false],
  ]);
  using database = new Database(join(folder.path, "waygate.db"));
  database.run("UPDATE credentials SET value = ? WHERE generation = 3", [randomBytes(40)]);
  expect(read()).toEqual([["two", false]]);
});

test("a stored pre-key is never overwritten, and what was opened once is not opened twice", async () => {
  using folder = createFolder();
  await using store = await openAt(folder.path);
  const memory = await store.signal.open(await makeSession(store));
  await memory.commit(everything);
  await memory.commit({
    ...nothing,
    preKeys: [[7, bytes("another")]],
    opened: [{ digest: bytes("digest"), stanza: bytes("again"), isPeer: true, receivedAt: 6 }],
  });
  expect(readAll(memory)).toEqual(written);
  const [{ id } = { id: 0 }] = memory.waitingPeerStanzas();
  await memory.markTaken([id]);
  expect(memory.waitingPeerStanzas()).toEqual([]);
  expect(textOf(memory.opened(bytes("digest")))).toBe("what it said");
});

test("what is forgotten is gone, but for what was received", async () => {
  using folder = createFolder();
  await using store = await openAt(folder.path);
  const memory = await store.signal.open(await makeSession(store));
  await memory.commit(everything);
  await memory.forget();
  expect(readAll(memory)).toEqual({
    credentials: [],
    ratchet: null,
    senderKey: null,
    identity: null,
    preKey: null,
    lid: null,
    phone: null,
    addresses: [],
    devices: null,
    key: null,
    opened: "what it said",
    waiting: ["what it said"],
  });
});

test("after one start with the new master key and the one before it, the former can go", async () => {
  using folder = createFolder();
  const [former, current] = [randomBytes(32), randomBytes(32)];
  let sessionId = 0;
  {
    await using store = await openAt(folder.path, [former]);
    sessionId = await makeSession(store);
    const memory = await store.signal.open(sessionId);
    await memory.commit(everything);
    const many = Array.from({ length: 1_200 }, (_, id) => [id + 100, bytes(`key ${id}`)] as const);
    await memory.commit({ ...nothing, preKeys: many });
  }
  await (await openAt(folder.path, [current, former]))[Symbol.asyncDispose]();
  await using store = await openAt(folder.path, [current]);
  const memory = await store.signal.open(sessionId);
  expect(readAll(memory)).toEqual(written);
  expect(textOf(memory.preKey(1_299))).toBe("key 1199");
});
