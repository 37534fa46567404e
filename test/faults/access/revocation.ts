// Revoked is revoked with the next request: many ways to take a credential away, each while it is in use.
import { runBinary } from "../../support/binary.ts";
import type { ApiDocument } from "../support/document.ts";
import { asAdmin, bearer, must, type Person, type Rig } from "../support/rig.ts";
import type { Faults } from "../support/suite.ts";
import { makeKey, passerBy } from "./world.ts";

const requestsAfter = 200;
const usersAtOnce = 16;

type Taken = { headers: Record<string, string>; take(): Promise<unknown> };
type Way = { name: string; prepare(person: Person): Promise<Taken> };

/** Gives back how many requests were made with what was revoked. */
export async function checkRevocations(rig: Rig, document: ApiDocument, faults: Faults): Promise<number> {
  let asked = 0;
  for (const { name, prepare } of ways(rig)) {
    const person = await passerBy(rig.origin(), document, "user");
    const { headers, take } = await prepare(person);
    const before = await statusOf(rig, headers);
    faults.check(before === 200, `${name}: it was no good before either, ${before}`);
    let isTaken = false;
    const users = Array.from({ length: usersAtOnce }, async () => {
      while (!isTaken) await statusOf(rig, headers);
    });
    await take();
    const after = Array.from({ length: requestsAfter }, () => statusOf(rig, headers));
    isTaken = true;
    const statuses = await Promise.all(after);
    await Promise.all(users);
    asked += statuses.length;
    const passed = statuses.filter((status) => status !== 401);
    faults.check(
      passed.length === 0,
      `${name}: ${passed.length} of ${requestsAfter} requests after it were not refused`,
    );
  }
  return asked;
}

async function statusOf(rig: Rig, headers: Record<string, string>): Promise<number> {
  const response = await fetch(`${rig.origin()}/api/v1/me`, { headers });
  await response.arrayBuffer();
  return response.status;
}

function ways(rig: Rig): Way[] {
  const api = (path: string) => `${rig.origin()}/api/v1${path}`;
  const key = async (person: Person) => {
    const made = await makeKey(rig.origin(), person, {});
    return { ...made, headers: { "x-api-key": made.key } };
  };
  const patch = (person: Person, body: object) =>
    must(api(`/accounts/${person.id}`), { method: "PATCH", body, headers: asAdmin });
  const byLogin = (name: string, take: (person: Person, headers: Record<string, string>) => Promise<unknown>): Way => ({
    name,
    async prepare(person) {
      const headers = bearer(person.token);
      return { headers, take: () => take(person, headers) };
    },
  });
  const byKey = (name: string, take: (person: Person, made: { id: string }) => Promise<unknown>): Way => ({
    name,
    async prepare(person) {
      const made = await key(person);
      return { headers: made.headers, take: () => take(person, made) };
    },
  });
  const command = async (...words: string[]) => {
    const ran = await runBinary([...words, "--data-dir", rig.dataDir], { cwd: rig.folder });
    if (ran.code !== 0) throw new Error(`waygate ${words.join(" ")}: ${ran.error}`);
  };
  return [
    byKey("a key deleted", ({ token }, { id }) =>
      must(api(`/keys/${id}`), { method: "DELETE", headers: bearer(token) }),
    ),
    byKey("a key rotated", ({ token }, { id }) =>
      must(api(`/keys/${id}/rotate`), { body: {}, headers: bearer(token) }),
    ),
    byKey("a key revoked on the command line", (_, { id }) => command("key", "revoke", id)),
    byKey("a key, its account disabled", (person) => patch(person, { disabled: true })),
    byKey("a key, its account disabled on the command line", ({ username }) => command("user", "disable", username)),
    byKey("a key, its account removed", ({ id }) =>
      must(api(`/accounts/${id}`), { method: "DELETE", headers: asAdmin }),
    ),
    byLogin("a login logged out", (_, headers) => must(api("/logout"), { body: {}, headers })),
    byLogin("a login logged out everywhere", (_, headers) =>
      must(api("/logout"), { body: { everywhere: true }, headers }),
    ),
    byLogin("a login, its account disabled", (person) => patch(person, { disabled: true })),
    byLogin("a login, its account removed", ({ id }) =>
      must(api(`/accounts/${id}`), { method: "DELETE", headers: asAdmin }),
    ),
    byLogin("a login, its password changed by an admin", (person) =>
      patch(person, { password: "another lovely phrase" }),
    ),
    byLogin("a login ended from another", async ({ username, password }, headers) => {
      const { data } = await must<{ data: { id: string; current: boolean }[] }>(api("/logins"), { headers });
      const other = await must<{ token: string }>(api("/login"), { body: { username, password } });
      await must(api(`/logins/${data[0]?.id}`), { method: "DELETE", headers: bearer(other.token) });
    }),
  ];
}
