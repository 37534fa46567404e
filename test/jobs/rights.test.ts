// Who decides in a group, as far as it is known: at the time when something was done, by either of their names.
import { expect, test } from "bun:test";
import type { KnownAdmin } from "../../src/core/told.ts";
import { isAdmin } from "../../src/jobs/rights.ts";

const zoe = { phone: "15553000001", lid: "777000000000001" };
const knows = {
  lidOf: (phone: string) => (phone === zoe.phone ? zoe.lid : null),
  phoneOf: (lid: string) => (lid === zoe.lid ? zoe.phone : null),
};
const at = 1_800_000_000_000;
const ask = (admins: KnownAdmin[] | null, who = zoe, people = knows) =>
  isAdmin(who, { group: { members: "lid", admins, knownAt: at }, people, at });

test("an admin is known by number or LID, whichever the group told", () => {
  for (const one of [zoe, { ...zoe, lid: null }, { ...zoe, phone: null }]) {
    expect(ask([{ ...one, until: null }])).toBe(true);
    expect(ask([{ ...zoe, until: null }], one as typeof zoe)).toBe(true);
  }
  expect(ask([{ phone: "15553000009", lid: null, until: null }])).toBe(false);
  expect(ask([])).toBe(false);
  expect(ask(null)).toBe(false);
});

test("what was done before they ceased to be one counts, and nothing after", () => {
  expect(ask([{ ...zoe, until: at }])).toBe(true);
  expect(ask([{ ...zoe, until: at - 1 }])).toBe(false);
});
