// Files that are to be sent, brought from wherever they are into the folder of the messages' files.
import { link } from "node:fs/promises";
import { basename } from "node:path";
import type { MediaKind } from "../core/content.ts";
import { decodedName, fileNameIn } from "../core/disposition.ts";
import { invalidField, WaygateError } from "../core/errors.ts";
import { longestFetchMs, maxBytesBefore } from "../core/media-limits.ts";
import type { MediaSource } from "../core/said.ts";
import type { Session } from "../core/session.ts";
import type { HttpClient } from "../net/client.ts";
import { openPart } from "../net/part.ts";
import type { Store } from "../store/store.ts";

/** `name` as in the store; what its place says of it besides. */
export type Brought = { name: string; fileName: string | null; mimeType: string | null };

/** `maxBytes` is this gateway's own limit. */
export type SourceNeeds = { store: Store; client: HttpClient | null; maxBytes: number };

/** Throws a sentence for what cannot be had. */
export function createMediaSources({ store, client, maxBytes }: SourceNeeds) {
  async function download(url: string, path: string, kind: MediaKind | null) {
    if (client === null) throw new WaygateError("unavailable", "No address is called from here.");
    // What comes without a word may turn out to be a document, which may be the largest.
    const most = Math.min(maxBytes, maxBytesBefore[kind ?? "document"]);
    const request = { method: "GET", url, maxBytes: most, timeoutMs: longestFetchMs } as const;
    const got = await client.downloadTo(path, request);
    if (got.outcome === "done") return got;
    throw invalidField("/media/url", `The file could not be had: ${got.reason.replace(/[^.]$/, "$&.")}`);
  }

  async function fromMessage(sessionId: number, messageId: number, path: string): Promise<Omit<Brought, "name">> {
    const message = await store.messages.find(messageId);
    const file = await store.messages.fileOf(messageId);
    if (message?.sessionId !== sessionId || file === null || !("media" in message.content)) {
      throw invalidField("/media/message_id", "This message has no file, or it is not there.");
    }
    // A name of its own for the same bytes: either may go without the other.
    await link(store.files.pathOf(file), path);
    const { fileName, mimeType } = message.content.media;
    return { fileName, mimeType };
  }

  async function fromUpload(accountId: number, uploadId: number, path: string): Promise<Omit<Brought, "name">> {
    const upload = await store.uploads.find(accountId, uploadId);
    if (upload === null) throw invalidField("/media/upload_id", "There is no such upload, or its time is over.");
    await link(store.files.pathOf(upload.path), path);
    const { fileName, mimeType } = upload;
    return { fileName, mimeType };
  }

  return async function bring(
    { id, accountId }: Session,
    source: MediaSource,
    kind: MediaKind | null,
  ): Promise<Brought> {
    const name = await store.files.newName();
    const path = store.files.pathOf(name);
    switch (source.from) {
      case "url": {
        const { url, headers } = await download(source.url, path, kind);
        return {
          name,
          fileName: fileNameOf(url, headers["content-disposition"]),
          mimeType: headers["content-type"] ?? null,
        };
      }
      case "base64": {
        await using part = await openPart(path);
        await part.write(bytesOf(source.base64));
        await part.keep();
        return { name, fileName: null, mimeType: null };
      }
      case "upload":
        return { name, ...(await fromUpload(accountId, source.uploadId, path)) };
      case "message":
        return { name, ...(await fromMessage(id, source.messageId, path)) };
      case "kept":
        await link(store.files.pathOf(source.path), path);
        return { name, fileName: source.fileName, mimeType: source.mimeType };
    }
  };
}

const base64Form = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Also as a data URL, or broken into lines. */
function bytesOf(base64: string): Buffer {
  const plain = base64.replace(/^data:[^,]{0,200};base64,/, "").replace(/\s+/g, "");
  if (plain === "" || !base64Form.test(plain)) throw invalidField("/media/base64", "This is not base64.");
  return Buffer.from(plain, "base64");
}

function fileNameOf(url: string, disposition: string | undefined): string | null {
  const told = fileNameIn(disposition) ?? decodedName(basename(new URL(url).pathname));
  return told === null || told === "" ? null : basename(told);
}
