// Reading a JSON body within bounds: its type, its size, its depth, the length of its lists.
import { invalidField, WaygateError } from "../core/errors.ts";
import { HttpFault } from "./faults.ts";

export const maxDepth = 32;
export const maxItems = 10_000;

/** `undefined` when there is no body at all. */
export async function readJson(request: Request, limitBytes: number): Promise<unknown> {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > limitBytes) throw tooLarge(limitBytes);
  const text = await readText(request, limitBytes);
  if (text === "") return undefined;
  refuseOtherTypes(request.headers.get("content-type"));
  const value = parse(text);
  refuseExcess(value, 1);
  return value;
}

/** Some libraries name none unless they are told to: JSON is all that it could be. */
function refuseOtherTypes(contentType: string | null): void {
  if (contentType === null) return;
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type === "application/json" || /^application\/[\w.-]+\+json$/.test(type)) return;
  throw new HttpFault(
    "unsupported_media_type",
    "The body must be JSON, with the header Content-Type: application/json.",
  );
}

async function readText(request: Request, limitBytes: number): Promise<string> {
  if (request.body === null) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request.body) {
      size += chunk.byteLength;
      if (size > limitBytes) throw tooLarge(limitBytes);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof WaygateError) throw cause;
    throw new WaygateError("malformed", "The body ended before it was whole.", {}, cause);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new WaygateError("malformed", "The body is not UTF-8 text.", {}, cause);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WaygateError("malformed", "The body is not valid JSON.", {}, cause);
  }
}

function refuseExcess(value: unknown, depth: number): void {
  // Half a character would be stored as another one, and what was hashed would no longer be what is kept.
  if (typeof value === "string" && !value.isWellFormed()) {
    throw new WaygateError("malformed", "The body has half a character in a text.");
  }
  if (typeof value !== "object" || value === null) return;
  if (Object.hasOwn(value, "__proto__")) throw invalidField("/__proto__", "There is no such field here.");
  if (depth > maxDepth) throw new WaygateError("malformed", `The body is nested more than ${maxDepth} levels deep.`);
  const items = Object.values(value);
  if (items.length > maxItems)
    throw new WaygateError("malformed", `The body has a list of more than ${maxItems} items.`);
  for (const item of items) refuseExcess(item, depth + 1);
}

function tooLarge(limitBytes: number): WaygateError {
  return new WaygateError("too_large", `The body may have at most ${Math.floor(limitBytes / 1024)} KB.`);
}
