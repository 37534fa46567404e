// A file as an answer: whole or one range of it, straight from the disk, and never as anything that a browser would run.
import type { Call } from "./call.ts";
import { HttpFault } from "./faults.ts";

export type FileToAnswer = {
  path: string;
  bytes: number;
  /** Another one for other bytes. */
  tag: string;
  mimeType: string;
  fileName: string;
};

const bytesType = "application/octet-stream";
const shownTypes = /^(image\/(jpeg|png|gif|webp|avif|bmp)|(audio|video)\/[a-z0-9][a-z0-9.-]{0,60})$/;
const savedTypes =
  /^(application\/(pdf|zip|msword|rtf|json|vnd\.(ms-|openxmlformats-|oasis\.)[a-z0-9.-]{1,80})|image\/(heic|heif|tiff)|text\/(plain|csv|vcard|calendar))$/;

export function fileAnswer(call: Call, file: FileToAnswer, extra: Record<string, string> = {}): Response {
  const { request } = call;
  const tag = `"${file.tag}"`;
  const headers = new Headers({
    "Accept-Ranges": "bytes",
    ETag: tag,
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "sandbox",
    ...extra,
  });
  if (isKnown(request.headers.get("if-none-match"), tag)) return new Response(null, { status: 304, headers });
  headers.set("Content-Type", servedTypeOf(file.mimeType));
  headers.set("Content-Disposition", dispositionOf(file));
  const range = isStale(request.headers.get("if-range"), tag) ? null : rangeIn(request.headers.get("range"), file);
  if (range === "none") {
    call.headers.push(["Content-Range", `bytes */${file.bytes}`]);
    throw new HttpFault("range_not_satisfiable", `The file has ${file.bytes} bytes; what was asked for lies beyond.`);
  }
  if (range === null) return new Response(Bun.file(file.path), { headers });
  headers.set("Content-Range", `bytes ${range.from}-${range.to}/${file.bytes}`);
  return new Response(Bun.file(file.path).slice(range.from, range.to + 1), { status: 206, headers });
}

function isKnown(header: string | null, tag: string): boolean {
  if (header === null) return false;
  return header.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === tag);
}

/** A part is of use only to who has the rest of the same file. */
function isStale(header: string | null, tag: string): boolean {
  return header !== null && header.trim() !== tag;
}

type Range = { from: number; to: number };

/** Null for the whole: also where several are asked for, or nothing that could be read. */
function rangeIn(header: string | null, { bytes }: FileToAnswer): Range | "none" | null {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "") ?? [];
  if (first === "" && last === "") return null;
  if (first === "")
    return Number(last) === 0 || bytes === 0 ? "none" : { from: Math.max(0, bytes - Number(last)), to: bytes - 1 };
  const [from, to] = [Number(first), last === "" ? bytes - 1 : Math.min(Number(last), bytes - 1)];
  if (last !== "" && Number(last) < from) return null;
  return from >= bytes ? "none" : { from, to };
}

/** What its sender called it, where that can do no harm. */
export function servedTypeOf(mimeType: string): string {
  const type = bareType(mimeType);
  if (type.startsWith("text/") && savedTypes.test(type)) return `${type}; charset=utf-8`;
  return shownTypes.test(type) || savedTypes.test(type) ? type : bytesType;
}

function bareType(mimeType: string): string {
  return mimeType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** RFC 6266: a name that everybody can read, and the real one (RFC 8187). */
function dispositionOf({ mimeType, fileName }: FileToAnswer): string {
  const how = shownTypes.test(bareType(mimeType)) ? "inline" : "attachment";
  const name = fileName.toWellFormed().replace(/[\p{Cc}\p{Cf}/\\]/gu, "_");
  const plain = name.replace(/[^\x20-\x7e]|["%]/g, "_");
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${how}; filename="${plain}"${plain === name ? "" : `; filename*=UTF-8''${encoded}`}`;
}
