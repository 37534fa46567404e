// The OpenAPI document: made from the routes' own schemas by the plugin, then brought into valid 3.1 and given what
// stands behind every route alike: credentials, limits, faults.
import { swagger } from "@elysiajs/swagger";
import { type AnyElysia, Elysia } from "elysia";
import { version } from "../core/version.ts";
import { type FaultCode, statuses, titles } from "./faults.ts";
import { notesKey, type OperationNotes, shownFormat } from "./operation.ts";

type Json = null | boolean | number | string | Json[] | JsonObject;
type JsonObject = { [key: string]: Json };
/** What is written once under components and named from everywhere. */
type Shared = { schemas: JsonObject; responses: JsonObject };

const tags: { name: string; description: string }[] = [
  { name: "Signing in", description: "Set-up, registration, logins." },
  { name: "Me", description: "The caller's own account." },
  {
    name: "API keys",
    description: "Keys for programs: made and shown once, rotated with a grace period, revoked at once.",
  },
  {
    name: "Sessions",
    description: "WhatsApp numbers: linked by QR or code, started and stopped, their settings, profile and privacy.",
  },
  { name: "Messages", description: "What goes out and what comes in, in its chats, with whom." },
  { name: "Accounts", description: "Who has an account here, and invitations for new ones. For admins." },
  { name: "Plans", description: "How much an account may use. For admins." },
  { name: "Audit and log", description: "What happened, and who did it." },
  { name: "Sandbox", description: "The WhatsApp network in the box: people, what they write, and what goes wrong." },
  { name: "System", description: "The installation itself: report, health, figures." },
];

const about = `The native API of Waygate, a self-hosted WhatsApp gateway.

**Credentials**: an API key as \`X-API-Key: …\` or \`Authorization: Bearer …\`, or the token of a login as
\`Authorization: Bearer …\`. Make a key with \`waygate key create\`.

**Errors** are problem documents (RFC 9457) with a stable \`code\`. **Lists** answer \`{data, next_cursor}\`; give
\`next_cursor\` as \`cursor\` to read on. **Times** are ISO-8601 in UTC. **Limits** are counted per account and told in
\`RateLimit\` and \`RateLimit-Policy\`; beyond them 429 says when to come back in \`Retry-After\`.`;

/** The plugin's own pages are never served: it only reads the routes here. */
export async function makeDocument(routes: AnyElysia, basePath: string): Promise<JsonObject> {
  const specPath = "/document";
  const planner = new Elysia().use(routes).use(swagger({ path: "/page", specPath, documentation: {} }));
  const response = await planner.handle(new Request(`http://localhost${specPath}`));
  const raw = (await response.json()) as { paths: Record<string, JsonObject> };
  const shared: Shared = { schemas: { Problem: problemSchema() }, responses: {} };
  const paths: JsonObject = {};
  for (const [path, methods] of Object.entries(raw.paths)) {
    if (path.startsWith("/page") || path === specPath) continue;
    paths[path] = mapValues(methods, (operation, method) => finishOperation(operation as JsonObject, method, shared));
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Waygate",
      version,
      summary: "A self-hosted WhatsApp gateway",
      description: about,
      license: { name: "GPL-3.0-or-later", identifier: "GPL-3.0-or-later" },
    },
    servers: [{ url: basePath === "" ? "/" : basePath, description: "This gateway" }],
    tags: tags.filter(({ name }) => isUsed(name, paths)),
    paths,
    components: { ...shared, securitySchemes },
  };
}

function isUsed(tag: string, paths: JsonObject): boolean {
  return JSON.stringify(paths).includes(`"tags":["${tag}"]`);
}

const securitySchemes: JsonObject = {
  apiKey: { type: "apiKey", in: "header", name: "X-API-Key", description: "An API key of yours." },
  bearer: { type: "http", scheme: "bearer", description: "An API key, or the token of a login." },
};

