import { expect, test } from "bun:test";
import { parseInstant } from "../../src/core/instant.ts";

test("an instant is read in the forms that people write, and one without an offset is told apart from what is none", () => {
  const at = Date.parse("2030-01-31T08:00:00Z");
  const forms = [
    "2030-01-31T09:00:00+01:00",
    "2030-01-31T08:00Z",
    "2030-01-31t08:00:00.000z",
    " 2030-01-31T09:00+0100 ",
  ];
  for (const text of forms) expect([text, parseInstant(text)]).toEqual([text, { at }]);
  expect(parseInstant("2030-01-31T08:00:00,5Z")).toEqual({ at: at + 500 });
  for (const text of ["2030-01-31T08:00:00", "2030-01-31T08:00"])
    expect(parseInstant(text)).toEqual({ fault: "offset" });
  const none = [
    "",
    "soon",
    "2030-01-31",
    "31.01.2030 08:00",
    "1893484800000",
    "2030-02-31T08:00:00Z",
    "2030-13-01T00:00Z",
  ];
  for (const text of none) expect([text, parseInstant(text)]).toEqual([text, { fault: "form" }]);
});
