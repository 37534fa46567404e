import { expect, test } from "bun:test";
import Reference from "sqids";
import { createIds, makeIdAlphabet } from "../../src/core/ids.ts";
import { createSqids } from "../../src/core/sqids.ts";

const alphabet = "k3G7QAe51FCsPW92uEOyq4Bg6Sp8YzVTmnU0liwDdHXLajZrfxNhobJIRcMvKt";

test("codes are those of the reference, in both directions", () => {
  for (const minLength of [0, 8, 12]) {
    const reference = new Reference({ alphabet, minLength, blocklist: new Set() });
    const own = createSqids(alphabet, minLength);
    for (let n = 0; n < 200_000; n += 1 + (n >> 3)) {
      expect(own.encode(n)).toBe(reference.encode([n]));
      expect(own.decode(reference.encode([n]))).toBe(n);
    }
    expect(own.encode(Number.MAX_SAFE_INTEGER)).toBe(reference.encode([Number.MAX_SAFE_INTEGER]));
  }
});

test("what is no code of ours decodes to nothing", () => {
  const ids = createIds(alphabet);
  const shown = ids.show("key", 7);
  expect(ids.read("key", shown)).toBe(7);
  const altered = `${shown.slice(0, -1)}${shown.endsWith("a") ? "b" : "a"}`;
  for (const wrong of [
    "",
    "key_",
    "key_!!",
    shown.slice(4),
    shown.replace("key", "acc"),
    `${shown}x`,
    altered,
    "x".repeat(500),
  ]) {
    expect(ids.read("key", wrong)).toBeNull();
  }
});

test("a new installation's alphabet has every letter once", () => {
  const made = makeIdAlphabet((limit) => Math.floor(Math.random() * limit));
  expect([...made].sort().join("")).toBe([...alphabet].sort().join(""));
});
