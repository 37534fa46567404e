import { expect, test } from "bun:test";
import { hour, minute } from "../../src/core/clock.ts";
import { createNumberCache } from "../../src/services/number-cache.ts";
import { createTestClock } from "../support/clock.ts";

const there = { phone: "15550001111", exists: true, jid: "15550001111@s.whatsapp.net", lid: null };
const absent = { phone: "15550002222", exists: false, jid: null, lid: null };

test("who is on WhatsApp is remembered for a day, who is not for ten minutes", () => {
  const clock = createTestClock();
  const numbers = createNumberCache(clock, { knownMs: 24 * hour, unknownMs: 10 * minute });
  numbers.keep(there);
  numbers.keep(absent);
  clock.advance(10 * minute - 1);
  expect([numbers.find(there.phone), numbers.find(absent.phone)]).toEqual([there, absent]);
  clock.advance(1);
  expect([numbers.find(there.phone), numbers.find(absent.phone)]).toEqual([there, null]);
  clock.advance(24 * hour - 10 * minute);
  expect(numbers.find(there.phone)).toBeNull();
});

test("it never grows beyond its bounds: the oldest goes first, and what is asked anew is new", () => {
  const clock = createTestClock();
  const numbers = createNumberCache(clock, { knownMs: hour, unknownMs: hour });
  numbers.keep(there);
  for (let n = 0; n < 49_999; n++) numbers.keep({ ...absent, phone: `${10_000_000 + n}` });
  numbers.keep(there);
  numbers.keep(absent);
  expect([numbers.find(there.phone), numbers.find("10000000"), numbers.find("10000001")]).toEqual([
    there,
    null,
    { ...absent, phone: "10000001" },
  ]);
});
