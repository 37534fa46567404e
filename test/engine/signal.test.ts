// Our Signal against libsignal, both ways and in every order, and against what libsignal once wrote.
// biome-ignore-all lint/suspicious/noConsole: libsignal prints whole sessions there, private keys included
import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import {
  GroupCipher,
  GroupSessionBuilder,
  SenderKeyName,
  SenderKeyRecord,
} from "@whiskeysockets/baileys/lib/Signal/Group";
import { SenderKeyDistributionMessage } from "@whiskeysockets/baileys/lib/Signal/Group/sender-key-distribution-message";
import * as libsignalOf from "libsignal";
import { makeKeyPair, makeSigningKey, signWith, verifierFor, withType } from "../../src/engine/signal/curve.ts";
import { SignalError } from "../../src/engine/signal/faults.ts";
import { readDistribution, readIntroduction } from "../../src/engine/signal/messages.ts";
import { accept, begin, encrypt } from "../../src/engine/signal/ratchet.ts";
import { adopt, decodeRecord, encodeRecord, type Record as Peer, readWith } from "../../src/engine/signal/record.ts";
import {
  decodeSenderKey,
  decryptFromGroup,
  distributionOf,
  encodeSenderKey,
  encryptForGroup,
  learn,
  makeOurKey,
  type SenderKeyRecord as OurSenderKeys,
} from "../../src/engine/signal/sender-key.ts";
import recorded from "../golden/signal.json";

type Pair = { pubKey: Buffer; privKey: Buffer };
/** With what its declarations leave out. */
const libsignal = libsignalOf as typeof libsignalOf & {
  curve: {
    generateKeyPair(): Pair;
    calculateSignature(priv: Buffer, message: Uint8Array): Buffer;
    verifySignature(pub: Buffer, message: Uint8Array, signature: Buffer, isInit: boolean): boolean;
  };
};

for (const method of ["info", "warn", "error"] as const) {
  const original = console[method];
  console[method] = (...args: unknown[]) => {
    if (!/session|decrypt|Bad MAC|MessageCounter/i.test(String(args[0]))) original(...args);
  };
}

/** Somebody with libsignal. */
function theirSide() {
  const identity = libsignal.curve.generateKeyPair();
  const signedPreKey = libsignal.curve.generateKeyPair();
  const preKey = libsignal.curve.generateKeyPair();
  let record: unknown;
  // biome-ignore lint/suspicious/noExplicitAny: libsignal's storage
  const senderKeys = new Map<string, any>();
  const storage = {
    loadSession: async () => record,
    storeSession: async (_id: string, stored: unknown) => {
      // biome-ignore lint/suspicious/noExplicitAny: libsignal's record
      record = libsignal.SessionRecord.deserialize(JSON.parse(JSON.stringify((stored as any).serialize())));
    },
    isTrustedIdentity: () => true,
    loadPreKey: async (id: number) => (id > 0 ? preKey : undefined),
    removePreKey: async () => {},
    loadSignedPreKey: () => signedPreKey,
    getOurRegistrationId: () => 4711,
    getOurIdentity: () => identity,
    loadSenderKey: async (name: { toString(): string }) => senderKeys.get(name.toString()) ?? new SenderKeyRecord(),
    storeSenderKey: async (name: { toString(): string }, key: unknown) => void senderKeys.set(name.toString(), key),
  };
  const address = new libsignal.ProtocolAddress("them", 0);
  // biome-ignore lint/suspicious/noExplicitAny: its declarations lack half of it
  const cipher = new libsignal.SessionCipher(storage as any, address) as any;
  return {
    identity,
    signedPreKey,
    preKey,
    storage,
    // biome-ignore lint/suspicious/noExplicitAny: its declarations lack half of it
    begin: (bundle: unknown) => new libsignal.SessionBuilder(storage as any, address).initOutgoing(bundle as any),
    async write(text: string) {
      const { type, body } = await cipher.encrypt(Buffer.from(text));
      return { type: type === 3 ? "pkmsg" : "msg", ciphertext: Buffer.from(body, "binary") };
    },
    read: async (type: string, ciphertext: Buffer): Promise<string> =>
      (type === "pkmsg"
        ? await cipher.decryptPreKeyWhisperMessage(ciphertext)
        : await cipher.decryptWhisperMessage(ciphertext)
      ).toString(),
  };
}

