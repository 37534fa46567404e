// After a kill: is what was answered there as it was answered, and what was not answered there whole or not at all.
import { Database } from "bun:sqlite";
import { asAdmin, bearer, must, request } from "../support/rig.ts";
import type { Faults } from "../support/suite.ts";
import { type Caller, type Noun, note, type Pending, type Shown } from "./burst.ts";

export type Look = {
  origin: string;
  database: string;
  faults: Faults;
  /** Told of each answered thing that is gone. */
  lost(what: string): void;
};

/** Counted by use and not by promise, or shown only once. */
const passing = new Set(["uses", "uses_by_day", "last_used_at", "key", "token"]);
const pageSize = 200;

/** All that this caller was answered for since the last start, one by one. */
export async function checkFresh(caller: Caller, look: Look): Promise<void> {
  const { origin, faults } = look;
  const ids = [...caller.fresh].map((entry) => entry.split(" ") as [Noun, string]);
  const invites = ids.some(([noun]) => noun === "invites") ? await listAll(caller, "invites", origin) : new Map();
  for (const [noun, id] of ids) {
    const expected = caller.kept[noun].get(id);
    const found = noun === "invites" ? invites.get(id) : await read(caller, noun, id, origin);
    if (expected === undefined) continue;
    if (found === undefined) look.lost(`${noun} ${id}`);
    else compare(expected, found, `${noun} ${id}`, faults);
  }
  const key = ids.find(([noun]) => noun === "keys");
  if (key !== undefined) await tryKey(caller.kept.keys.get(key[1]), look);
  caller.fresh = new Set();
}

/** All that this caller was ever answered for, by the lists. Gives back how many things that were. */
export async function checkAll(caller: Caller, { origin, faults, lost }: Look): Promise<number> {
  let count = 0;
  for (const noun of ["keys", "plans", "invites"] as const) {
    const found = await listAll(caller, noun, origin);
    for (const [id, expected] of caller.kept[noun]) {
      count += 1;
      const shown = found.get(id);
      if (shown === undefined) lost(`${noun} ${id}, by the end`);
      else compare(expected, shown, `${noun} ${id}`, faults);
    }
  }
  return count;
}

/** The write that the kill cut off: "there" and then whole, or "absent". */
export async function settlePending(caller: Caller, look: Look): Promise<"there" | "absent" | null> {
  const { pending } = caller;
  caller.pending = null;
  if (pending === null) return null;
  const found = await findPending(caller, pending, look);
  if (found === undefined) return "absent";
  const asked = pending.kind === "revoked" ? {} : pending.asked;
  if (pending.kind !== "made") {
    const before = caller.kept[pending.noun].get(pending.id);
    const happened = pending.kind === "revoked" ? found.revoked_at !== null : fits(asked, found);
    if (!happened) {
      if (before !== undefined)
        compare(before, found, `${pending.noun} ${pending.id}, whose change was cut off,`, look.faults);
      return "absent";
    }
  }
  compare({ ...asked, id: found.id }, found, `${pending.noun} ${found.id}, never answered for,`, look.faults);
  note(caller, pending, found);
  return "there";
}

async function findPending(caller: Caller, pending: Pending, { origin }: Look): Promise<Shown | undefined> {
  if (pending.kind !== "made") return read(caller, pending.noun, pending.id, origin);
  const all = await listAll(caller, pending.noun, origin);
  const field = pending.noun === "invites" ? "email" : "name";
  return [...all.values()].find((shown) => shown[field] === pending.name);
}

async function read(caller: Caller, noun: Noun, id: string, origin: string): Promise<Shown | undefined> {
  const headers = noun === "keys" ? bearer(caller.person.token) : asAdmin;
  const reply = await request<Shown>(`${origin}/api/v1/${noun}/${id}`, { headers });
  return reply.status === 200 ? reply.json : undefined;
}

