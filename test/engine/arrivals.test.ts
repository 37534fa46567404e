// Stanzas from the frame to the inbox: opened in their order, kept before they are given out, known when they come again.
import { expect, test } from "bun:test";
import { type BinaryNode, Curve, proto } from "@whiskeysockets/baileys";
import { silentLog } from "../../src/core/log.ts";
import { createBook } from "../../src/engine/signal/book.ts";
import { makeKeyPair, withType } from "../../src/engine/signal/curve.ts";
import { begin, encrypt, type Ratchet } from "../../src/engine/signal/ratchet.ts";
import { createSignal } from "../../src/engine/signal/repository.ts";
import { distributionOf, encryptForGroup, makeOurKey } from "../../src/engine/signal/sender-key.ts";
import { ciphertextsOf, decodeStanza } from "../../src/engine/signal/stanza.ts";
import { createTestClock } from "../support/clock.ts";
import { createTestMemory, type TestMemory } from "../support/signal-memory.ts";

const alice = "15551000001@s.whatsapp.net";
const group = "120363660183322321@g.us";
const we = { pair: makeKeyPair(), registrationId: 815 };
const signedPreKey = { id: 1, pair: makeKeyPair() };
const preKey = makeKeyPair();

function openSignal(memory: TestMemory = createTestMemory()) {
  const failures: unknown[] = [];
  const book = createBook({ memory, failed: (error) => failures.push(error) });
  const [clock, log] = [createTestClock(), silentLog];
  const signal = createSignal({ book, keys: () => ({ us: we, signedPreKey }), clock, log });
  const repository = signal.repositoryFor(undefined);
  const take = (enc: Enc, from = alice): Promise<string> =>
    enc.type === "skmsg"
      ? repository.decryptGroupMessage({ group, authorJid: from, msg: enc.content }).then(textOf)
      : repository.decryptMessage({ jid: from, type: enc.type, ciphertext: enc.content }).then(textOf);
  return { memory, failures, book, clock, signal, arrivals: signal.arrivals, repository, take };
}

type Enc = { type: "msg" | "pkmsg" | "skmsg"; content: Uint8Array };

/** A device of somebody's that writes to us. */
function correspondent() {
  const them = { pair: makeKeyPair(), registrationId: 4711 };
  const bundle = { registrationId: 815, identity: we.pair.pub };
  const ratchet: Ratchet = begin(them, {
    ...bundle,
    signedPreKey: { id: signedPreKey.id, pub: signedPreKey.pair.pub },
    preKey: null,
  });
  const ours = makeOurKey();
  const write = (message: proto.IMessage): Enc => {
    const { type, ciphertext } = encrypt(ratchet, them, padded(message));
    return { type, content: ciphertext };
  };
  return {
    write: (text: string) => write({ conversation: text }),
    giveKey: (text?: string) =>
      write({
        ...(text === undefined ? {} : { conversation: text }),
        senderKeyDistributionMessage: {
          groupId: group,
          axolotlSenderKeyDistributionMessage: distributionOf(ours),
        },
      }),
    writeToGroup: (text: string): Enc => ({
      type: "skmsg",
      content: encryptForGroup(ours, padded({ conversation: text })),
    }),
  };
}

function padded(message: proto.IMessage): Buffer {
  return Buffer.concat([proto.Message.encode(message).finish(), Buffer.alloc(3, 3)]);
}

function textOf(bytes: Uint8Array): string {
  return proto.Message.decode(bytes.subarray(0, bytes.length - (bytes.at(-1) ?? 0))).conversation ?? "";
}

let lastId = 0;
const frame = (encs: Enc[], attrs: Record<string, string> = {}): BinaryNode => ({
  tag: "message",
  attrs: { from: alice, id: `M${++lastId}`, t: "1", type: "text", ...attrs },
  content: encs.map(({ type, content }) => ({ tag: "enc", attrs: { v: "2", type }, content })),
});
/** The very same bytes in another place of memory, as a second frame brings them. */
const again = (enc: Enc): Enc => ({ ...enc, content: Uint8Array.from(enc.content) });
const garbled = (enc: Enc): Enc => {
  const content = Buffer.from(enc.content);
  content[content.length - 12] = content.at(-12)! ^ 0x55;
  return { ...enc, content };
};