/** And somebody with ours; written down and read back between any two messages. */
function ourSide() {
  const us = { pair: makeKeyPair(), registrationId: 815 };
  const signedPreKey = makeKeyPair();
  const preKey = makeKeyPair();
  let record: Peer = { ratchets: [] };
  const kept = <T>(act: () => T): T => {
    const result = act();
    record = decodeRecord(encodeRecord(record, "exact"));
    return result;
  };
  return {
    us,
    signedPreKey,
    preKey,
    record: () => record,
    crash: () => {
      record = decodeRecord(encodeRecord(record, "ahead"));
    },
    begin: (bundle: Parameters<typeof begin>[1]) => kept(() => adopt(record, begin(us, bundle))),
    write: (text: string) => kept(() => encrypt(record.ratchets[0]!, us, Buffer.from(text))),
    read(type: string, ciphertext: Buffer): string {
      return kept(() => {
        if (type !== "pkmsg") return readWith(record, us, ciphertext).toString();
        const hello = readIntroduction(ciphertext);
        if (!record.ratchets.some((one) => one.baseKey.equals(hello.baseKey))) {
          adopt(record, accept(us, hello, { signedPreKey, preKey: hello.preKeyId === null ? null : preKey }));
        }
        return readWith(record, us, Buffer.from(hello.inner)).toString();
      });
    },
  };
}

function pairBegunByUs(withPreKey = true) {
  const [they, we] = [theirSide(), ourSide()];
  we.begin({
    registrationId: 4711,
    identity: they.identity.pubKey.subarray(1),
    signedPreKey: { id: 5, pub: they.signedPreKey.pubKey.subarray(1) },
    preKey: withPreKey ? { id: 9, pub: they.preKey.pubKey.subarray(1) } : null,
  });
  return { they, we };
}

async function pairBegunByThem(withPreKey = true) {
  const [they, we] = [theirSide(), ourSide()];
  const signed = libsignal.curve.calculateSignature(we.us.pair.priv, withType(we.signedPreKey.pub));
  await they.begin({
    registrationId: 815,
    identityKey: withType(we.us.pair.pub),
    signedPreKey: { keyId: 1, publicKey: withType(we.signedPreKey.pub), signature: signed },
    ...(withPreKey ? { preKey: { keyId: 2, publicKey: withType(we.preKey.pub) } } : {}),
  });
  return { they, we };
}

for (const withPreKey of [true, false]) {
  const how = withPreKey ? "with a one-time key" : "without a one-time key";
  test(`libsignal reads the session that we begin ${how}, and we read its answers`, async () => {
    const { they, we } = pairBegunByUs(withPreKey);
    for (const text of ["one", "two"]) {
      const sent = we.write(text);
      expect(sent.type).toBe("pkmsg");
      expect(await they.read(sent.type, sent.ciphertext)).toBe(text);
    }
    for (let turn = 0; turn < 20; turn++) {
      const answer = await they.write(`answer ${turn}`);
      expect(we.read(answer.type, answer.ciphertext)).toBe(`answer ${turn}`);
      const more = we.write(`more ${turn}`);
      expect(more.type).toBe("msg");
      expect(await they.read("msg", more.ciphertext)).toBe(`more ${turn}`);
    }
  });

  test(`we read the session that libsignal begins ${how}, and it reads our answers`, async () => {
    const { they, we } = await pairBegunByThem(withPreKey);
    for (const text of ["one", "two"]) {
      const sent = await they.write(text);
      expect(sent.type).toBe("pkmsg");
      expect(we.read(sent.type, sent.ciphertext)).toBe(text);
    }
    for (let turn = 0; turn < 20; turn++) {
      const answer = we.write(`answer ${turn}`);
      expect(await they.read(answer.type, answer.ciphertext)).toBe(`answer ${turn}`);
      const more = await they.write(`more ${turn}`);
      expect(we.read(more.type, more.ciphertext)).toBe(`more ${turn}`);
    }
  });
}

