// What Baileys keeps by kind and name: what is written and what is not, what is on disk when it goes on, what it reads back.
import { expect, test } from "bun:test";
import { proto, type SignalDataSet } from "@whiskeysockets/baileys";
import { createBook } from "../../src/engine/signal/book.ts";
import { createKeyStore } from "../../src/engine/signal/key-store.ts";
import { createTurns } from "../../src/engine/signal/turns.ts";
import { createTestMemory, type TestMemory } from "../support/signal-memory.ts";

function openKeys(memory: TestMemory = createTestMemory()) {
  const forgotten: string[] = [];
  const book = createBook({
    memory,
    failed(error) {
      throw error;
    },
  });
  const keys = createKeyStore({ book, turns: createTurns(), forgetSession: (address) => forgotten.push(address) });
  return { memory, book, keys, forgotten };
}

const pair = (fill: number) => ({ private: Buffer.alloc(32, fill), public: Buffer.alloc(32, fill + 1) });
const settled = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

test("a pre-key is what it was when it was first stored, until it is taken away", async () => {
  const { memory, keys } = openKeys();
  await keys.set({ "pre-key": { 7: pair(1) } });
  await keys.set({ "pre-key": { 7: pair(3), 8: pair(5) } });
  const { "7": seven, "8": eight } = await keys.get("pre-key", ["7", "8"]);
  expect([seven, eight].map((one) => [...one!.private.subarray(0, 1), ...one!.public.subarray(0, 1)])).toEqual([
    [1, 2],
    [5, 6],
  ]);
  await keys.set({ "pre-key": { 7: null } });
  expect(await keys.get("pre-key", ["7"])).toEqual({});
  const again = openKeys(memory.afterCrash(true)).keys;
  expect(Object.keys(await again.get("pre-key", ["7", "8"]))).toEqual(["8"]);
});

test("one that is on disk and not in mind is not overwritten either", async () => {
  const first = openKeys();
  await first.keys.set({ "pre-key": { 7: pair(1) } });
  const { memory, keys } = openKeys(first.memory.afterCrash(true));
  await keys.set({ "pre-key": { 7: pair(3) } });
  expect((await keys.get("pre-key", ["7"]))["7"]?.private[0]).toBe(1);
  expect(memory.commits).toEqual([]);
});

test("pre-keys, keys of the app state and its versions are on disk when Baileys goes on; the rest follows", async () => {
  const state = { version: 3, hash: Buffer.alloc(128, 1), indexValueMap: {} };
  const sets: [SignalDataSet, waits: boolean][] = [
    [{ "pre-key": { 7: pair(1) } }, true],
    [{ "app-state-sync-key": { AAAA: proto.Message.AppStateSyncKeyData.fromObject({ timestamp: 5 }) } }, true],
    [{ "app-state-sync-version": { regular: state } }, true],
    [{ "sender-key-memory": { "1@g.us": { "1:1@lid": true } } }, false],
  ];
  for (const [data, waits] of sets) {
    const { memory, keys } = openKeys();
    memory.hold();
    let isDone = false;
    void keys.set(data).then(() => {
      isDone = true;
    });
    await settled();
    expect([Object.keys(data), isDone, memory.underWay()]).toEqual([Object.keys(data), !waits, 1]);
    memory.letAllThrough();
    await settled();
    expect(isDone).toBe(true);
  }
});

test("what has not changed is not written again", async () => {
  const { memory, book, keys } = openKeys();
  const everybody = { "1@g.us": { "1:1@lid": true, "2:0@lid": true } };
  for (let send = 0; send < 5; send++) await keys.set({ "sender-key-memory": everybody });
  await book.saved();
  expect(memory.commits).toHaveLength(1);
  await keys.set({ "sender-key-memory": { "1@g.us": null, "2@g.us": null } });
  await book.saved();
  expect(memory.commits[1]?.keys).toEqual([["sender-key-memory", "1@g.us", null]]);
});

test("what is kept elsewhere and better is neither kept nor found here", async () => {
  const { memory, book, keys } = openKeys();
  await keys.set({
    "device-list": { 1: ["0", "7"] },
    "identity-key": { "1.0": Buffer.from("identity") },
    "sender-key": { "g::1.0": Buffer.from("key") },
    "lid-mapping": { 1: "2" },
  });
  await book.saved();
  await settled();
  expect(memory.commits).toEqual([]);
  for (const kind of ["device-list", "identity-key", "sender-key", "lid-mapping", "session"] as const) {
    expect(await keys.get(kind, ["1", "1.0", "g::1.0"])).toEqual({});
  }
});

test("a session that Baileys takes away is forgotten; one that it sets is not its to set", async () => {
  const { forgotten, keys } = openKeys();
  await keys.set({ session: { "1.0": Buffer.from("session"), "2_1.7": null } });
  expect(forgotten).toEqual(["2_1.7"]);
});

test("bytes and protobufs come back as what they were, also from the disk", async () => {
  const first = openKeys();
  const data = proto.Message.AppStateSyncKeyData.fromObject({
    keyData: Buffer.alloc(32, 9),
    timestamp: 1_795_143_895,
    fingerprint: { rawId: 4, currentIndex: 0, deviceIndexes: [0, 1] },
  });
  const state = { version: 3, hash: Buffer.alloc(128, 1), indexValueMap: { a: { valueMac: Buffer.of(1, 2) } } };
  await first.keys.set({ "app-state-sync-key": { "AA/A=": data }, "app-state-sync-version": { regular: state } });
  for (const keys of [first.keys, openKeys(first.memory.afterCrash(true)).keys]) {
    const { "AA/A=": key } = await keys.get("app-state-sync-key", ["AA/A="]);
    expect(proto.Message.AppStateSyncKeyData.encode(key!).finish()).toEqual(
      proto.Message.AppStateSyncKeyData.encode(data).finish(),
    );
    const { regular } = await keys.get("app-state-sync-version", ["regular"]);
    expect(Buffer.from(regular!.hash)).toEqual(state.hash);
    expect(Buffer.from(regular!.indexValueMap.a!.valueMac)).toEqual(Buffer.of(1, 2));
  }
});

test("a transaction takes its turn by name and sees what was written in it", async () => {
  const { keys } = openKeys();
  const order: string[] = [];
  await Promise.all(
    ["first", "second"].map((name) =>
      keys.transaction(async () => {
        order.push(`${name} begins`);
        await keys.set({ "sender-key-memory": { "1@g.us": { [name]: true } } });
        await settled();
        expect(await keys.get("sender-key-memory", ["1@g.us"])).toEqual({ "1@g.us": { [name]: true } });
        expect(keys.isInTransaction()).toBe(true);
        order.push(`${name} ends`);
      }, "me"),
    ),
  );
  expect(order).toEqual(["first begins", "first ends", "second begins", "second ends"]);
  expect(keys.isInTransaction()).toBe(false);
});