const moment = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
const rowsOf = ({ inbox }: TestMemory) =>
  inbox.map(({ stanza }) => ciphertextsOf(decodeStanza(stanza)).map(({ content }) => textOf(content)));

/** Whether a promise has settled by now. */
function watch<T>(promise: Promise<T>) {
  const seen = { state: "waits" };
  promise.then(
    () => (seen.state = "given"),
    () => (seen.state = "refused"),
  );
  return seen;
}

test("what a message said is given out only when it and the ratchet that opened it are on disk", async () => {
  const { memory, arrivals, take } = openSignal();
  const hello = correspondent().write("hello");
  memory.hold();
  arrivals.see(frame([hello]));
  const taken = take(hello);
  const seen = watch(taken);
  await moment();
  expect([seen.state, memory.underWay()]).toEqual(["waits", 1]);
  memory.letThrough();
  expect(await taken).toBe("hello");
  expect(rowsOf(memory)).toEqual([["hello"]]);
  expect(memory.commits).toHaveLength(1);
  expect(memory.commits[0]).toMatchObject({ ratchets: [["15551000001.0", expect.anything()]] });
});

test("when it cannot be kept it is refused, and whoever has the connection is told before", async () => {
  const { memory, failures, arrivals, take } = openSignal();
  const hello = correspondent().write("hello");
  memory.hold();
  arrivals.see(frame([hello]));
  const told = take(hello).catch((error) => `${failures.length} told, then: ${error.message}`);
  await moment();
  memory.fail(new Error("the disk is full"));
  expect(await told).toBe("1 told, then: the disk is full");
  expect(memory.inbox).toEqual([]);
});

test("frames are opened in their order, whoever is asked for first, and share their commits", async () => {
  const { memory, arrivals, take } = openSignal();
  const peer = correspondent();
  const sent = Array.from({ length: 40 }, (_, n) => peer.write(`message ${n}`));
  for (const enc of sent) arrivals.see(frame([enc]));
  const texts = await Promise.all(sent.toReversed().map((enc) => take(enc)));
  expect(texts.toReversed()).toEqual(sent.map((_, n) => `message ${n}`));
  expect(rowsOf(memory).flat()).toEqual(sent.map((_, n) => `message ${n}`));
  expect(memory.commits.length).toBeLessThanOrEqual(4);
});

test("a message to a group is read with the key that the frame before it brought, however they are asked for", async () => {
  const { arrivals, take } = openSignal();
  const peer = correspondent();
  const key = peer.giveKey();
  const said = peer.writeToGroup("to the group");
  arrivals.see(frame([key], { offline: "0" }));
  arrivals.see(frame([said], { from: group, participant: alice }));
  expect(await take(said)).toBe("to the group");
  expect(await take(key)).toBe("");
});

test("two ciphertexts in one stanza are opened in their order and are one row", async () => {
  const { memory, arrivals, take } = openSignal();
  const peer = correspondent();
  const [key, said] = [peer.giveKey(), peer.writeToGroup("to the group")];
  arrivals.see(frame([key, said], { from: group, participant: alice }));
  expect([await take(key), await take(said)]).toEqual(["", "to the group"]);
  expect(rowsOf(memory)).toEqual([["", "to the group"]]);
  // What it was comes along, ciphertexts apart.
  const [row] = memory.inbox;
  expect(decodeStanza(row!.stanza).attrs).toMatchObject({ from: group, participant: alice });
});

test("of two, one that cannot be read: the other is given, and only the place of the message is kept", async () => {
  const { memory, arrivals, take } = openSignal();
  const peer = correspondent();
  const [key, said] = [peer.giveKey(), garbled(peer.writeToGroup("to the group"))];
  arrivals.see(frame([key, said], { from: group, participant: alice }));
  expect(await take(key)).toBe("");
  await expect(take(said)).rejects.toThrow("Bad MAC");
  const [row, ...others] = memory.inbox;
  expect([decodeStanza(row!.stanza).content, others]).toEqual([
    [{ tag: "unavailable", attrs: { type: "undecryptable" } }],
    [],
  ]);
});