test("messages in any order are read once each, over many steps of the ratchet", async () => {
  const { they, we } = await pairBegunByThem();
  const first = await they.write("hello");
  we.read(first.type, first.ciphertext);
  const underWay: { to: "us" | "them"; text: string; type: string; ciphertext: Buffer }[] = [];
  for (let round = 0; round < 300; round++) {
    const text = `number ${round}`;
    if (Math.random() < 0.5) underWay.push({ to: "them", text, ...we.write(text) });
    else underWay.push({ to: "us", text, ...(await they.write(text)) });
    while (underWay.length > 8) {
      const [one] = underWay.splice(Math.floor(Math.random() * underWay.length), 1);
      const read = one!.to === "us" ? we.read(one!.type, one!.ciphertext) : await they.read(one!.type, one!.ciphertext);
      expect(read).toBe(one!.text);
    }
  }
});

test("a message read twice is known as used, and a damaged one leaves no trace", async () => {
  const { they, we } = await pairBegunByThem();
  const sent = await they.write("hello");
  expect(we.read(sent.type, sent.ciphertext)).toBe("hello");
  expect(faultOf(() => we.read(sent.type, sent.ciphertext))).toBe("used");

  const answer = we.write("answer");
  await they.read(answer.type, answer.ciphertext);
  const next = await they.write("next");
  expect(next.type).toBe("msg");
  for (let at = 0; at < next.ciphertext.length; at++) {
    const damaged = Buffer.from(next.ciphertext);
    damaged[at] = damaged[at]! ^ 0x10;
    const before = encodeRecord(we.record(), "exact");
    expect(() => we.read(next.type, damaged)).toThrow();
    expect(encodeRecord(we.record(), "exact").equals(before)).toBe(true);
  }
  expect(we.read(next.type, next.ciphertext)).toBe("next");
});

test("after a crash a number is skipped, never used twice", async () => {
  const { they, we } = pairBegunByUs();
  const numbers = new Set<number>();
  for (let round = 0; round < 10; round++) {
    numbers.add(we.record().ratchets[0]!.writing.next);
    const sent = we.write(`round ${round}`);
    expect(await they.read(sent.type, sent.ciphertext)).toBe(`round ${round}`);
    we.crash();
  }
  expect([...numbers]).toEqual(Array.from({ length: 10 }, (_, round) => round * 65));
});

test("two sessions begun at once by both sides end in one that both can use", () => {
  // Ours on both sides: libsignal tries a message on the wrong session first and leaves that one damaged.
  const [one, other] = [ourSide(), ourSide()];
  const bundleOf = ({ us, signedPreKey, preKey }: ReturnType<typeof ourSide>) => ({
    registrationId: us.registrationId,
    identity: us.pair.pub,
    signedPreKey: { id: 1, pub: signedPreKey.pub },
    preKey: { id: 2, pub: preKey.pub },
  });
  one.begin(bundleOf(other));
  other.begin(bundleOf(one));
  const [first, second] = [one.write("from one"), other.write("from other")];
  expect(other.read(first.type, first.ciphertext)).toBe("from one");
  expect(one.read(second.type, second.ciphertext)).toBe("from other");
  for (let turn = 0; turn < 10; turn++) {
    const sent = one.write(`turn ${turn}`);
    expect(other.read(sent.type, sent.ciphertext)).toBe(`turn ${turn}`);
    const back = other.write(`back ${turn}`);
    expect(one.read(back.type, back.ciphertext)).toBe(`back ${turn}`);
  }
  expect(one.record().ratchets[0]?.baseKey).toEqual(other.record().ratchets[0]?.baseKey);
  expect(one.write("settled").type).toBe("msg");
});

const groupName = new SenderKeyName("123@g.us", new libsignal.ProtocolAddress("them", 0));

