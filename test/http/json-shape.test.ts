// What a JSON text is counted to have before it is parsed.
import { expect, test } from "bun:test";
import { maxDepth, maxItems, maxValues, shapeFault } from "../../src/http/json-shape.ts";

const list = (items: number) => `[${Array(items).fill("0").join()}]`;

test.each<[string, string, RegExp | null]>([
  ["nothing", "", null],
  ["no JSON", "{bad, really", null],
  ["as many items as may be", list(maxItems), null],
  ["one more", list(maxItems + 1), /list of more/],
  [
    "as many fields as may be, and one more",
    `{${Array(maxItems + 1)
      .fill('"a":1')
      .join()}}`,
    /list of more/,
  ],
  ["two long lists beside each other", `[${list(maxItems)},${list(maxItems)}]`, null],
  [
    "so many lists that all together is too much",
    `[${Array(maxValues / 1_000)
      .fill(list(1_001))
      .join()}]`,
    /things/,
  ],
  ["as deep as may be", "[".repeat(maxDepth) + "]".repeat(maxDepth), null],
  ["one deeper", "[".repeat(maxDepth + 1), /levels/],
  ["objects in lists in objects", '{"a":['.repeat(maxDepth / 2 + 1), /levels/],
  ["brackets in a text", `{"a":"${"[{".repeat(1_000)}"}`, null],
  ["commas in a text, after quotes in it", `{"a":"\\"${",".repeat(maxItems * 2)}\\\\"}`, null],
  ["commas after a text that ends in a backslash", `["\\\\"${",0".repeat(maxItems)}]`, /list of more/],
  ["a text without an end", `["${",".repeat(maxItems * 2)}`, null],
  ["many closed again", `[${Array(5_000).fill("[]").join()}]`, null],
])("%s", (_what, text, fault) => {
  if (fault === null) expect(shapeFault(text)).toBeNull();
  else expect(shapeFault(text)).toMatch(fault);
});

test("32 MB of brackets, zeros, quotes or blanks are judged in moments", () => {
  const bytes = 32 * 1024 * 1024;
  const began = performance.now();
  for (const piece of ["[", "0,", '\\"', " ", '"",'])
    shapeFault(`["${piece === '\\"' ? "" : '"'}${piece.repeat(bytes / piece.length)}`);
  expect(performance.now() - began).toBeLessThan(5_000);
});