test("what comes again is answered with what it said, and is no second row", async () => {
  const { memory, arrivals, take } = openSignal();
  const hello = correspondent().write("hello");
  arrivals.see(frame([hello]));
  expect(await take(hello)).toBe("hello");
  const second = again(hello);
  arrivals.see(frame([second]));
  expect(await take(second)).toBe("hello");
  expect(rowsOf(memory)).toEqual([["hello"]]);
});

test("twice before the first has reached the disk: both wait for it", async () => {
  const { memory, arrivals, take } = openSignal();
  const peer = correspondent();
  const [hello, key] = [peer.write("hello"), peer.giveKey()];
  const [second, third] = [again(hello), again(key)];
  memory.hold();
  for (const enc of [hello, second, key, third]) arrivals.see(frame([enc]));
  const taken = [take(hello), take(second), take(key), take(third)];
  const seen = taken.map((one) => watch(one));
  await moment();
  expect(seen.map(({ state }) => state)).toEqual(["waits", "waits", "waits", "waits"]);
  memory.letAllThrough();
  expect(await Promise.all(taken)).toEqual(["hello", "hello", "", ""]);
  expect(memory.inbox).toHaveLength(2);
});

test("what was read before a crash and comes again is answered from its row", async () => {
  const first = openSignal();
  const peer = correspondent();
  const [key, said] = [peer.giveKey("with a key"), peer.writeToGroup("to the group")];
  first.arrivals.see(frame([key, said], { from: group, participant: alice }));
  await first.take(said);
  const second = openSignal(first.memory.afterCrash(true));
  const [keyAgain, saidAgain] = [again(key), again(said)];
  second.arrivals.see(frame([keyAgain, saidAgain], { from: group, participant: alice }));
  expect([await second.take(keyAgain), await second.take(saidAgain)]).toEqual(["with a key", "to the group"]);
  expect(second.memory.inbox).toHaveLength(1);
  // And the conversation goes on.
  const next = peer.writeToGroup("next");
  second.arrivals.see(frame([next], { from: group, participant: alice }));
  expect(await second.take(next)).toBe("next");
});

test("what had not reached the disk at a crash is read anew", async () => {
  const first = openSignal();
  const peer = correspondent();
  const hello = peer.write("hello");
  await moment();
  first.memory.hold();
  first.arrivals.see(frame([hello]));
  first.take(hello).catch(() => {});
  await moment();
  const second = openSignal(first.memory.afterCrash(false));
  const helloAgain = again(hello);
  second.arrivals.see(frame([helloAgain]));
  expect(await second.take(helloAgain)).toBe("hello");
  expect(rowsOf(second.memory)).toEqual([["hello"]]);
});

test("what cannot be read is told in Baileys' words, and leaves no row", async () => {
  const { memory, arrivals, take } = openSignal();
  const peer = correspondent();
  const first = peer.write("first");
  arrivals.see(frame([first]));
  await take(first);
  const bad = garbled(peer.write("second"));
  arrivals.see(frame([bad]));
  await expect(take(bad)).rejects.toThrow("Bad MAC");
  const stranger = { type: "msg" as const, content: peer.write("third").content };
  arrivals.see(frame([stranger], { from: "15559999999@s.whatsapp.net" }));
  await expect(take(stranger, "15559999999@s.whatsapp.net")).rejects.toThrow(/session record|cannot be read/i);
  expect(memory.inbox).toHaveLength(1);
});

test("a ciphertext that came in no frame is opened when it is asked for, and kept before it is given", async () => {
  const { memory, take } = openSignal();
  const hello = correspondent().write("hello");
  memory.hold();
  const taken = take(hello);
  const seen = watch(taken);
  await moment();
  expect(seen.state).toBe("waits");
  memory.letAllThrough();
  expect(await taken).toBe("hello");
});

