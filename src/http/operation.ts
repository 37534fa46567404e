// How a route is declared: what it is called, who may use it, what goes in and what comes out. From this the request is
// checked and the API documentation is made.
import type { TObject, TSchema } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import type { Access, Gatekeeper } from "./auth.ts";
import { readJson } from "./body.ts";
import { callOf } from "./call.ts";
import { type FaultCode, misfit } from "./faults.ts";

export type About = {
  /** The stable operationId, a verb and a noun. */
  id: string;
  summary: string;
  description: string;
  access: Access;
  /** What can go wrong beyond the usual: the credential, the limits, a body that does not fit. */
  faults?: FaultCode[];
  /** True where the body may be left out. */
  bodyIsOptional?: boolean;
  /** Content types of what is answered when all goes well, where that is not JSON. */
  types?: string[];
  /** Its JSON may have files in it, in base64. */
  carriesFiles?: true;
  /** It takes an Idempotency-Key: asked again under the same one, it is done once. */
  isRepeatable?: true;
  /** Its body is a file, or a table in text, which it reads itself. */
  takesFile?: true | "table";
};

/** Larger ones are better uploaded as they are. */
const withFilesBytes = 32 * 1024 * 1024;

export type Schemas = {
  body?: TSchema;
  query?: TObject;
  params?: TObject;
  response: Record<number, TSchema>;
};

export type Routing = { gatekeeper: Gatekeeper; bodyLimitBytes: number };

/** What the documentation needs to know of an operation and no schema says. */
export type OperationNotes = Pick<About, "access" | "bodyIsOptional" | "types" | "takesFile" | "isRepeatable"> & {
  faults: FaultCode[];
  limitBytes: number;
};
export const notesKey = "x-waygate";
/** A `format` for the documentation alone. */
export const shownFormat = "x-format";

type Context = { request: Request; route: string; query: Record<string, unknown> };

export function createOperation({ gatekeeper, bodyLimitBytes }: Routing) {
  /** Undefined when it was done already. */
  function admit(request: Request, route: string, access: Access): Promise<void> | undefined {
    const call = callOf(request);
    if (call.route !== null) return undefined;
    call.route = route;
    return gatekeeper(call, access);
  }

  return function operation<const S extends Schemas>(about: About, schemas: S) {
    const { id, summary, description, access, faults = [], bodyIsOptional = false, types } = about;
    const limitBytes = about.carriesFiles ? Math.max(bodyLimitBytes, withFilesBytes) : bodyLimitBytes;
    const check = schemas.body === undefined ? null : TypeCompiler.Compile(schemas.body);
    // The credential comes before the body: a stranger learns nothing from what we think of it.
    // Both name what they use of the context: else Elysia would parse headers, cookies and the rest for every request.
    async function parse({ request, route }: { request: Request; route: string }): Promise<unknown> {
      await admit(request, route, access);
      const given = await readJson(request, limitBytes);
      const body = given === undefined && bodyIsOptional ? {} : (given ?? null);
      // Here and not by Elysia alone, whose way of telling what does not fit stumbles over some values.
      if (check !== null && !check.Check(body)) throw misfit(check.Errors(body), "body");
      return body;
    }
    async function transform({ request, route, query }: Context): Promise<void> {
      await admit(request, route, access);
      if (schemas.query !== undefined) readQuery(query, schemas.query);
    }
    const notes: OperationNotes = {
      access,
      faults,
      bodyIsOptional,
      limitBytes,
      ...(about.takesFile ? { takesFile: about.takesFile } : {}),
      ...(about.isRepeatable ? { isRepeatable: true } : {}),
      ...(types === undefined ? {} : { types }),
    };
    return {
      ...schemas,
      // A route without a body never reads one: else Elysia would, before anybody has asked for a credential.
      parse: schemas.body === undefined ? ["none"] : [parse],
      transform: [transform],
      detail: { operationId: id, summary, description, [notesKey]: notes },
    } as unknown as S & { parse?: [typeof parse]; transform: [typeof transform]; detail: Record<string, unknown> };
  };
}

export type Operation = ReturnType<typeof createOperation>;

/** A query is text; numbers and switches are read from it only where the schema wants them, and only when exact. */
function readQuery(query: Record<string, unknown>, schema: TObject): void {
  for (const [name, property] of Object.entries(schema.properties)) {
    const text = query[name];
    if (typeof text !== "string") continue;
    if (property.type === "integer" && /^-?\d{1,15}$/.test(text)) query[name] = Number(text);
    if (property.type === "boolean" && /^(true|false)$/.test(text)) query[name] = text === "true";
  }
}
