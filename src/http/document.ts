// The OpenAPI document: made from the routes' own schemas by the plugin, then brought into valid 3.1 and given what
// stands behind every route alike: credentials, limits, faults.
import { swagger } from "@elysiajs/swagger";
import { type AnyElysia, Elysia } from "elysia";
import { version } from "../core/version.ts";
import { faultsOf, type Shared } from "./document-faults.ts";
import { notesKey, type OperationNotes } from "./operation.ts";
import { type Json, type JsonObject, mapValues, tidy } from "./schema.ts";
import { type Dialect, native, type Surface } from "./surface.ts";

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
  { name: "Schedules", description: "What is to be said later: once, or again and again by the clock of a time zone." },
  {
    name: "Campaigns",
    description:
      "One message to many people, each in their own words and at the pace of its numbers; and whom none of them goes to.",
  },
  {
    name: "Webhooks",
    description: "Addresses that are told what happens: signed, at least once, with a log of every attempt.",
  },
  {
    name: "Events",
    description:
      "What has happened, for programs: read page by page, waited for, or streamed, always from a place on, so that nothing is left out and nothing comes twice. And over a WebSocket at /api/v1/ws: see the README.",
  },
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
export async function makeDocument(
  routes: AnyElysia,
  basePath: string,
  dialects: readonly Dialect[],
): Promise<JsonObject> {
  const specPath = "/document";
  const planner = new Elysia().use(routes).use(swagger({ path: "/page", specPath, documentation: {} }));
  const response = await planner.handle(new Request(`http://localhost${specPath}`));
  const raw = (await response.json()) as { paths: Record<string, JsonObject> };
  const shared: Shared = { schemas: {}, responses: {} };
  const surfaceOf = (path: string): Surface => dialects.find((dialect) => dialect.owns(path)) ?? native;
  const paths: JsonObject = {};
  for (const [path, methods] of Object.entries(raw.paths)) {
    if (path.startsWith("/page") || path === specPath) continue;
    paths[path] = mapValues(methods, (operation, method) =>
      finishOperation(operation as JsonObject, method, surfaceOf(path), shared),
    );
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
    tags: [...tags, ...dialects.map(({ tag }) => tag)].filter(({ name }) => isUsed(name, paths)),
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

function finishOperation(operation: JsonObject, method: string, surface: Surface, shared: Shared): JsonObject {
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
    parameters: [...parametersOf(kept, schemas), ...(notes.isRepeatable ? [idempotencyParameter] : [])],
    responses: {
      ...successesOf(kept.responses as JsonObject, notes, schemas),
      ...faultsOf({ notes, operation: kept, method, surface }, shared),
    },
  };
  if (notes.access === "login") finished.security = [{ bearer: [] }];
  if (notes.takesFile !== undefined) finished.requestBody = notes.takesFile === true ? fileBody : tableBody;
  else if (body !== undefined) finished.requestBody = bodyOf(body, notes, schemas);
  else delete finished.requestBody;
  return finished;
}

export const isForAnybody = ({ access }: OperationNotes) => access === "public" || access === "open";

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

/** Without an example: the page would send it along, and everything tried twice would be done once. */
const idempotencyParameter: JsonObject = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "A name of yours for this request: asked again within 24 hours, it is done once. 1 to 255 printable characters.",
  schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[\\x21-\\x7e]*$" },
};

const fileBody: JsonObject = {
  required: true,
  description: "The file's bytes, of any content type.",
  content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
};

const tableExample = "phone,name\r\n+15551000003,Alice\r\n";
const tableBody: JsonObject = {
  required: true,
  description: "The table as it is, or a form with it as its file.",
  content: {
    "text/csv": { schema: { type: "string" }, example: tableExample },
    "multipart/form-data": {
      schema: { type: "object", properties: { file: { type: "string", format: "binary" } } },
    },
  },
};

/** One content type: what else the plugin lists is refused with 415. */
function bodyOf(body: JsonObject, notes: OperationNotes, schemas: JsonObject): JsonObject {
  const content = body.content as JsonObject;
  const schema = (content["application/json"] as JsonObject).schema ?? {};
  return {
    required: notes.bodyIsOptional !== true,
    "x-max-bytes": notes.limitBytes,
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