test("what nobody comes for is known, with the time it came", async () => {
  const { arrivals, take } = openSignal();
  const peer = correspondent();
  const [first, second] = [peer.write("first"), peer.write("second")];
  expect(arrivals.oldestWaiting()).toBeNull();
  const before = performance.now();
  arrivals.see(frame([first]));
  arrivals.see(frame([second]));
  await take(second);
  expect(arrivals.oldestWaiting()).toBeGreaterThanOrEqual(before);
  await take(first);
  expect(arrivals.oldestWaiting()).toBeNull();
});

test("a channel's words, which nobody has encrypted, are kept before they are acknowledged", async () => {
  const { memory, arrivals, repository } = openSignal();
  const channel = "120363000000000000@newsletter";
  memory.hold();
  const content = [{ tag: "plaintext", attrs: {}, content: proto.Message.encode({ conversation: "news" }).finish() }];
  arrivals.see({ tag: "message", attrs: { from: channel, id: "N1", t: "1", type: "text" }, content });
  // What Baileys asks just before it acknowledges.
  const asked = watch(repository.lidMapping.getLIDForPN(channel));
  await moment();
  expect(asked.state).toBe("waits");
  memory.letAllThrough();
  await moment();
  expect([asked.state, memory.inbox.length]).toEqual(["given", 1]);
});

test("a number and a LID on one envelope are one person from then on, for that very message", async () => {
  const { memory, arrivals, take, signal } = openSignal();
  const hello = correspondent().write("hello");
  arrivals.see(frame([hello], { sender_lid: "603168028046026@lid" }));
  expect(await take(hello)).toBe("hello");
  expect(signal.people.lidOf(alice)).toBe("603168028046026@lid");
  expect(memory.ratchet("603168028046026_1.0")).not.toBeNull();
});

test("keys fetched anew replace a session only when that device has asked for a message again", async () => {
  const { arrivals, repository } = openSignal();
  const identity = makeKeyPair();
  const bundle = () => {
    const made = makeKeyPair();
    return {
      registrationId: 9,
      identityKey: withType(identity.pub),
      signedPreKey: {
        keyId: 1,
        publicKey: withType(made.pub),
        signature: Curve.sign(identity.priv, withType(made.pub)),
      },
      preKey: { keyId: 2, publicKey: withType(makeKeyPair().pub) },
    };
  };
  const baseKey = async () => Buffer.from((await repository.getSessionInfo(alice))?.baseKey ?? []).toString("hex");
  await repository.injectE2ESession({ jid: alice, session: bundle() });
  const first = await baseKey();
  await repository.injectE2ESession({ jid: alice, session: bundle() });
  expect(await baseKey()).toBe(first);
  arrivals.see({ tag: "receipt", attrs: { from: alice, id: "M1", type: "retry" }, content: [] });
  await repository.injectE2ESession({ jid: alice, session: bundle() });
  const second = await baseKey();
  expect(second).not.toBe(first);
  await repository.injectE2ESession({ jid: alice, session: bundle() });
  expect(await baseKey()).toBe(second);
});

test("keys that are not signed by the device they are said to be of are not used", async () => {
  const { repository } = openSignal();
  const [identity, other] = [makeKeyPair(), makeKeyPair()];
  const signed = makeKeyPair();
  await repository.injectE2ESession({
    jid: alice,
    session: {
      registrationId: 9,
      identityKey: withType(identity.pub),
      signedPreKey: {
        keyId: 1,
        publicKey: withType(signed.pub),
        signature: Curve.sign(other.priv, withType(signed.pub)),
      },
      preKey: { keyId: 2, publicKey: withType(preKey.pub) },
    },
  });
  expect(await repository.validateSession(alice)).toEqual({ exists: false, reason: "no session" });
});

test("once it is closed nothing is looked at any more", async () => {
  const { memory, arrivals } = openSignal();
  arrivals.close();
  const hello = correspondent().write("hello");
  arrivals.see(frame([hello]));
  await moment();
  expect([memory.inbox.length, arrivals.oldestWaiting(), arrivals.take(hello.content)]).toEqual([0, null, null]);
});
