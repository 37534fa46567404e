// What a session knows by heart and what is on disk: one commit at a time, nothing lost sight of, nothing used twice.
import { expect, test } from "bun:test";
import { silentLog } from "../../src/core/log.ts";
import { type Book, createBook } from "../../src/engine/signal/book.ts";
import { makeKeyPair } from "../../src/engine/signal/curve.ts";
import { readGroupWhisper, readIntroduction, readWhisper } from "../../src/engine/signal/messages.ts";
import { begin, encrypt } from "../../src/engine/signal/ratchet.ts";
import type { Record } from "../../src/engine/signal/record.ts";
import { createSignal } from "../../src/engine/signal/repository.ts";
import { makeOurKey } from "../../src/engine/signal/sender-key.ts";
import { createRandom, freshSeed } from "../faults/support/random.ts";
import { createTestClock } from "../support/clock.ts";
import { createTestMemory, type TestMemory } from "../support/signal-memory.ts";

const us = { pair: makeKeyPair(), registrationId: 815 };
const bytes = (text: string) => Buffer.from(text);
const never = () => {
  throw new Error("nothing should have failed");
};
/** Past the moment in which a commit gathers. */
const moment = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

function openBook(memory = createTestMemory(), failed: (error: unknown) => void = never) {
  return { memory, book: createBook({ memory, failed }) };
}

function newRecord(): Record {
  const preKey = { id: 2, pub: makeKeyPair().pub };
  const signedPreKey = { id: 1, pub: makeKeyPair().pub };
  return { ratchets: [begin(us, { registrationId: 1, identity: makeKeyPair().pub, signedPreKey, preKey })] };
}

const opened = (digest: string) => ({
  digest: bytes(digest),
  stanza: bytes(`stanza ${digest}`),
  isPeer: false,
  receivedAt: 1,
});

test("what belongs together goes into one commit, and what is not on disk yet is seen all the same", async () => {
  const { memory, book } = openBook();
  const record = newRecord();
  book.ratchets.put("1.0", record);
  book.senderKeys.put("g::1.0", { theirs: [], ours: makeOurKey() });
  book.identities.set("1.0", bytes("identity"));
  book.preKeys.set("7", bytes("pre-key"));
  book.deviceLists.set("1", "[0]");
  book.keys.set("app-state-sync-key/with/slashes", bytes("key"));
  book.mappings.set("1", "99");
  book.setCredentials(() => bytes("credentials"));
  book.addOpened(opened("one"));
  expect(memory.commits).toEqual([]);
  const seen = () => [
    book.ratchets.get("1.0")?.ratchets.length,
    book.senderKeys.get("g::1.0")?.ours?.chain.next,
    book.identities.get("1.0"),
    book.preKeys.get("7"),
    book.deviceLists.get("1"),
    book.keys.get("app-state-sync-key/with/slashes"),
    book.mappings.lidOf("1"),
    book.mappings.phoneOf("99"),
    book.addressesOf("1"),
    book.findOpened(bytes("one")),
  ];
  const before = seen();
  expect(before).not.toContain(null);
  await book.saved();
  expect(memory.commits).toHaveLength(1);
  expect(memory.commits[0]).toMatchObject({
    credentials: bytes("credentials"),
    keys: [["app-state-sync-key", "with/slashes", bytes("key")]],
    preKeys: [[7, bytes("pre-key")]],
    mappings: [["1", "99"]],
  });
  expect(seen()).toEqual(before);
  // And by whoever opens it anew.
  const again = openBook(memory.afterCrash(true)).book;
  expect(again.identities.get("1.0")).toEqual(bytes("identity"));
  expect(again.mappings.phoneOf("99")).toBe("1");
  expect(again.ratchets.get("1.0")?.ratchets[0]?.baseKey).toEqual(record.ratchets[0]!.baseKey);
});

test("one commit at a time: what changes meanwhile gathers for the next one", async () => {
  const { memory, book } = openBook();
  memory.hold();
  book.identities.set("1.0", bytes("first"));
  await moment();
  book.identities.set("1.0", bytes("second"));
  book.identities.set("2.0", bytes("other"));
  await moment();
  expect(memory.underWay()).toBe(1);
  expect(book.identities.get("1.0")).toEqual(bytes("second"));
  let isSaved = false;
  const saved = book.saved().then(() => {
    isSaved = true;
  });
  memory.letThrough();
  await moment();
  // What was asked for is in the second one, which is under way only now.
  expect([memory.underWay(), isSaved]).toEqual([1, false]);
  expect(book.identities.get("2.0")).toEqual(bytes("other"));
  memory.letThrough();
  await saved;
  expect(memory.commits.map((commit) => commit.identities)).toEqual([
    [["1.0", bytes("first")]],
    [
      ["1.0", bytes("second")],
      ["2.0", bytes("other")],
    ],
  ]);
});

