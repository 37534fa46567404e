// The API's own document as the suites read it: every operation with who may use it, what goes in and what comes out.
// Nothing here names a route, so that the suites grow with the routes.
import { scopes } from "../../../src/core/key.ts";
import { type JsonSchema, resolve, type Schemas } from "./json-schema.ts";

export type Scope = (typeof scopes)[number];
/** `public`: anybody. `login`: signed in, a key is not enough. Else a scope. */
export type Access = "public" | "login" | Scope;

export type Parameter = { name: string; in: string; schema: JsonSchema; isRequired: boolean };
export type Body = { schema: JsonSchema; example: unknown; isRequired: boolean; maxBytes: number };

export type Operation = {
  id: string;
  method: string;
  path: string;
  access: Access;
  parameters: readonly Parameter[];
  body: Body | null;
  /** Its body is a file: an example of one, and its type where that matters. */
  file: { example: string; type: string | null } | null;
  /** Of the answer when all goes well; the schema is null where there is nothing to say. */
  success: { status: number; type: string | null; schema: JsonSchema | null };
  statuses: readonly number[];
  /** How its faults look. */
  fault: { type: string; schema: JsonSchema };
  /** False where it is somebody else's API: with other statuses than ours, and taking no notice of what it does not know. */
  isNative: boolean;
};

export type ApiDocument = { operations: readonly Operation[]; schemas: Schemas };

type Raw = { readonly [name: string]: unknown };

export async function readDocument(origin: string): Promise<ApiDocument> {
  const response = await fetch(`${origin}/openapi.json`);
  if (!response.ok) throw new Error(`/openapi.json answers ${response.status}`);
  const document = (await response.json()) as Raw;
  const { schemas, responses } = document.components as { schemas: Schemas; responses: Record<string, Raw> };
  const operations = Object.entries(document.paths as Record<string, Record<string, Raw>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]) => operationOf(path, method, raw, { schemas, responses })),
  );
  if (operations.length === 0) throw new Error("the document has no operations");
  return { operations, schemas };
}

type Components = { schemas: Schemas; responses: Record<string, Raw> };

function operationOf(path: string, method: string, raw: Raw, { schemas, responses: shared }: Components): Operation {
  const id = String(raw.operationId);
  const responses = raw.responses as Record<string, Raw>;
  const fault = faultOf(id, responses, shared);
  return {
    id,
    method: method.toUpperCase(),
    path,
    access: accessOf(id, raw),
    parameters: ((raw.parameters ?? []) as Raw[]).map((parameter) => ({
      name: String(parameter.name),
      in: String(parameter.in),
      schema: parameter.schema as JsonSchema,
      isRequired: parameter.required === true,
    })),
    body: fileOf(raw) !== null ? null : bodyOf(raw.requestBody as Raw | undefined, schemas),
    file: fileOf(raw),
    success: successOf(id, responses),
    statuses: Object.keys(responses).map(Number),
    fault,
    isNative: fault.type === "application/problem+json",
  };
}

/** By what it answers when something goes wrong inside, which every operation lists. */
function faultOf(id: string, { 500: inside }: Record<string, Raw>, shared: Components["responses"]) {
  const reference = String(inside?.$ref ?? "").replace("#/components/responses/", "");
  const [media] = Object.entries(((shared[reference] ?? inside)?.content ?? {}) as Record<string, Raw>);
  if (media === undefined) throw new Error(`${id} does not say how its faults look`);
  return { type: media[0], schema: media[1].schema as JsonSchema };
}

/** A dialect says of what it has no status for that the request was bad. */
export function documented({ isNative, statuses }: Operation, status: number): number {
  const isOurs = isNative || status < 400 || status === 405 || statuses.includes(status);
  return isOurs ? status : 400;
}

/** By the sentence that ends its description; it must agree with the credentials it lists. */
function accessOf(id: string, { security, description }: Raw): Access {
  const listed = JSON.stringify(security);
  const text = String(description);
  const scope = /Needs the scope `(\w+)`\./.exec(text)?.[1];
  const access = /Needs a login[;.]/.test(text) ? "login" : (scope ?? "public");
  const expected = { public: "[]", login: '[{"bearer":[]}]' }[access] ?? '[{"apiKey":[]},{"bearer":[]}]';
  if (listed !== expected) throw new Error(`${id}: "${access}" by its description, but its security is ${listed}`);
  if (access === "public" || access === "login") return access;
  const known = scopes.find((one) => one === access);
  if (known === undefined) throw new Error(`${id} needs the scope ${access}, which there is not`);
  return known;
}

function fileOf({ requestBody }: Raw): Operation["file"] {
  if (!JSON.stringify(requestBody ?? "").includes('"format":"binary"')) return null;
  const [[type, media] = ["", {}]] = Object.entries((requestBody as Raw).content as Record<string, Raw>);
  return typeof media.example === "string" ? { example: media.example, type } : { example: "a file", type: null };
}

function bodyOf(raw: Raw | undefined, schemas: Schemas): Body | null {
  if (raw === undefined) return null;
  const content = raw.content as Record<string, Raw>;
  const media = content["application/json"];
  if (media === undefined || Object.keys(content).length > 1) throw new Error("a body that is not only JSON");
  const schema = media.schema as JsonSchema;
  const whole = typeof schema.$ref === "string" ? resolve(schema.$ref, schemas) : schema;
  const maxBytes = Number(raw["x-max-bytes"]);
  return { schema: whole, example: media.example, isRequired: raw.required === true, maxBytes };
}

function successOf(id: string, responses: Record<string, Raw>): Operation["success"] {
  const [status, response] = Object.entries(responses).find(([code]) => code.startsWith("2")) ?? [];
  if (status === undefined || response === undefined) throw new Error(`${id} never succeeds, its document says`);
  const [type = null] = Object.keys((response.content ?? {}) as object);
  const media = type === null ? undefined : (response.content as Record<string, Raw>)[type];
  return { status: Number(status), type, schema: (media?.schema as JsonSchema | undefined) ?? null };
}
