// From a cell of the table to a request: whose thing the path names, made for it if it may not survive, and a body.
import type { Operation } from "../support/document.ts";
import { bearer, must } from "../support/rig.ts";
import { collectionOf, exampleBody, makerOf } from "../support/targets.ts";
import type { WireRequest } from "../support/wire.ts";
import { type Credential, type HeaderMap, userScopes } from "./credentials.ts";
import { type Cell, changes, endsOwnKey, expectedOf, isOwned, type Target } from "./table.ts";
import { createThings, idIn, type Things } from "./things.ts";
import { passerBy, type World } from "./world.ts";

export type Requests = { requestFor(cell: Cell): Promise<WireRequest> };

const json = ["Content-Type", "application/json"] as const;

/** Every cell of one operation. */
export function cellsOf(op: Operation, credentials: readonly Credential[], world: World): Cell[] {
  const bodies = op.body === null ? (["good"] as const) : (["good", "malformed"] as const);
  return credentials.flatMap((credential) =>
    targetsOf(op, credential, world).flatMap((target) =>
      bodies
        .filter((body) => body === "good" || target === "none" || target === "own")
        .map((body) => ({ op, credential, target, body })),
    ),
  );
}

function targetsOf(op: Operation, { meaning }: Credential, { document }: World): Target[] {
  const collection = collectionOf(op.path);
  if (collection === null) return ["none"];
  const usual: Target[] = ["own", "foreign", "wrong kind", "garbage"];
  const hasScopes = "scopes" in ((makerOf(collection, document)?.body?.schema.properties ?? {}) as object);
  const isWeaker = meaning.kind === "key" && meaning.scopes.length < (meaning.role === "admin" ? 4 : 3);
  return hasScopes && isWeaker && isOwned(op) ? [...usual, "stronger"] : usual;
}

export function createRequests(world: World): Requests {
  const things = createThings(world);
  return {
    async requestFor(cell) {
      const { op, credential, body } = cell;
      const isAccepted = expectedOf(cell).status < 400;
      const token = await tokenFor(cell, isAccepted, world);
      const owner = credential.owner ?? bearer(token);
      const target = await pathFor(cell, { owner, mayLast: !(isAccepted && changes(op)), things, world });
      const lines = isAccepted && endsOwnKey(op) ? await anotherKey(cell, owner, world) : credential.lines(token);
      if (op.body === null) {
        const file = op.file === null ? {} : { body: new TextEncoder().encode(op.file.example) };
        const type: [string, string][] = op.file?.type == null ? [] : [["Content-Type", op.file.type]];
        return { method: op.method, target, headers: [...lines, ...type], ...file };
      }
      const text = body === "malformed" ? "{" : JSON.stringify(goodBody(cell));
      return {
        method: op.method,
        target,
        headers: [...lines, json],
        body: new TextEncoder().encode(text),
      };
    },
  };
}

/** Who ends his own login or password by asking is somebody whom nobody will miss. */
async function tokenFor({ op, credential: { meaning } }: Cell, isAccepted: boolean, world: World): Promise<string> {
  const role = "role" in meaning ? meaning.role : "user";
  if (isAccepted && meaning.kind === "login" && op.access === "login" && changes(op)) {
    return (await passerBy(world.origin, world.document, role)).token;
  }
  return role === "admin" ? world.admin.token : world.user.token;
}

/** With the same rights: the one itself is still needed afterwards. */
async function anotherKey({ credential: { meaning } }: Cell, owner: HeaderMap, { origin }: World) {
  if (meaning.kind !== "key") throw new Error("only a key has another like itself");
  const bound = meaning.isBound === true ? { sessions: ["a session of another name"] } : {};
  const body = { name: "one to be ended", scopes: meaning.scopes, ...bound };
  const { key } = await must<{ key: string }>(`${origin}/api/v1/keys`, { body, headers: owner });
  return [["X-API-Key", key]] as const;
}

type PathNeeds = { owner: HeaderMap; mayLast: boolean; things: Things; world: World };

async function pathFor(cell: Cell, { owner, mayLast, things, world }: PathNeeds): Promise<string> {
  const { op, target } = cell;
  const operator = bearer(world.operator.token);
  const own = { op, owner: isOwned(op) ? owner : operator, scopes: scopesOf(cell), mayLast };
  switch (target) {
    case "none":
      return op.path;
    case "own":
      return things.pathTo(own);
    case "foreign":
      return things.pathTo({ op, owner: isOwned(op) ? bearer(world.other.token) : operator, mayLast });
    case "stronger":
      return things.pathTo({ ...own, scopes: fullScopes(cell), mayLast: true });
    case "wrong kind":
      return replaceId(await things.pathTo({ ...own, mayLast: true }), op, await things.idOfOtherKind(op));
    case "garbage":
      return replaceId(await things.pathTo({ ...own, mayLast: true }), op, "nothing-of-the-kind");
  }
}

function replaceId(path: string, op: Operation, id: string): string {
  return path.replace(idIn(path, op.path), id);
}

function scopesOf({ credential: { meaning } }: Cell): readonly string[] {
  return "scopes" in meaning && meaning.scopes.length > 0 ? meaning.scopes : ["read"];
}

function fullScopes({ credential: { meaning } }: Cell): readonly string[] {
  return "role" in meaning && meaning.role === "admin" ? [...userScopes, "admin"] : userScopes;
}

/** The example; a key gets no more than its maker has. */
function goodBody(cell: Cell): unknown {
  const body = exampleBody(cell.op, cell.op.access === "public") as Record<string, unknown>;
  return "scopes" in body ? { ...body, scopes: scopesOf(cell) } : body;
}
