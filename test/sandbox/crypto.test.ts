import { expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { Curve, decodeBinaryNode, encodeBinaryNode } from "@whiskeysockets/baileys";
import { hkdf, hmac } from "../../src/sandbox/crypto/derive.ts";
import { agree, makeKeyPair, xeddsaSign, xeddsaVerify } from "../../src/sandbox/crypto/keys.ts";
import { stepTo } from "../../src/sandbox/signal/chain.ts";
import { createSignalDevice, makeDeviceKeys } from "../../src/sandbox/signal/device.ts";
import { decodeNode, encodeNode } from "../../src/sandbox/wire/codec.ts";
import { type Node, node } from "../../src/sandbox/wire/node.ts";
import { tokenCodes } from "../../src/sandbox/wire/tokens.ts";

test("XEdDSA both ways with libsignal's curve", () => {
  for (let n = 0; n < 20; n++) {
    const pair = makeKeyPair();
    const message = randomBytes(50);
    expect(Curve.verify(pair.pub, message, xeddsaSign(pair, message))).toBe(true);
    const theirs = Curve.generateKeyPair();
    const signature = Buffer.from(Curve.sign(theirs.private, message));
    expect(xeddsaVerify(theirs.public, message, signature)).toBe(true);
    signature.writeUInt8(signature.readUInt8(5) ^ 1, 5);
    expect(xeddsaVerify(theirs.public, message, signature)).toBe(false);
    expect(agree(pair, theirs.public)?.equals(Curve.sharedKey(theirs.private, pair.pub))).toBe(true);
  }
});

test("key derivation gives what RFC 5869 says", () => {
  const hex = (text: string) => Buffer.from(text, "hex");
  // The third case: without salt and info, as most of the protocol's own uses are.
  const three = hkdf(hex("0b".repeat(22)), null, "", 42);
  expect(three.toString("hex")).toBe(
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  );
});

test("signatures are those of RFC 8032 with the sign of the key's point in the last bit", () => {
  const vectors: [seed: string, pub: string, message: string, signature: string][] = [
    [
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
  ];
  for (const [seed, point, message, signature] of vectors) {
    const pair = makeKeyPair(Buffer.from(seed, "hex"));
    const expected = Buffer.from(signature, "hex");
    const signBit = Buffer.from(point, "hex").readUInt8(31) & 0x80;
    expected.writeUInt8((expected.readUInt8(63) & 0x7f) | signBit, 63);
    expect(xeddsaSign(pair, Buffer.from(message, "hex")).toString("hex")).toBe(expected.toString("hex"));
    expect(xeddsaVerify(pair.pub, Buffer.from(message, "hex"), expected)).toBe(true);
  }
});

test("a message key chain steps as Signal's does: HMAC with 1 for the seed, with 2 for the next key", () => {
  const key = Buffer.alloc(32, 7);
  const first = stepTo({ key, next: 0 }, new Map(), 0);
  expect(first?.seed.equals(hmac(key, Buffer.of(1)))).toBe(true);
  expect(first?.chain).toEqual({ key: hmac(key, Buffer.of(2)), next: 1 });
  expect(stepTo({ key, next: 0 }, new Map(), 2_001)).toBeNull();
});

const samples: Node[] = [
  node("iq", { from: "@s.whatsapp.net", type: "result", id: "55427.36989-1" }),
  node(
    "message",
    {
      to: "15551000001:7@s.whatsapp.net",
      id: "3EB0CF1BB5EAE0C980D305",
      x: "",
      y: "  spaces and ü",
      z: "123456789012345:9@lid",
    },
    [
      node("enc", { v: "2", type: "pkmsg" }, randomBytes(300)),
      node("body", {}, Buffer.from("hello")),
      node("big", {}, randomBytes(70_000)),
      node("empty", {}, Buffer.alloc(0)),
    ],
  ),
  node("g", {
    jid: "120363660183322321@g.us",
    a: "1-2.3",
    b: "ABCDEF0",
    c: "ABCDE",
    d: "x".repeat(300),
    e: "1".repeat(127),
    f: "1".repeat(128),
  }),
  node(
    "list",
    {},
    Array.from({ length: 300 }, (_, n) => node("to", { jid: `1555${n}@s.whatsapp.net` })),
  ),
];

test("stanzas both ways with Baileys' codec", async () => {
  for (const sample of samples) {
    const theirs = await decodeBinaryNode(encodeNode(sample));
    expect(plain(theirs as Node)).toEqual(plain(sample));
    expect(plain(decodeNode(Buffer.from(encodeBinaryNode(sample))))).toEqual(plain(sample));
  }
});

test("every token comes back as itself", () => {
  for (const token of tokenCodes.keys())
    expect(decodeNode(encodeNode(node(token, { [token]: token })))).toEqual(node(token, { [token]: token }));
});

function plain(of: Node): unknown {
  const content = Array.isArray(of.content)
    ? of.content.map(plain)
    : of.content === undefined
      ? null
      : Buffer.from(of.content as Buffer).toString("hex");
  return [of.tag, { ...of.attrs }, content];
}

test("two devices talk, in order and out of it, and each message once", () => {
  const [a, b] = [createSignalDevice(makeDeviceKeys()), createSignalDevice(makeDeviceKeys())];
  expect(a.begin("b", b.takeBundle())).toBe(true);
  const sealed = Array.from({ length: 10 }, (_, n) => a.seal("b", Buffer.from(`a${n}`)));
  for (const n of [3, 0, 9, 1]) {
    const { type, body } = sealed[n] ?? { type: "", body: Buffer.alloc(0) };
    expect(b.open("a", type, body)).toEqual({ plain: Buffer.from(`a${n}`) });
    expect(b.open("a", type, body)).toHaveProperty("fault");
  }
  for (let turn = 0; turn < 3; turn++) {
    const back = b.seal("a", Buffer.from(`b${turn}`));
    expect(a.open("b", back.type, back.body)).toEqual({ plain: Buffer.from(`b${turn}`) });
    const on = a.seal("b", Buffer.from(`c${turn}`));
    expect(on.type).toBe("msg");
    expect(b.open("a", on.type, on.body)).toEqual({ plain: Buffer.from(`c${turn}`) });
  }
  for (const n of [2, 8])
    expect(b.open("a", "pkmsg", sealed[n]?.body ?? Buffer.alloc(0))).toEqual({ plain: Buffer.from(`a${n}`) });
  expect(createHash("sha256").update("x").digest().length).toBe(32);
});

test("a group's members read what is sent, from when they were told on", () => {
  const [a, b] = [createSignalDevice(makeDeviceKeys()), createSignalDevice(makeDeviceKeys())];
  const first = a.sealForGroup("g", Buffer.from("one"), ["b"]);
  expect(first.untold).toEqual(["b"]);
  expect(b.learnSenderKey("g", "a", first.distribution)).toBe(true);
  expect(b.openFromGroup("g", "a", first.body)).toEqual({ plain: Buffer.from("one") });
  const [two, three] = [
    a.sealForGroup("g", Buffer.from("two"), ["b"]),
    a.sealForGroup("g", Buffer.from("three"), ["b"]),
  ];
  expect(two.untold).toEqual([]);
  expect(b.openFromGroup("g", "a", three.body)).toEqual({ plain: Buffer.from("three") });
  expect(b.openFromGroup("g", "a", two.body)).toEqual({ plain: Buffer.from("two") });
  expect(b.openFromGroup("g", "a", two.body)).toEqual({ fault: "group message: used already" });
});