test("what is forgotten is gone at once, on disk after the next commit, and can come back", async () => {
  const { memory, book } = openBook();
  book.ratchets.put("1.0", newRecord());
  book.preKeys.set("7", bytes("pre-key"));
  await book.saved();
  memory.hold();
  book.ratchets.drop("1.0");
  book.preKeys.set("7", null);
  expect([book.ratchets.get("1.0"), book.preKeys.get("7")]).toEqual([null, null]);
  await moment();
  expect(memory.ratchet("1.0")).not.toBeNull();
  expect(book.ratchets.get("1.0")).toBeNull();
  const back = newRecord();
  book.ratchets.put("1.0", back);
  memory.letAllThrough();
  await book.saved();
  expect(openBook(memory.afterCrash(true)).book.ratchets.get("1.0")?.ratchets[0]?.root).toEqual(back.ratchets[0]!.root);
  expect(memory.preKey(7)).toBeNull();
});

test("a commit that fails breaks the book: nobody is told that anything is saved, and nothing more is written", async () => {
  const failures: unknown[] = [];
  const { memory, book } = openBook(createTestMemory(), (error) => failures.push(error));
  const full = new Error("the disk is full");
  memory.fail(full);
  book.identities.set("1.0", bytes("identity"));
  const [saved] = await Promise.allSettled([book.saved()]);
  expect(saved).toMatchObject({ status: "rejected", reason: full });
  expect(failures).toEqual([full]);
  book.identities.set("2.0", bytes("other"));
  await moment();
  await expect(book.saved()).rejects.toThrow("the disk is full");
  await book.close();
  expect(failures).toEqual([full]);
  expect(memory.commits).toEqual([]);
});

