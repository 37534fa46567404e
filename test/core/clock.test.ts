import { expect, test } from "bun:test";
import { day, isoTime } from "../../src/core/clock.ts";

test("times are written as Date writes them, whatever came before", () => {
  const odd = [
    0,
    -1,
    1,
    999,
    1_000,
    day - 1,
    day,
    -day,
    951_782_399_999,
    951_782_400_000,
    253_402_300_799_999,
    -62_167_219_200_000,
  ];
  const some = Array.from({ length: 20_000 }, (_, n) => Math.floor((n * 7_919_777_777) % 4e12));
  for (const ms of [...odd, ...some, ...odd]) expect(isoTime(ms)).toBe(new Date(ms).toISOString());
  expect(isoTime(null)).toBeNull();
});
