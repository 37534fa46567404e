// What is shown below a text with a link: asked of the page itself, within moments, and not at all where that fails.
import { minute, second } from "../core/clock.ts";
import type { LinkPreview } from "../core/content.ts";
import { findLink, readPage } from "../core/link-preview.ts";
import type { Engine } from "../core/ports.ts";
import type { HttpClient } from "../net/client.ts";
import type { Store } from "../store/store.ts";

export type LinkPreviews = (text: string) => Promise<LinkPreview | null>;
type Needs = { store: Store; engine: Engine | null; client: HttpClient | null };

const pageBytes = 256 * 1024;
const imageBytes = 5 * 1024 * 1024;
const patienceMs = 3 * second;
/** One text to many people asks its page once. */
const keptMs = 10 * minute;
const mostKept = 200;

export function createLinkPreviews({ store, engine, client }: Needs): LinkPreviews {
  const known = new Map<string, { preview: Promise<LinkPreview | null>; until: number }>();

  async function ask(url: string): Promise<LinkPreview | null> {
    if (client === null) return null;
    const page = await client.ask({ method: "GET", url, headers, maxBytes: pageBytes, timeoutMs: patienceMs });
    const isPage = page.outcome === "response" && page.status === 200 && isHtml(page.headers["content-type"]);
    if (!isPage) return null;
    const { title, description, image } = await readPage(new TextDecoder().decode(page.body), page.url);
    if (title === null) return null;
    return { url, title, description, thumbnail: image === null ? null : await thumbnailOf(image) };
  }

  async function thumbnailOf(url: string): Promise<string | null> {
    if (client === null || engine === null) return null;
    const name = await store.files.newName();
    const path = store.files.pathOf(name);
    try {
      const got = await client.downloadTo(path, { method: "GET", url, maxBytes: imageBytes, timeoutMs: patienceMs });
      return got.outcome === "done" ? await engine.thumbnail(path) : null;
    } finally {
      await store.files.remove(name);
    }
  }

  return async (text) => {
    const url = findLink(text);
    if (url === null) return null;
    const now = performance.now();
    const kept = known.get(url);
    if (kept !== undefined && kept.until > now) return kept.preview;
    const preview = ask(url).catch(() => null);
    known.delete(url);
    known.set(url, { preview, until: now + keptMs });
    const [oldest] = known.keys();
    if (known.size > mostKept && oldest !== undefined) known.delete(oldest);
    return preview;
  };
}

const headers = { accept: "text/html", "user-agent": "WhatsApp/2 (Waygate)" };

function isHtml(type: string | undefined): boolean {
  return type?.toLowerCase().startsWith("text/html") === true;
}
