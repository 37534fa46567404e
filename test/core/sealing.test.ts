import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { createSealer, parseMasterKey } from "../../src/core/sealing.ts";

const cell = { table: "webhooks", column: "secret", row: 7 };
const secret = Buffer.from("whsec_something");

test("what was sealed opens, and never looks the same twice", () => {
  const sealer = createSealer([randomBytes(32)]);
  const [one, two] = [sealer.seal(secret, cell), sealer.seal(secret, cell)];
  expect(Buffer.from(one).equals(two)).toBe(false);
  expect(Buffer.from(sealer.open(one, cell)).toString()).toBe("whsec_something");
});

test("an envelope opens in its own cell only, and not once a bit of it is changed", () => {
  const sealer = createSealer([randomBytes(32)]);
  const envelope = sealer.seal(secret, cell);
  expect(() => sealer.open(envelope, { ...cell, row: 8 })).toThrow("cannot be opened");
  expect(() => sealer.open(envelope, { ...cell, column: "url" })).toThrow("cannot be opened");
  for (let place = 0; place < envelope.length; place++) {
    const changed = Buffer.from(envelope);
    changed.writeUInt8(changed.readUInt8(place) ^ 1, place);
    expect(() => sealer.open(changed, cell)).toThrow("cannot be opened");
  }
  for (const length of [0, 1, 4, 17, envelope.length - 1]) {
    expect(() => sealer.open(envelope.subarray(0, length), cell)).toThrow("cannot be opened");
  }
});

test("a new master key opens what the former one sealed, and knows that it is not its own", () => {
  const [former, current] = [randomBytes(32), randomBytes(32)];
  const envelope = createSealer([former]).seal(secret, cell);
  const both = createSealer([current, former]);
  expect(both.isCurrent(envelope)).toBe(false);
  expect(both.isCurrent(both.seal(both.open(envelope, cell), cell))).toBe(true);
  expect(() => createSealer([current]).open(envelope, cell)).toThrow("another master key");
});

test("a master key is 64 hex digits or 32 bytes in base64", () => {
  const key = randomBytes(32);
  for (const form of [
    key.toString("hex"),
    `${key.toString("hex").toUpperCase()}\n`,
    key.toString("base64"),
    key.toString("base64url"),
  ]) {
    expect(Buffer.from(parseMasterKey(form) ?? []).equals(key)).toBe(true);
  }
  for (const wrong of ["", "abc", key.toString("hex").slice(1), randomBytes(31).toString("base64"), "g".repeat(64)]) {
    expect(parseMasterKey(wrong)).toBeNull();
  }
});
