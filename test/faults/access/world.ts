// Who there is in a suite of access: two accounts that act, one whose things are nobody else's, and what has had its day.
import { Database } from "bun:sqlite";
import { createSealer } from "../../../src/core/sealing.ts";
import { openFacts } from "../../../src/store/installation.ts";
import { until } from "../../support/until.ts";
import type { ApiDocument, Scope } from "../support/document.ts";
import {
  adminKey,
  adminPassword,
  asAdmin,
  bearer,
  makePerson,
  must,
  type Person,
  type Rig,
  signIn,
} from "../support/rig.ts";
import { examplePerson } from "../support/targets.ts";

export const masterKey = Buffer.alloc(32, 0x5a);

export type Holder = Person & { fullKey: string; keys: Partial<Record<Scope, string>> };

export type World = {
  origin: string;
  database: string;
  document: ApiDocument;
  user: Holder;
  admin: Holder & { plainKey: string };
  /** Whose things are foreign to both. */
  other: Person;
  /** Once an admin. */
  former: Person;
  /** The admin from the environment. */
  operator: { token: string };
  operatorKey: string;
  demotedKey: string;
  farKey: string;
  boundKey: string;
  spent: Spent;
  jwtSecret: Uint8Array;
};

type Spent = Record<
  | "expiredKey"
  | "revokedKey"
  | "rotatedKey"
  | "disabledKey"
  | "removedKey"
  | "disabledToken"
  | "endedToken"
  | "outdatedToken",
  string
>;

type MadeKey = { id: string; key: string };

let serial = 0;

export async function openWorld(rig: Rig, document: ApiDocument): Promise<World> {
  const origin = rig.origin();
  await makePerson(origin, examplePerson(document));
  const { spent, overAt } = await makeSpent(origin, document);
  const [user, admin, other] = [
    await makeHolder(origin, document, "user"),
    await makeHolder(origin, document, "admin"),
    await passerBy(origin, document, "user"),
  ];
  const plainKey = (await makeKey(origin, admin, { scopes: ["read", "send", "manage"] })).key;
  const former = await passerBy(origin, document, "admin");
  const demotedKey = (await makeKey(origin, former, {})).key;
  await change(origin, former, { role: "user" });
  await until("the short-lived key to be over", () => Date.now() > overAt, 2 * briefMs);
  return {
    origin,
    database: rig.database,
    document,
    user,
    admin: { ...admin, plainKey },
    other,
    former,
    operator: { token: await signIn(origin, { username: "admin", password: adminPassword }) },
    operatorKey: adminKey,
    demotedKey,
    farKey: (await makeKey(origin, user, { addresses: ["203.0.113.7", "2001:db8::/32"] })).key,
    boundKey: (await makeKey(origin, user, { sessions: ["a session of another name"] })).key,
    spent,
    jwtSecret: readJwtSecret(rig.database),
  };
}

/** Somebody of this role whom nobody will miss. */
export function passerBy(origin: string, document: ApiDocument, role: "admin" | "user"): Promise<Person> {
  serial += 1;
  return makePerson(origin, { username: `passer-by-${serial}`, password: examplePerson(document).password, role });
}

async function makeHolder(origin: string, document: ApiDocument, role: "admin" | "user"): Promise<Holder> {
  const person = await passerBy(origin, document, role);
  const scopes: Scope[] = role === "admin" ? ["read", "send", "manage", "admin"] : ["read", "send", "manage"];
  const keys: Holder["keys"] = {};
  for (const scope of scopes) keys[scope] = (await makeKey(origin, person, { scopes: [scope] })).key;
  return { ...person, keys, fullKey: (await makeKey(origin, person, {})).key };
}

export function makeKey(origin: string, { token }: { token: string }, input: object): Promise<MadeKey> {
  return must<MadeKey>(`${origin}/api/v1/keys`, { body: { name: "a key", ...input }, headers: bearer(token) });
}

function change(origin: string, { id }: Person, changes: object) {
  return must(`${origin}/api/v1/accounts/${id}`, { method: "PATCH", body: changes, headers: asAdmin });
}

/** Long enough to be made in time on a busy machine. */
const briefMs = 3_000;

async function makeSpent(origin: string, document: ApiDocument): Promise<{ spent: Spent; overAt: number }> {
  const make = () => passerBy(origin, document, "user");
  const [careless, disabled, removed, outdated] = [await make(), await make(), await make(), await make()];
  const overAt = Date.now() + briefMs;
  const expired = await makeKey(origin, careless, { expires_at: new Date(overAt).toISOString() });
  const [revoked, rotated] = [await makeKey(origin, careless, {}), await makeKey(origin, careless, {})];
  const headers = bearer(careless.token);
  await must(`${origin}/api/v1/keys/${revoked.id}`, { method: "DELETE", headers });
  await must(`${origin}/api/v1/keys/${rotated.id}/rotate`, { body: {}, headers });
  const [disabledKey, removedKey] = [await makeKey(origin, disabled, {}), await makeKey(origin, removed, {})];
  await change(origin, disabled, { disabled: true });
  await change(origin, outdated, { password: "quite another lovely phrase" });
  await must(`${origin}/api/v1/accounts/${removed.id}`, { method: "DELETE", headers: asAdmin });
  await must(`${origin}/api/v1/logout`, { body: {}, headers });
  const spent = {
    expiredKey: expired.key,
    revokedKey: revoked.key,
    rotatedKey: rotated.key,
    disabledKey: disabledKey.key,
    removedKey: removedKey.key,
    disabledToken: disabled.token,
    endedToken: careless.token,
    outdatedToken: outdated.token,
  };
  return { spent, overAt };
}

/** As somebody would who had the database and the master key: tokens of his own making must still name a login. */
function readJwtSecret(database: string): Uint8Array {
  const client = new Database(database, { readonly: true });
  try {
    const rows = client.query<{ name: string; value: Uint8Array }, []>("SELECT name, value FROM installation").all();
    return openFacts(rows, createSealer([masterKey])).jwtSecret;
  } finally {
    client.close();
  }
}
