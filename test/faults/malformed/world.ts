// Who asks in a suite of malformed requests, and for what: throw-away people, so that nothing they do to their own
// credentials matters, and things of their own.
import type { ApiDocument, Operation } from "../support/document.ts";
import type { Random } from "../support/random.ts";
import { adminKey, bearer, makePerson, must, type Person, type Rig } from "../support/rig.ts";
import { exampleBody, examplePerson, fillPath } from "../support/targets.ts";
import type { HeaderLine } from "../support/wire.ts";
import type { Sample } from "./probe.ts";

export type World = {
  rig: Rig;
  document: ApiDocument;
  random: Random;
};

export type Caller = { person: Person | null; credential: readonly HeaderLine[] };

let people = 0;

/** The person of the document's examples exists, so that its example of a login works as printed. */
export async function openWorld(rig: Rig, document: ApiDocument, random: Random): Promise<World> {
  await makePerson(rig.origin(), examplePerson(document));
  return { rig, document, random };
}

export async function callerFor(op: Operation, { rig, document }: World): Promise<Caller> {
  if (op.access === "public") return { person: null, credential: [] };
  if (op.access === "admin") return { person: null, credential: [["X-API-Key", adminKey]] };
  people += 1;
  const { password } = examplePerson(document);
  const person = await makePerson(rig.origin(), { username: `passer-by-${people}`, password });
  if (op.access === "login") return { person, credential: [["Authorization", `Bearer ${person.token}`]] };
  const body = { name: "all that a user may" };
  const { key } = await must<{ key: string }>(`${rig.origin()}/api/v1/keys`, { body, headers: bearer(person.token) });
  return { person, credential: [["X-API-Key", key]] };
}

/** A request of this caller's that should work, as what probes are made from. */
export async function sampleOf(op: Operation, caller: Caller, world: World, isBare: boolean): Promise<Sample> {
  const { document, random, rig } = world;
  const acting = {
    origin: rig.origin(),
    database: rig.database,
    document,
    headers: Object.fromEntries(caller.credential),
  };
  return {
    op,
    methods: document.operations
      .filter((other) => other.path === op.path)
      .flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])),
    path: await fillPath(op.path, acting),
    body: op.body === null ? null : () => exampleBody(op, isBare),
    random,
  };
}
