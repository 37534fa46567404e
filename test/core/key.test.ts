import { expect, test } from "bun:test";
import { couldBeKey, isOperatorKey, makeKey, shownPrefix } from "../../src/core/key.ts";

test("a made key is 30 characters and a checksum behind its head", () => {
  const key = makeKey();
  expect(key).toMatch(/^wg_live_[0-9A-Za-z]{36}$/);
  expect(couldBeKey(key)).toBe(true);
  expect(shownPrefix(key)).toBe(key.slice(0, 12));
});

test("one wrong character is noticed without the database", () => {
  const key = makeKey();
  for (let place = 8; place < key.length; place++) {
    const other = key[place] === "a" ? "b" : "a";
    expect(couldBeKey(key.slice(0, place) + other + key.slice(place + 1))).toBe(false);
  }
  expect(couldBeKey(key.slice(0, -1))).toBe(false);
});

test("an operator's own key is any 16 to 200 printable characters", () => {
  expect(isOperatorKey("a".repeat(16))).toBe(true);
  expect(isOperatorKey("~!x".repeat(60))).toBe(true);
  for (const wrong of [
    "a".repeat(15),
    "a".repeat(201),
    "with a space in it",
    "umlaut-äöü-0123456",
    "wg_live_not-a-whole-key",
  ]) {
    expect(isOperatorKey(wrong)).toBe(false);
  }
});
