// Callers that write as fast as they are answered, each noting what it was promised and the one thing it was not.

import type { Random } from "../support/random.ts";
import { asAdmin, bearer, type Person, request } from "../support/rig.ts";
import type { Faults } from "../support/suite.ts";

/** What the API shows of a thing. */
export type Shown = Record<string, unknown> & { id: string };

export type Kept = {
  keys: Map<string, Shown>;
  plans: Map<string, Shown>;
  invites: Map<string, Shown>;
};
export type Noun = keyof Kept;

/** A write on its way: by the name that nothing else has, or the id of what it changes. */
export type Pending =
  | { kind: "made"; noun: Noun; name: string; asked: Record<string, unknown> }
  | { kind: "patched"; noun: "plans"; id: string; asked: Record<string, unknown> }
  | { kind: "revoked"; noun: "keys"; id: string };

export type Caller = {
  readonly person: Person;
  readonly random: Random;
  /** What the gateway has answered for, over all bursts. */
  readonly kept: Kept;
  /** The same since the last start: what is looked at again after the next. */
  fresh: Set<string>;
  /** Ids of keys that still work, oldest first. */
  liveKeys: string[];
  pending: Pending | null;
  answered: number;
};

type Burst = { origin: string; faults: Faults; isOver(): boolean };

/** An account may have 200. */
const mostLiveKeys = 150;
let counter = 0;

export function createCaller(person: Person, random: Random): Caller {
  const kept = { keys: new Map(), plans: new Map(), invites: new Map() };
  return { person, random, kept, fresh: new Set(), liveKeys: [], pending: null, answered: 0 };
}

/** Writes until the gateway is gone. */
export async function writeOn(caller: Caller, burst: Burst): Promise<void> {
  while (!burst.isOver()) {
    const pending = choose(caller);
    caller.pending = pending;
    try {
      await attempt(caller, pending, burst);
    } catch {
      return;
    }
    caller.pending = null;
  }
}

function choose({ random, liveKeys, kept }: Caller): Pending {
  const dice = random.below(100);
  if (liveKeys.length > mostLiveKeys || (dice < 8 && liveKeys.length > 0)) {
    return { kind: "revoked", noun: "keys", id: liveKeys[0] ?? "" };
  }
  const name = `burst-${random.word(6)}-${++counter}`;
  if (dice < 60) return { kind: "made", noun: "keys", name, asked: newKey(name, random) };
  if (dice < 75) return { kind: "made", noun: "plans", name, asked: { name, ...limits(random) } };
  if (dice < 90 || kept.plans.size === 0) {
    const email = `${name}@example.org`;
    return { kind: "made", noun: "invites", name: email, asked: { email, role: random.pick(["user", "admin"]) } };
  }
  return { kind: "patched", noun: "plans", id: random.pick([...kept.plans.keys()]), asked: limits(random) };
}

function newKey(name: string, random: Random) {
  return {
    name,
    scopes: random.pick([["read"], ["read", "send"], ["read", "send", "manage"]]),
    sessions: random.chance(0.3) ? [`shop-${random.word(4)}`] : null,
    addresses: random.chance(0.3) ? ["127.0.0.0/8", "::1"] : null,
    expires_at: random.chance(0.3) ? "2099-01-31T00:00:00.000Z" : null,
  };
}

function limits(random: Random) {
  const limit = () => (random.chance(0.2) ? null : random.below(1_000_000));
  return {
    requests_per_minute: limit(),
    webhook_events_per_minute: limit(),
    sessions: limit(),
    messages_per_day: limit(),
  };
}

async function attempt(caller: Caller, pending: Pending, { origin, faults }: Burst): Promise<void> {
  const headers = pending.noun === "keys" ? bearer(caller.person.token) : asAdmin;
  const url = `${origin}/api/v1/${pending.noun}${pending.kind === "made" ? "" : `/${pending.id}`}`;
  const method = { made: "POST", patched: "PATCH", revoked: "DELETE" }[pending.kind];
  const body = pending.kind === "revoked" ? {} : { body: pending.asked };
  const reply = await request<Shown>(url, { method, headers, ...body });
  if (!faults.check(reply.status < 300, `a write during a burst was answered ${reply.status}: ${reply.text}`)) return;
  caller.answered += 1;
  note(caller, pending, reply.json);
}

/** From here on it must be there, whatever happens. */
export function note(caller: Caller, pending: Pending, shown: Shown): void {
  const id = pending.kind === "made" ? shown.id : pending.id;
  caller.fresh.add(`${pending.noun} ${id}`);
  const things = caller.kept[pending.noun];
  if (pending.kind !== "revoked") {
    things.set(id, shown);
    if (pending.kind === "made" && pending.noun === "keys") caller.liveKeys.push(id);
    return;
  }
  caller.liveKeys = caller.liveKeys.filter((live) => live !== id);
  const before = things.get(id);
  if (before !== undefined) things.set(id, { ...before, revoked_at: "revoked" });
}
