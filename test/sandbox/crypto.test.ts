import { expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { Curve, decodeBinaryNode, encodeBinaryNode } from "@whiskeysockets/baileys";
import { agree, makeKeyPair, xeddsaSign, xeddsaVerify } from "../../src/sandbox/crypto/keys.ts";
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