function finishOperation(operation: JsonObject, method: string, shared: Shared): JsonObject {
  const { [notesKey]: rawNotes, ...kept } = operation;
  const notes = rawNotes as unknown as OperationNotes;
  const { schemas } = shared;
  const isPublic = isForAnybody(notes);
  const body = kept.requestBody as JsonObject | undefined;
  const finished: JsonObject = {
    ...kept,
    tags: (kept.tags as Json[] | undefined) ?? ["System"],
    description: `${String(kept.description)}${needs(notes.access)}`,
    security: isPublic ? [] : [{ apiKey: [] }, { bearer: [] }],
    parameters: parametersOf(kept, schemas),
    responses: {
      ...successesOf(kept.responses as JsonObject, notes, schemas),
      ...faultsOf(notes, kept, method, shared),
    },
  };
  if (notes.access === "login") finished.security = [{ bearer: [] }];
  if (notes.takesFile === true) finished.requestBody = fileBody;
  else if (body !== undefined) finished.requestBody = bodyOf(body, notes, schemas);
  else delete finished.requestBody;
  return finished;
}

const isForAnybody = ({ access }: OperationNotes) => access === "public" || access === "open";

function needs(access: OperationNotes["access"]): string {
  if (access === "public" || access === "open") return "";
  return access === "login" ? "\n\nNeeds a login; an API key is not enough." : `\n\nNeeds the scope \`${access}\`.`;
}

/** The plugin lifts a parameter's description and examples out of its schema. */
function parametersOf(operation: JsonObject, schemas: JsonObject): Json[] {
  return ((operation.parameters ?? []) as JsonObject[]).map(({ examples, ...parameter }) => {
    const [example] = (examples ?? []) as Json[];
    const schema = tidy(parameter.schema ?? {}, schemas);
    return { ...parameter, schema, ...(example === undefined ? {} : { example }) };
  });
}

const fileBody: JsonObject = {
  required: true,
  description: "The file's bytes, of any content type.",
  content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
};

/** One content type: what else the plugin lists is refused with 415. */
function bodyOf(body: JsonObject, notes: OperationNotes, schemas: JsonObject): JsonObject {
  const content = body.content as JsonObject;
  const schema = (content["application/json"] as JsonObject).schema ?? {};
  return {
    required: notes.bodyIsOptional !== true,
    content: { "application/json": mediaOf(schema, schemas) },
  };
}

function mediaOf(schema: Json, schemas: JsonObject): JsonObject {
  const [example] = ((schema as JsonObject).examples ?? []) as Json[];
  const tidied = tidy(schema, schemas);
  return example === undefined ? { schema: tidied } : { schema: tidied, example };
}

/** The plugin lifts a response's title, description and examples out of its schema; here they go back. */
function successesOf(responses: JsonObject, { types }: OperationNotes, schemas: JsonObject): JsonObject {
  return mapValues(responses, (response, status) => {
    const { content, ...lifted } = response as JsonObject;
    if (content === undefined) return { description: "Done; there is nothing to say.", headers: usualHeaders };
    const [schema] = Object.values(content as JsonObject).map((media) => (media as JsonObject).schema);
    const media = mediaOf({ ...lifted, ...(schema as JsonObject) }, schemas);
    return {
      description: status === "201" ? "Made." : "Here it is.",
      headers: usualHeaders,
      content: Object.fromEntries((types ?? ["application/json"]).map((type) => [type, media])),
    };
  });
}

const usualHeaders: JsonObject = {
  "X-Request-Id": { description: "Names this request in the log.", schema: { type: "string" } },
};

function faultsOf(notes: OperationNotes, operation: JsonObject, method: string, shared: Shared): JsonObject {
  const codes = new Set<FaultCode>(notes.faults);
  if (!isForAnybody(notes)) {
    codes.add("unauthenticated");
    codes.add(notes.access === "login" ? "session_required" : "forbidden");
    codes.add("setup_required");
  }
  if (operation.requestBody !== undefined) {
    for (const code of ["malformed", "too_large", "unsupported_media_type", "invalid"] as const) codes.add(code);
  }
  if (notes.takesFile === true)
    for (const code of ["malformed", "too_large", "unsupported_media_type"] as const) codes.add(code);
  if (((operation.parameters ?? []) as JsonObject[]).some((parameter) => parameter.in === "query"))
    codes.add("invalid");
  if (method !== "get") codes.add("storage_full");
  if (notes.access !== "open") codes.add("rate_limited");
  codes.add("internal");
  const byStatus = Object.groupBy(codes, (code) => String(statuses[code]));
  return mapValues(byStatus as unknown as JsonObject, (group) =>
    faultReference(group as unknown as FaultCode[], shared),
  );
}

