// How a route is declared: what it is called, who may use it, what goes in and what comes out. From this the request is
// checked and the API documentation is made.
import type { Static, TObject, TSchema } from "@sinclair/typebox";
import type { Access, Gatekeeper } from "./auth.ts";
import { readJson } from "./body.ts";
import { type Call, callOf } from "./call.ts";
import type { FaultCode } from "./faults.ts";

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
};

export type Schemas = {
  body?: TSchema;
  query?: TObject;
  params?: TObject;
  response: Record<number, TSchema>;
};

export type Routing = { gatekeeper: Gatekeeper; bodyLimitBytes: number };

/** What the documentation needs to know of an operation and no schema says. */
export type OperationNotes = Pick<About, "access" | "bodyIsOptional"> & { faults: FaultCode[] };
export const notesKey = "x-waygate";

type Context = { request: Request; route: string; query: Record<string, unknown>; body?: unknown };

export function createOperation({ gatekeeper, bodyLimitBytes }: Routing) {
  async function admit({ request, route }: Pick<Context, "request" | "route">, access: Access): Promise<Call> {
    const call = callOf(request);
    if (call.route === null) {
      call.route = route;
      await gatekeeper(call, access);
    }
    return call;
  }

  return function operation<const S extends Schemas>(about: About, schemas: S) {
    const { id, summary, description, access, faults = [], bodyIsOptional = false } = about;
    // The credential comes before the body: a stranger learns nothing from what we think of it.
    async function parse(context: { request: Request; route: string }): Promise<unknown> {
      await admit(context, access);
      const body = await readJson(context.request, bodyLimitBytes);
      return body ?? (bodyIsOptional ? {} : null);
    }
    async function transform(context: Context): Promise<void> {
      await admit(context, access);
      if (schemas.query !== undefined) context.query = readQuery(context.query, schemas.query);
    }
    const notes: OperationNotes = { access, faults, bodyIsOptional };
    return {
      ...schemas,
      ...(schemas.body === undefined ? {} : { parse: [parse] }),
      transform: [transform],
      detail: { operationId: id, summary, description, [notesKey]: notes },
    } as S & { parse?: [typeof parse]; transform: [typeof transform]; detail: Record<string, unknown> };
  };
}

export type Operation = ReturnType<typeof createOperation>;

/** A query is text; numbers and switches are read from it only where the schema wants them, and only when they are exact. */
function readQuery(query: Record<string, unknown>, schema: TObject): Static<TObject> {
  const read: Record<string, unknown> = { ...query };
  for (const [name, property] of Object.entries(schema.properties)) {
    const text = query[name];
    if (typeof text !== "string") continue;
    if (property.type === "integer" && /^-?\d{1,15}$/.test(text)) read[name] = Number(text);
    if (property.type === "boolean" && /^(true|false)$/.test(text)) read[name] = text === "true";
  }
  return read;
}
