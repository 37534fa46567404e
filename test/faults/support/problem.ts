// What an answer may be: a problem document that fits the API's own schema, or a success that fits its; and never a look
// at our insides.
import type { ApiDocument, Operation } from "./document.ts";
import { misfit } from "./json-schema.ts";
import type { WireAnswer } from "./wire.ts";

const problemType = "application/problem+json";
/** Perhaps a field's name; then a capital first and a full stop last. */
const sentence = /^(.*: )?[A-Z0-9].{8,}\.$/su;

/** In the document of a dialect, and so told just as they stand there. */
const printed = new Set([
  "Password is required",
  "Invalid password or client not owned by user",
  "Client not found",
  "URL must be HTTPS",
  "Invalid or missing authentication",
  "Invalid or expired JWT token",
]);

/** Null when it is told as the document has it for this operation. */
export function faultFault(answer: WireAnswer, op: Operation, document: ApiDocument): string | null {
  if (op.isNative) return problemFault(answer, document);
  const { headers, json } = answer;
  const type = headers.get("content-type") ?? "no content type";
  if (type.split(";", 1)[0] !== op.fault.type) return `is told as ${type}`;
  const wrong = misfit(json, op.fault.schema, document.schemas);
  if (wrong !== null) return `does not fit the schema of its faults: ${wrong}`;
  const { error } = json as { error: string };
  if (printed.has(error)) return null;
  return sentence.test(error) ? null : `has no sentence for people: "${error}"`;
}

/** Null when it is a problem as the document has it. */
export function problemFault({ status, headers, json }: WireAnswer, { schemas }: ApiDocument): string | null {
  const type = headers.get("content-type") ?? "no content type";
  if (type.split(";", 1)[0] !== problemType) return `is told as ${type}`;
  const schema = schemas.Problem;
  if (schema === undefined) throw new Error("the document has no schema named Problem");
  const wrong = misfit(json, schema, schemas);
  if (wrong !== null) return `does not fit the schema of a problem: ${wrong}`;
  const problem = json as { status: number; detail: string; request_id: string; code: string };
  if (problem.status !== status) return `says ${problem.status} inside`;
  if (problem.request_id !== headers.get("x-request-id")) return "names another request than its header";
  if (!sentence.test(problem.detail)) return `has no sentence for people: "${problem.detail}"`;
  return null;
}

/** Null when the answer is as the document says that the operation succeeds. */
export function successFault({ status, headers, json, text }: WireAnswer, op: Operation, { schemas }: ApiDocument) {
  if (status !== op.success.status) return `succeeds with ${status} instead of ${op.success.status}`;
  if (op.success.schema === null || op.success.type === null) return text === "" ? null : "has a body, but should not";
  if (!(headers.get("content-type") ?? "").startsWith(op.success.type))
    return "has another content type than documented";
  const wrong = misfit(op.success.type === "application/json" ? json : text, op.success.schema, schemas);
  return wrong === null ? null : `does not fit its schema: ${wrong}`;
}

const insides = [
  /\n\s+at .+[:(]\d+/,
  /\.(ts|js|mjs):\d+/,
  /\$bunfs|node_modules|bun:sqlite|drizzle|typebox|elysia/i,
  /\bSQLITE|\bsqlite|constraint failed|near ".*": syntax/i,
  /\b(select|insert into|delete from|update \w+ set)\b .+/i,
  /\/(home|root|tmp|usr|var|etc|src)\/\w+/,
  /\b(TypeError|SyntaxError|RangeError|ReferenceError|WaygateError|undefined is not|is not a function)\b/,
];

/** What shows our insides, unless the caller has said it first. */
export function insideShown(text: string, said: string): string | null {
  for (const pattern of insides) {
    const [shown] = pattern.exec(text) ?? [];
    if (shown !== undefined && !said.toLowerCase().includes(shown.trim().slice(0, 20).toLowerCase()))
      return shown.trim();
  }
  return null;
}