async function listAll(caller: Caller, noun: Noun, origin: string): Promise<Map<string, Shown>> {
  const headers = noun === "keys" ? bearer(caller.person.token) : asAdmin;
  const all = new Map<string, Shown>();
  let next = noun === "plans" ? "" : `?limit=${pageSize}`;
  for (;;) {
    const page: Page = await must<Page>(`${origin}/api/v1/${noun}${next}`, { headers });
    for (const shown of page.data) all.set(shown.id, shown);
    if (page.next_cursor === null) return all;
    next = `?limit=${pageSize}&cursor=${page.next_cursor}`;
  }
}

type Page = { data: Shown[]; next_cursor: string | null };

/** A key that was answered also opens the door, unless it was revoked since. */
async function tryKey(key: Shown | undefined, { origin, faults }: Look): Promise<void> {
  if (typeof key?.key !== "string" || key.revoked_at !== null) return;
  const { status } = await request(`${origin}/api/v1/me`, { headers: { "x-api-key": key.key } });
  faults.check(status === 200, `the key ${key.id}, which was answered, opens nothing: ${status}`);
}

function fits(asked: Record<string, unknown>, found: Shown): boolean {
  return Object.entries(asked).every(([name, value]) => JSON.stringify(found[name]) === JSON.stringify(value));
}

function compare(expected: Record<string, unknown>, found: Shown, what: string, faults: Faults): void {
  for (const [name, value] of Object.entries(expected)) {
    if (passing.has(name)) continue;
    const isSame =
      name === "revoked_at" && value === "revoked"
        ? found.revoked_at !== null
        : JSON.stringify(found[name]) === JSON.stringify(value);
    faults.check(isSame, `${what} has ${name} ${JSON.stringify(found[name])} instead of ${JSON.stringify(value)}`);
  }
}

/** What belongs together in one commit: each side of these pairs must hold the very same. */
const pairs: [what: string, things: string, entries: string][] = [
  [
    "keys and their audit entries",
    "SELECT name FROM api_keys WHERE name LIKE 'burst-%'",
    "SELECT detail ->> 'name' FROM audit WHERE action = 'key.created' AND detail ->> 'name' LIKE 'burst-%'",
  ],
  [
    "revoked keys and their audit entries",
    "SELECT name FROM api_keys WHERE revoked_at IS NOT NULL",
    "SELECT detail ->> 'name' FROM audit WHERE action = 'key.revoked'",
  ],
  [
    "plans and their audit entries",
    "SELECT name FROM plans WHERE name LIKE 'burst-%'",
    "SELECT target FROM audit WHERE action = 'plan.created'",
  ],
  [
    "invitations and their audit entries",
    "SELECT email FROM invites",
    "SELECT target FROM audit WHERE action = 'invite.created'",
  ],
  [
    "changed plans and their last audit entries",
    "SELECT name || ' ' || coalesce(sessions, 'null') FROM plans WHERE name IN (SELECT target FROM audit WHERE action = 'plan.updated')",
    "SELECT target || ' ' || coalesce(detail ->> 'sessions', 'null') FROM audit WHERE id IN (SELECT max(id) FROM audit WHERE action = 'plan.updated' GROUP BY target)",
  ],
];

/** Over the whole file, as SQLite itself sees it. */
export function checkDatabase({ database, faults }: Look): void {
  const client = new Database(database, { readonly: true });
  try {
    const said = client
      .query<{ quick_check: string }, []>("PRAGMA quick_check")
      .all()
      .map((row) => row.quick_check);
    faults.check(said.join() === "ok", `quick_check says ${said.join("; ")}`);
    for (const [what, things, entries] of pairs) {
      const [left, right] = [things, entries].map((sql) => client.query(sql).values().flat().sort().join("\n"));
      faults.check(left === right, `${what} are not the same: ${firstDifference(left ?? "", right ?? "")}`);
    }
  } finally {
    client.close();
  }
}

function firstDifference(left: string, right: string): string {
  const [here, there] = [new Set(left.split("\n")), new Set(right.split("\n"))];
  const odd = [...here].find((one) => !there.has(one)) ?? [...there].find((one) => !here.has(one));
  return odd ?? "one of them twice";
}