test("libsignal reads what we write to a group, from the distribution on, in any order", async () => {
  const they = theirSide();
  let record: OurSenderKeys = { theirs: [], ours: makeOurKey() };
  encryptForGroup(record.ours!, Buffer.from("before they joined"));
  const distribution = new SenderKeyDistributionMessage(null, null, null, null, distributionOf(record.ours!));
  // biome-ignore lint/suspicious/noExplicitAny: libsignal's storage
  await new GroupSessionBuilder(they.storage as any).process(groupName, distribution);
  // biome-ignore lint/suspicious/noExplicitAny: libsignal's storage
  const cipher = new GroupCipher(they.storage as any, groupName);
  const sent = Array.from({ length: 20 }, (_, n) => {
    const ciphertext = encryptForGroup(record.ours!, Buffer.from(`message ${n}`));
    record = decodeSenderKey(encodeSenderKey(record, n % 5 === 0 ? "ahead" : "exact"));
    return { text: `message ${n}`, ciphertext };
  });
  for (const { text, ciphertext } of sent.toSorted(() => Math.random() - 0.5)) {
    expect(Buffer.from(await cipher.decrypt(ciphertext)).toString()).toBe(text);
  }
});

test("we read what libsignal writes to a group, which skips every other number; a forged one is refused", async () => {
  const they = theirSide();
  // biome-ignore lint/suspicious/noExplicitAny: libsignal's storage
  const distribution = await new GroupSessionBuilder(they.storage as any).create(groupName);
  let record: OurSenderKeys = { theirs: [], ours: null };
  learn(record, readDistribution(distribution.serialize()));
  // biome-ignore lint/suspicious/noExplicitAny: libsignal's storage
  const cipher = new GroupCipher(they.storage as any, groupName);
  const sent: { text: string; ciphertext: Uint8Array }[] = [];
  for (let n = 0; n < 20; n++) {
    sent.push({ text: `message ${n}`, ciphertext: await cipher.encrypt(Buffer.from(`message ${n}`)) });
  }
  for (const { text, ciphertext } of sent.toSorted(() => Math.random() - 0.5)) {
    const forged = Buffer.from(ciphertext);
    forged[forged.length - 20] = forged.at(-20)! ^ 1;
    expect(faultOf(() => decryptFromGroup(record, forged))).toBe("forged");
    expect(decryptFromGroup(record, ciphertext).toString()).toBe(text);
    expect(faultOf(() => decryptFromGroup(record, ciphertext))).toBe("used");
    record = decodeSenderKey(encodeSenderKey(record, "exact"));
    learn(record, readDistribution(distribution.serialize()));
  }
});

test("signatures of ours verify with libsignal's curve, and its own with ours", () => {
  for (let round = 0; round < 20; round++) {
    const message = randomBytes(round * 7);
    const key = makeSigningKey();
    expect(libsignal.curve.verifySignature(withType(key.pub), message, signWith(key, message), false)).toBe(true);
    const theirs = libsignal.curve.generateKeyPair();
    const signature = libsignal.curve.calculateSignature(theirs.privKey, message);
    const verify = verifierFor(theirs.pubKey.subarray(1));
    expect(verify(message, signature)).toBe(true);
    expect(verify(Buffer.concat([message, Buffer.from("!")]), signature)).toBe(false);
  }
});

test("what libsignal once wrote is read as it was meant", () => {
  const bytes = (text: string) => Buffer.from(text, "base64");
  for (const story of recorded.sessions) {
    const us = { pair: { priv: bytes(story.identity.priv), pub: bytes(story.identity.pub) }, registrationId: 815 };
    const pair = ({ priv, pub }: { priv: string; pub: string }) => ({ priv: bytes(priv), pub: bytes(pub) });
    const record: Peer = { ratchets: [] };
    for (const { type, ciphertext, text } of story.messages) {
      const hello = type === "pkmsg" ? readIntroduction(bytes(ciphertext)) : null;
      if (hello !== null && record.ratchets.length === 0) {
        const preKey = hello.preKeyId === null ? null : pair(story.preKey);
        adopt(record, accept(us, hello, { signedPreKey: pair(story.signedPreKey), preKey }));
      }
      expect(readWith(record, us, hello === null ? bytes(ciphertext) : Buffer.from(hello.inner)).toString()).toBe(text);
    }
  }
  for (const story of recorded.groups) {
    const record: OurSenderKeys = { theirs: [], ours: null };
    learn(record, readDistribution(bytes(story.distribution)));
    for (const { ciphertext, text } of story.messages) {
      expect(decryptFromGroup(record, bytes(ciphertext)).toString()).toBe(text);
    }
  }
});

function faultOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    return error instanceof SignalError ? error.fault : String(error);
  }
  return undefined;
}