test("what was asked to be saved while a commit was failing is told of the failure too", async () => {
  const { memory, book } = openBook(createTestMemory(), () => {});
  memory.hold();
  book.identities.set("1.0", bytes("identity"));
  const first = book.saved();
  await moment();
  book.identities.set("2.0", bytes("other"));
  const second = book.saved();
  memory.fail(new Error("the disk is full"));
  const outcomes = await Promise.allSettled([first, second]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});

test("a stanza that was opened is found again before, while and after it goes to the disk", async () => {
  const { memory, book } = openBook();
  memory.hold();
  book.addOpened(opened("one"));
  const find = () => book.findOpened(bytes("one"))?.toString();
  expect(find()).toBe("stanza one");
  await moment();
  expect(memory.inbox).toEqual([]);
  expect(find()).toBe("stanza one");
  memory.letAllThrough();
  await book.saved();
  expect([memory.inbox.length, find()]).toEqual([1, "stanza one"]);
  expect(book.findOpened(bytes("two"))).toBeNull();
});

test("credentials are encoded when they go to the disk, not when they changed", async () => {
  const { memory, book } = openBook();
  const creds = { counter: 1 };
  book.setCredentials(() => bytes(JSON.stringify(creds)));
  creds.counter = 2;
  book.setCredentials(() => bytes(JSON.stringify(creds)));
  await book.saved();
  expect(memory.commits.map(({ credentials }) => String(credentials))).toEqual(['{"counter":2}']);
  book.identities.set("1.0", bytes("identity"));
  await book.saved();
  expect(memory.commits[1]?.credentials).toBeNull();
});

test("put away in order, nothing reserved is lost; after a crash it is, and is not used", async () => {
  const { memory, book } = openBook();
  book.ratchets.put("1.0", newRecord());
  await book.saved();
  const writing = () => book.ratchets.get("1.0")!.ratchets[0]!.writing;
  encrypt(book.ratchets.get("1.0")!.ratchets[0]!, us, bytes("one"));
  expect([writing().next, writing().granted]).toEqual([1, 64]);
  const crashed = openBook(memory.afterCrash(true)).book;
  expect(crashed.ratchets.get("1.0")!.ratchets[0]!.writing.next).toBe(64);
  await crashed.close();

  const { memory: other, book: orderly } = openBook();
  orderly.ratchets.put("1.0", newRecord());
  await orderly.saved();
  encrypt(orderly.ratchets.get("1.0")!.ratchets[0]!, us, bytes("one"));
  await orderly.close();
  expect(openBook(other.afterCrash(true)).book.ratchets.get("1.0")!.ratchets[0]!.writing.next).toBe(1);
});

test("once it is closed nothing changes the disk any more, whoever still holds it", async () => {
  const { memory, book } = openBook();
  const record = newRecord();
  book.ratchets.put("1.0", record);
  await book.saved();
  memory.hold();
  book.identities.set("1.0", bytes("in time"));
  const closed = book.close();
  await moment();
  book.identities.set("1.0", bytes("too late"));
  memory.letAllThrough();
  await closed;
  const { length } = memory.commits;
  book.identities.set("1.0", bytes("far too late"));
  book.ratchets.changed("1.0");
  book.setCredentials(() => bytes("of yesterday"));
  book.addOpened(opened("late"));
  await moment();
  await book.saved();
  expect(memory.commits).toHaveLength(length);
  expect(memory.identity("1.0")).toEqual(bytes("in time"));
  expect(memory.inbox).toEqual([]);
});

test("more peers than fit: those that have changed stay until they are on disk, those put away come back as they were", async () => {
  const { memory, book } = openBook();
  memory.hold();
  const peers = Array.from({ length: 300 }, (_, n) => `${n}.0`);
  const roots = new Map<string, string>();
  for (const peer of peers) {
    const record = newRecord();
    roots.set(peer, record.ratchets[0]!.root.toString("hex"));
    book.ratchets.put(peer, record);
  }
  expect([...book.ratchets.names()]).toHaveLength(300);
  memory.letAllThrough();
  await book.saved();
  expect([...book.ratchets.names()].length).toBeLessThan(100);
  for (const peer of peers) {
    const ratchet = book.ratchets.get(peer)!.ratchets[0]!;
    expect(ratchet.root.toString("hex")).toBe(roots.get(peer)!);
    // Put away unused, so nothing is skipped.
    expect(ratchet.writing.next).toBe(0);
  }
  await book.saved();
  expect([...book.ratchets.names()].length).toBeLessThan(100);
});

/** What goes out is named by its key and its number, of which no two may ever be the same. */
function sending(book: Book) {
  const keys = () => ({ us, signedPreKey: { id: 1, pair: us.pair } });
  const repository = createSignal({ book, keys, clock: createTestClock(), log: silentLog }).repositoryFor(undefined);
  return {
    async toPeer(peer: string): Promise<string> {
      const { type, ciphertext } = await repository.encryptMessage({ jid: `${peer}@s.whatsapp.net`, data: bytes("x") });
      const { ratchetKey, number } = readWhisper(type === "pkmsg" ? readIntroduction(ciphertext).inner : ciphertext);
      return `${ratchetKey.toString("hex")} ${number}`;
    },
    async toGroup(group: string): Promise<string> {
      const sent = await repository.encryptGroupMessage({ group, meId: "1@s.whatsapp.net", data: bytes("x") });
      const { keyId, iteration } = readGroupWhisper(sent.ciphertext);
      return `${keyId} ${iteration}`;
    },
  };
}

test("no number is ever used twice, whenever it crashes, however often it is closed, however many peers there are", async () => {
  const seed = freshSeed();
  const random = createRandom(seed);
  const used = new Set<string>();
  const twice: string[] = [];
  const ends = { crash: 0, close: 0, fault: 0 };
  const peers = Array.from({ length: 140 }, (_, n) => `${n}`);
  let memory: TestMemory = createTestMemory();
  const first = openBook(memory).book;
  for (const peer of peers) first.ratchets.put(`${peer}.0`, newRecord());
  await first.saved();

  for (let life = 0; life < 40; life++) {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    const { book } = openBook(memory, over);
    const { toPeer, toGroup } = sending(book);
    const sends: Promise<void>[] = [];
    const send = async (sent: Promise<string>) => {
      // What a broken book or a dead process would have sent is sent by nobody.
      const number = await sent.catch(() => null);
      if (number === null || isOver) return;
      if (used.has(number)) twice.push(number);
      used.add(number);
    };
    for (let step = 0; step < 40; step++) {
      if (random.chance(0.1)) memory.hold();
      if (random.chance(0.1)) memory.letAllThrough();
      const peer = random.pick(random.chance(0.5) ? peers.slice(0, 3) : peers);
      for (let burst = random.between(0, 30); burst > 0; burst--) sends.push(send(toPeer(peer)));
      // As to a large group: more peers have changed than fit.
      if (random.chance(0.05)) sends.push(...peers.map((each) => send(toPeer(each))));
      if (random.chance(0.5)) sends.push(send(toGroup(random.pick(["one@g.us", "two@g.us"]))));
      if (random.chance(0.3)) await moment();
    }
    const end = random.pick(["crash", "close", "fault"] as const);
    ends[end] += 1;
    if (end === "fault") memory.fail(new Error("the disk is full"));
    if (end === "close") {
      memory.letAllThrough();
      await book.close();
    }
    if (end !== "crash") await Promise.all(sends);
    over();
    memory = memory.afterCrash(random.chance(0.5));
  }
  expect({ seed, twice }).toEqual({ seed, twice: [] });
  expect(Math.min(...Object.values(ends))).toBeGreaterThan(0);
  expect(used.size).toBeGreaterThan(3_000);
});
