// What Baileys trusts for its signature must be signed by whom it says: as it comes, it would take anything.
import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { Curve } from "@whiskeysockets/baileys";
import { trustOnly } from "../../src/engine/certificate.ts";
import { makeSigningKey, signWith, withType } from "../../src/engine/signal/curve.ts";

trustOnly("11".repeat(32));

test("a signature holds for its key and its message, with the key in either form", () => {
  for (let round = 0; round < 20; round++) {
    const message = randomBytes(1 + round * 11);
    const theirs = Curve.generateKeyPair();
    const ours = makeSigningKey();
    expect(Curve.verify(theirs.public, message, Curve.sign(theirs.private, message))).toBe(true);
    expect(Curve.verify(ours.pub, message, signWith(ours, message))).toBe(true);
    expect(Curve.verify(withType(ours.pub), message, signWith(ours, message))).toBe(true);
  }
});

test("and for nothing else", () => {
  const message = randomBytes(40);
  const key = Curve.generateKeyPair();
  const signature = Curve.sign(key.private, message);
  expect(Curve.verify(Curve.generateKeyPair().public, message, signature)).toBe(false);
  expect(Curve.verify(key.public, randomBytes(40), signature)).toBe(false);
  expect(Curve.verify(key.public, message, randomBytes(64))).toBe(false);
  expect(Curve.verify(key.public, message, signature.subarray(0, 63))).toBe(false);
  expect(Curve.verify(Buffer.alloc(32, 0x11), message, signature)).toBe(false);
  expect(Curve.verify(Buffer.alloc(5), message, signature)).toBe(false);
  for (let bit = 0; bit < 512; bit += 7) {
    const changed = Buffer.from(signature);
    changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
    expect([bit, Curve.verify(key.public, message, changed)]).toEqual([bit, false]);
  }
});
