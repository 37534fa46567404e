// What app state keeps outside of stanzas, Baileys fetches with the process's own `fetch`, which knows neither a session's
// proxy nor its network's authority. Loaded, this stands before it: WhatsApp's media hosts are asked over the way out of
// the session that was told of the file, or not at all.
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren, proto } from "@whiskeysockets/baileys";
import { minute } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { isDirectPath } from "./media/address.ts";
import { type FileAccess, fetchSealed } from "./media/sealed.ts";
import { bytesIn, readFields } from "./signal/fields.ts";
import { isNode } from "./signal/stanza.ts";

export type Blobs = {
  /** To be called with every frame, before Baileys looks at it. */
  see(frame: unknown): void;
};

type Reference = proto.IExternalBlobReference;
/** One connection: what it was told of and has not fetched yet, and the hosts that it was named. */
type Watched = { hosts: Set<string>; told: Map<string, Reference>; access: FileAccess };

const family = /(^|\.)whatsapp\.net\.?$/;
/** Baileys holds each of them in memory, several times over. */
const maxBytes = 64 * 1_024 * 1_024;
const timeoutMs = 3 * minute;
const mostTold = 1_000;
const externalMutations = 3;

const watched = new Set<Watched>();

/** Until the connection is over; what it was told of is forgotten then. */
export function watchBlobs(access: FileAccess): Blobs {
  const one: Watched = { hosts: new Set(), told: new Map(), access };
  watched.add(one);
  access.signal.addEventListener("abort", () => watched.delete(one), { once: true });
  return {
    see(frame) {
      if (!isNode(frame) || frame.tag !== "iq" || frame.attrs.type !== "result") return;
      noteHosts(one, getBinaryNodeChild(frame, "media_conn"));
      const collections = getBinaryNodeChildren(getBinaryNodeChild(frame, "sync"), "collection");
      for (const reference of collections.flatMap(referencesIn)) noteBlob(one, reference);
    },
  };
}

function noteHosts({ hosts }: Watched, told: BinaryNode | undefined): void {
  if (told === undefined) return;
  hosts.clear();
  for (const { attrs } of getBinaryNodeChildren(told, "host")) {
    const url = parse(`https://${attrs.hostname ?? ""}`);
    if (url !== null) hosts.add(url.host);
  }
}

function noteBlob({ told }: Watched, reference: Reference): void {
  const path = reference.directPath ?? "";
  const url = isDirectPath(path) ? parse(`https://host${path}`) : null;
  if (url === null) return;
  told.set(pathOf(url), reference);
  const [oldest] = told.size > mostTold ? told.keys() : [];
  if (oldest !== undefined) told.delete(oldest);
}

/** As Baileys looks for them: a snapshot, and in patches that are too long the mutations. */
function referencesIn(collection: BinaryNode): Reference[] {
  const patches = getBinaryNodeChildren(getBinaryNodeChild(collection, "patches") ?? collection, "patch");
  const bytes = [
    contentOf(getBinaryNodeChild(collection, "snapshot")),
    ...patches.map((patch) => fieldIn(contentOf(patch), externalMutations)),
  ];
  return bytes.flatMap((one) => (one === null ? [] : (decoded(one) ?? [])));
}

function contentOf(node: BinaryNode | undefined): Uint8Array | null {
  return node?.content instanceof Uint8Array ? node.content : null;
}

/** Null for what cannot be read: Baileys will find that out by itself. */
function fieldIn(bytes: Uint8Array | null, number: number): Uint8Array | null {
  try {
    return bytes === null ? null : bytesIn(readFields(bytes), number);
  } catch {
    return null;
  }
}

function decoded(bytes: Uint8Array): Reference | null {
  try {
    return proto.ExternalBlobReference.decode(bytes);
  } catch {
    return null;
  }
}

type Fetch = typeof globalThis.fetch;
globalThis.fetch = guarded(globalThis.fetch);

function guarded(plain: Fetch): Fetch {
  const ask = (...[input, init]: Parameters<Fetch>) => {
    const url = parse(typeof input === "object" && "url" in input ? input.url : String(input));
    return url === null || !isMediaHost(url) ? plain(input, init) : answer(url);
  };
  return Object.assign(ask, { preconnect: plain.preconnect });
}

function isMediaHost({ host, hostname }: URL): boolean {
  return family.test(hostname) || [...watched].some(({ hosts }) => hosts.has(host));
}

async function answer(url: URL): Promise<Response> {
  const path = pathOf(url);
  for (const { told, access } of watched) {
    const reference = told.get(path);
    if (reference === undefined) continue;
    told.delete(path);
    return fetchBlob(reference, access);
  }
  throw new WaygateError("unavailable", `${url.host} keeps media of WhatsApp's, which are not fetched like this.`);
}

/**
 * Whole and checked before it is handed on: Baileys does not listen for what breaks off half-way, which would end the
 * process, and does not look at the file's MAC.
 */
async function fetchBlob({ directPath, fileEncSha256 }: Reference, access: FileAccess): Promise<Response> {
  const place = { kind: "md-app-state", directPath, fileEncSha256, maxBytes, timeoutMs } as const;
  const outcome = await fetchSealed(place, access);
  if (outcome.outcome !== "done") throw new WaygateError("unavailable", outcome.reason);
  await using file = outcome.file;
  const handle = await open(file.path, "r");
  return new Response(Readable.toWeb(handle.createReadStream()) as ReadableStream<Uint8Array>);
}

/** Whatever host it is asked of, which is never the one that WhatsApp named. */
function pathOf({ pathname, search }: URL): string {
  return pathname + search;
}

function parse(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
