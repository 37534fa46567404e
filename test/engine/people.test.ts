// One person under two addresses: where the state of their devices is filed before, while and after both are known.
import { expect, test } from "bun:test";
import { silentLog } from "../../src/core/log.ts";
import { createBook } from "../../src/engine/signal/book.ts";
import { createCircuit } from "../../src/engine/signal/circuit.ts";
import { makeKeyPair } from "../../src/engine/signal/curve.ts";
import { createOpener } from "../../src/engine/signal/opener.ts";
import { createPeople } from "../../src/engine/signal/people.ts";
import { begin } from "../../src/engine/signal/ratchet.ts";
import type { Record } from "../../src/engine/signal/record.ts";
import { distributionOf, encryptForGroup, makeOurKey } from "../../src/engine/signal/sender-key.ts";
import { createTestClock } from "../support/clock.ts";
import { createTestMemory } from "../support/signal-memory.ts";

const us = { pair: makeKeyPair(), registrationId: 815 };
const phone = "15551000001";
const lid = "603168028046026";
const pn = `${phone}@s.whatsapp.net`;
const lidJid = `${lid}@lid`;

function openPeople(memory = createTestMemory()) {
  const book = createBook({
    memory,
    failed(error) {
      throw error;
    },
  });
  return { memory, book, people: createPeople(book) };
}

function newRecord(): Record {
  const signedPreKey = { id: 1, pub: makeKeyPair().pub };
  return { ratchets: [begin(us, { registrationId: 1, identity: makeKeyPair().pub, signedPreKey, preKey: null })] };
}

const rootsOf = (record: Record | null) => record?.ratchets.map(({ root }) => root.toString("hex")) ?? [];

for (const [how, one, other] of [
  ["number first", pn, lidJid],
  ["LID first", lidJid, pn],
] as const) {
  test(`a mapping is learnt in either order (${how}), once, and holds both ways and for every device`, async () => {
    const { memory, people } = openPeople();
    expect(people.learn(one, other)).toBe(true);
    expect(people.learn(one, other)).toBe(false);
    expect(people.learn(other, one)).toBe(false);
    expect([people.lidOf(pn), people.lidOf(`${phone}:7@s.whatsapp.net`)]).toEqual([lidJid, `${lid}:7@lid`]);
    expect([people.phoneOf(lidJid), people.phoneOf(`${lid}:7@lid`)]).toEqual([
      `${phone}:0@s.whatsapp.net`,
      `${phone}:7@s.whatsapp.net`,
    ]);
    expect(people.addressOf(`${phone}:7@s.whatsapp.net`)).toBe(`${lid}_1.7`);
    expect(people.addressOf(`${lid}:7@lid`)).toBe(`${lid}_1.7`);
    await openPeople(memory).book.close();
  });
}

test("before the LID is known everything is under the number", () => {
  const { people } = openPeople();
  expect(people.addressOf(`${phone}:7@s.whatsapp.net`)).toBe(`${phone}.7`);
  expect([people.lidOf(pn), people.phoneOf(lidJid)]).toEqual([null, null]);
});

test("what is no pair of a number and a LID teaches nothing", () => {
  const { people } = openPeople();
  const pairs = [
    [pn, pn],
    [lidJid, lidJid],
    [pn, undefined],
    [undefined, lidJid],
    [pn, "120363660183322321@g.us"],
    ["status@broadcast", lidJid],
    ["rubbish", lidJid],
  ] as const;
  for (const [one, other] of pairs) expect(people.learn(one, other)).toBe(false);
});

test("a mapping learnt late takes the sessions of all devices along, on disk or not, with their identities", async () => {
  const { memory, book, people } = openPeople();
  const [main, desktop] = [newRecord(), newRecord()];
  book.ratchets.put(`${phone}.0`, main);
  book.identities.set(`${phone}.0`, Buffer.from("identity"));
  await book.saved();
  book.ratchets.put(`${phone}.12`, desktop);
  people.learn(pn, lidJid);
  expect(rootsOf(book.ratchets.get(`${lid}_1.0`))).toEqual(rootsOf(main));
  expect(rootsOf(book.ratchets.get(`${lid}_1.12`))).toEqual(rootsOf(desktop));
  expect([book.ratchets.get(`${phone}.0`), book.ratchets.get(`${phone}.12`)]).toEqual([null, null]);
  expect([book.identities.get(`${phone}.0`), book.identities.get(`${lid}_1.0`)]).toEqual([
    null,
    Buffer.from("identity"),
  ]);
  await book.saved();
  const again = openPeople(memory.afterCrash(true));
  expect(rootsOf(again.book.ratchets.get(again.people.addressOf(pn)))).toEqual(rootsOf(main));
  expect(again.book.addressesOf(phone)).toEqual([]);
});

test("sessions on both sides become one, the number's in front, and nothing of either is lost", () => {
  const { book, people } = openPeople();
  const [old, fresh] = [newRecord(), newRecord()];
  book.ratchets.put(`${lid}_1.0`, old);
  book.ratchets.put(`${phone}.0`, fresh);
  people.learn(lidJid, pn);
  expect(rootsOf(book.ratchets.get(`${lid}_1.0`))).toEqual([...rootsOf(fresh), ...rootsOf(old)]);
});

test("somebody whose number begins alike keeps their own", () => {
  const { book, people } = openPeople();
  const theirs = newRecord();
  book.ratchets.put(`${phone}5.0`, theirs);
  people.learn(pn, lidJid);
  expect(rootsOf(book.ratchets.get(`${phone}5.0`))).toEqual(rootsOf(theirs));
  expect(book.ratchets.get(`${lid}_1.0`)).toBeNull();
});

test("a number that got a new LID takes its sessions there", () => {
  const { book, people } = openPeople();
  people.learn(pn, "111@lid");
  people.learn(pn, lidJid);
  expect(people.addressOf(pn)).toBe(`${lid}_1.0`);
  expect(book.mappings.phoneOf(lid)).toBe(phone);
});

test("what a member said to a group under the number is read on under the LID", () => {
  const { book, people } = openPeople();
  const [clock, log] = [createTestClock(), silentLog];
  const keys = () => ({ us, signedPreKey: { id: 1, pair: us.pair } });
  const opener = createOpener({ book, people, circuit: createCircuit({ clock, log }), keys, log });
  const theirs = makeOurKey();
  const group = "120363660183322321@g.us";
  opener.learnSenderKey(group, pn, distributionOf(theirs));
  const say = (text: string) => encryptForGroup(theirs, Buffer.from(text));
  expect(opener.openFromGroup(group, pn, say("before")).toString()).toBe("before");
  people.learn(pn, lidJid);
  expect(opener.openFromGroup(group, lidJid, say("after")).toString()).toBe("after");
  expect(opener.openFromGroup(group, pn, say("and on")).toString()).toBe("and on");
});