/** Codes that share a status on one route share its answer too. */
function faultReference(codes: FaultCode[], shared: Shared): JsonObject {
  const [first, ...others] = codes.toSorted();
  if (first === undefined || others.length > 0) return problemResponse(codes.toSorted());
  shared.responses[first] = problemResponse([first]);
  return { $ref: `#/components/responses/${first}` };
}

function problemResponse(codes: FaultCode[]): JsonObject {
  const [first = "internal"] = codes;
  const retry: JsonObject = { "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" } } };
  return {
    description: codes.map((code) => `\`${code}\`: ${titles[code]}.`).join(" "),
    ...(codes.includes("rate_limited") ? { headers: retry } : {}),
    content: {
      "application/problem+json": {
        schema: { $ref: "#/components/schemas/Problem" },
        example: {
          type: `urn:waygate:problem:${first}`,
          title: titles[first],
          status: statuses[first],
          code: first,
          detail: `${titles[first]}.`,
          request_id: "req_a1B2c3d",
        },
      },
    },
  };
}

function problemSchema(): JsonObject {
  return {
    type: "object",
    description: "What went wrong, as RFC 9457 has it.",
    required: ["type", "title", "status", "code", "detail", "request_id"],
    properties: {
      type: { type: "string", description: "A URN for the code." },
      title: { type: "string", description: "The same for every fault with this code." },
      status: { type: "integer" },
      code: { type: "string", enum: Object.keys(titles), description: "Stable: for programs." },
      detail: { type: "string", description: "A sentence for people about this very case." },
      request_id: { type: "string", description: "Names the request in the log." },
      errors: {
        type: "array",
        description: "The fields that do not fit.",
        items: {
          type: "object",
          required: ["in", "path", "message"],
          properties: {
            in: { type: "string", enum: ["body", "query", "path", "header"] },
            path: { type: "string", description: "A JSON pointer into the body, or the name of a parameter." },
            message: { type: "string" },
          },
        },
      },
    },
  };
}

/** TypeBox's JSON Schema as 3.1 wants it: words as `enum`, named shapes once under components. */
function tidy(schema: Json, schemas: JsonObject): Json {
  if (Array.isArray(schema)) return schema.map((item) => tidy(item, schemas));
  if (typeof schema !== "object" || schema === null) return schema;
  const { title, examples, anyOf, ...rest } = schema;
  const words = (anyOf as JsonObject[] | undefined)?.map((one) => one.const);
  if (words?.every((word) => typeof word === "string")) {
    return {
      ...withoutExamples(rest),
      type: "string",
      enum: words as Json,
      ...(examples === undefined ? {} : { examples }),
    };
  }
  const { [shownFormat]: format, ...kept } = rest;
  if (format !== undefined)
    return tidy(
      { ...kept, format, ...(title === undefined ? {} : { title }), ...(examples === undefined ? {} : { examples }) },
      schemas,
    );
  const tidied: JsonObject = mapValues(rest, (value, key) => {
    // A field may well be called like a keyword.
    if (key === "properties") return mapValues(value as JsonObject, (field) => tidy(field, schemas));
    return isData(key) ? value : tidy(value, schemas);
  });
  if (anyOf !== undefined) tidied.anyOf = tidy(anyOf, schemas);
  if (examples !== undefined && tidied.type !== "object") tidied.examples = examples;
  if (typeof title !== "string") return tidied;
  schemas[title] = tidied;
  return { $ref: `#/components/schemas/${title}` };
}

const isData = (key: string) => key === "default" || key === "enum" || key === "const" || key === "required";

function withoutExamples(schema: JsonObject): JsonObject {
  const { examples: _examples, ...rest } = schema;
  return rest;
}

function mapValues(object: JsonObject, change: (value: Json, key: string) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}
