// Pages and their parts that are embedded in the program: with validators, compressed where that pays, and a policy
// under which nothing from elsewhere runs.
import { createHash } from "node:crypto";
import type { Call } from "./call.ts";

export type Page = { type: string; content: string | Uint8Array; policy?: string };
export type Pages = ReadonlyMap<string, Page>;
type Prepared = { etag: string; plain: Uint8Array; zipped: Uint8Array | null };

const pageHeaders: [string, string][] = [
  ["X-Frame-Options", "DENY"],
  ["Cross-Origin-Opener-Policy", "same-origin"],
];
const compressAbove = 2_048;

export function createPages(pages: Pages) {
  const prepared = new WeakMap<Page, Prepared>();

  function prepare(page: Page): Prepared {
    const known = prepared.get(page);
    if (known !== undefined) return known;
    const plain = typeof page.content === "string" ? new TextEncoder().encode(page.content) : page.content;
    const zipped = plain.length > compressAbove ? Bun.gzipSync(Uint8Array.from(plain)) : null;
    const etag = `"${createHash("sha256").update(plain).digest("base64url").slice(0, 16)}"`;
    const made = { etag, plain, zipped };
    prepared.set(page, made);
    return made;
  }

  function answerWith(page: Page, request: Request): Response {
    const { etag, plain, zipped } = prepare(page);
    const headers = new Headers({
      ETag: etag,
      "Cache-Control": "no-cache",
      "Content-Type": page.type,
      Vary: "Accept-Encoding",
    });
    for (const [name, value] of pageHeaders) headers.set(name, value);
    if (page.policy !== undefined) headers.set("Content-Security-Policy", page.policy);
    if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
    const isZipped = zipped !== null && (request.headers.get("accept-encoding") ?? "").includes("gzip");
    if (isZipped) headers.set("Content-Encoding", "gzip");
    const body = isZipped ? zipped : plain;
    return new Response(request.method === "HEAD" ? null : Buffer.from(body), { headers });
  }

  return {
    has: (path: string) => pages.has(path),
    /** Null where there is no such page. */
    answer({ path, request }: Call): Response | null {
      const page = pages.get(path);
      return page === undefined ? null : answerWith(page, request);
    },
  };
}
