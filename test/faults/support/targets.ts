// What a path names and what a body holds, for any operation: made by the collection's own POST where there is one, else
// taken from its list; bodies are the document's own examples.
import type { ApiDocument, Operation } from "./document.ts";
import { putByHand } from "./messages.ts";
import { must } from "./rig.ts";

export type Acting = {
  origin: string;
  /** Where what no request makes is put by hand. */
  database: string;
  document: ApiDocument;
  /** Of whoever shall own what is made. */
  headers: Record<string, string>;
  /** What every thing made gets at least; scopes above all. */
  within?: Record<string, unknown>;
};

type Json = Record<string, unknown>;

let serial = 0;

/** The example as printed; where something new is made, under a name that nothing else has. E-mail addresses never repeat. */
export function exampleBody({ body, success }: Operation, onlyRequired = false): unknown {
  if (body === null || typeof body.example !== "object" || body.example === null) return body?.example;
  const example = structuredClone(body.example) as Json;
  const required = (body.schema.required ?? []) as string[];
  for (const name of Object.keys(example)) if (onlyRequired && !required.includes(name)) delete example[name];
  // Nothing is started for the sake of it: there is no WhatsApp to reach from here.
  if ("start" in ((body.schema.properties ?? {}) as Json)) example.start = false;
  serial += 1;
  if (typeof example.email === "string") example.email = `${serial}.${example.email}`;
  if (success.status !== 201) return example;
  if (typeof example.name === "string") example.name = `${example.name} ${serial}`;
  if (typeof example.username === "string") example.username = `${example.username}.${serial}`;
  return example;
}

/** The path with something in place of each parameter, made or found for this caller. */
export async function fillPath(path: string, acting: Acting): Promise<string> {
  let filled = "";
  for (const [place, part] of path.split("/").entries()) {
    const shown = /^\{.+\}$/.test(part) ? await oneOf(path.split("/").slice(0, place).join("/"), filled, acting) : part;
    filled += place === 0 ? shown : `/${shown}`;
  }
  return filled;
}

/** The collection that a path's last parameter is of; null where it has none. */
export function collectionOf(path: string): string | null {
  const parts = path.split("/");
  const last = parts.findLastIndex((part) => part.startsWith("{"));
  return last < 0 ? null : parts.slice(0, last).join("/");
}

/** What makes a thing of this collection, if a single request does. */
export function makerOf(collection: string, { operations }: ApiDocument): Operation | undefined {
  return operations.find(
    ({ path, method, success }) => path === collection && method === "POST" && success.status === 201,
  );
}

/** One thing of a collection. */
async function oneOf(collection: string, filled: string, acting: Acting): Promise<string> {
  const { origin, document, headers, within = {} } = acting;
  const put = putByHand[collection];
  if (put !== undefined) return put(acting, filled);
  const maker = makerOf(collection, document);
  if (maker !== undefined) {
    const properties = (maker.body?.schema.properties ?? {}) as Json;
    const wanted = Object.entries(within).filter(([name]) => name in properties);
    const body = { ...(exampleBody(maker) as Json), ...Object.fromEntries(wanted) };
    return (await must<{ id: string }>(origin + filled, { body, headers })).id;
  }
  if (!document.operations.some(({ path, method }) => path === collection && method === "GET"))
    throw new Error(`nothing makes or lists what ${collection}/… names`);
  const { data } = await must<{ data: { id: string; current?: boolean }[] }>(origin + filled, { headers });
  const one = data.find((thing) => thing.current !== true) ?? data[0];
  if (one === undefined) throw new Error(`${filled} lists nothing that could be named`);
  return one.id;
}

/** The one person in whose name the document's examples speak. */
export function examplePerson({ operations }: ApiDocument): { username: string; password: string } {
  for (const { body, success } of operations) {
    const example = body?.example as Json | undefined;
    if (success.status !== 200 || typeof example?.password !== "string") continue;
    return { username: String(example.username), password: example.password };
  }
  throw new Error("no example of the document signs in");
}
