import { expect, test } from "bun:test";
import { columnKey, fillIn } from "../../src/core/template.ts";

const values = (all: Record<string, string>) =>
  new Map(Object.entries(all).map(([name, value]) => [columnKey(name), value]));

test("places are filled in by the names of columns, whatever their case and the space around them", () => {
  const filled = fillIn(
    "Hello {{name}}, {{ Order No }} is {{STATUS}}.",
    values({ Name: "Ada", "order no": "17", status: "sent" }),
  );
  expect(filled).toBe("Hello Ada, 17 is sent.");
});

test("who has none gets what is said instead, or nothing", () => {
  expect(fillIn("Hello {{name|there}}{{x}}!", values({ name: "" }))).toBe("Hello there!");
  expect(fillIn("{{name| dear customer }}", values({}))).toBe("dear customer");
  expect(fillIn("{{name|}}", values({}))).toBe("");
});

test("what is filled in is not filled in again, and what is no place stays as it is", () => {
  expect(fillIn("{{a}}", values({ a: "{{b}} $& $1", b: "no" }))).toBe("{{b}} $& $1");
  expect(fillIn("{ {a} } {{}} {{a", values({ a: "x" }))).toBe("{ {a} } {{}} {{a");
});
