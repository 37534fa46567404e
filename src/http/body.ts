// Reading a JSON body within bounds: its type, its size, its depth, the length of its lists, the time it takes to come.
import { second } from "../core/clock.ts";
import { invalidField, WaygateError } from "../core/errors.ts";
import { HttpFault } from "./faults.ts";
import { shapeFault } from "./json-shape.ts";

/** Without a single byte; the connection itself is let go some time after that. */
const idleMs = 20 * second;
/** Even a bad line brings so much. */
const leastBytesPerSecond = 32 * 1024;

/** `undefined` when there is no body at all. */
export async function readJson(request: Request, limitBytes: number): Promise<unknown> {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > limitBytes) throw tooLarge(limitBytes);
  const text = await readText(request, limitBytes);
  if (text === "") return undefined;
  refuseOtherTypes(request.headers.get("content-type"));
  const value = parse(text);
  refuseUnfit(value);
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
    for await (const chunk of piecesOf(request.body, idleMs + (limitBytes / leastBytesPerSecond) * second)) {
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

/** As long as they keep coming: whoever stops in the midst of a body holds nobody up for ever. */
async function* piecesOf(body: ReadableStream<Uint8Array>, longestMs: number): AsyncGenerator<Uint8Array> {
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => {});
  const giveUp = () => late.reject(new WaygateError("malformed", "The body did not come in time."));
  const [idle, total] = [setTimeout(giveUp, idleMs), setTimeout(giveUp, longestMs)];
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late.promise]);
      if (done === true) return;
      idle.refresh();
      yield value;
    }
  } finally {
    clearTimeout(idle);
    clearTimeout(total);
    // Not waited for: it would wait for what does not come.
    reader.cancel().catch(() => {});
  }
}

function parse(text: string): unknown {
  const fault = shapeFault(text);
  if (fault !== null) throw new WaygateError("malformed", fault);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WaygateError("malformed", "The body is not valid JSON.", {}, cause);
  }
}

function refuseUnfit(value: unknown): void {
  // Half a character would be stored as another one, and what was hashed would no longer be what is kept.
  if (typeof value === "string" && !value.isWellFormed()) {
    throw new WaygateError("malformed", "The body has half a character in a text.");
  }
  if (typeof value !== "object" || value === null) return;
  if (Object.hasOwn(value, "__proto__")) throw invalidField("/__proto__", "There is no such field here.");
  for (const item of Array.isArray(value) ? value : Object.values(value)) refuseUnfit(item);
}

function tooLarge(limitBytes: number): WaygateError {
  return new WaygateError("too_large", `The body may have at most ${Math.floor(limitBytes / 1024)} KB.`);
}
