// A file as it lies on WhatsApp's media hosts: fetched into a temporary file, still encrypted, and checked by its digest.
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { WayOut } from "../../net/way-out.ts";
import type { MediaHosts } from "./connection.ts";
import type { Opened } from "./crypto.ts";
import { type DownloadOutcome, download } from "./download.ts";
import type { MediaKind } from "./kinds.ts";

/** How a connection gets at files: for what it fetches by itself. */
export type FileAccess = {
  wayOut: WayOut;
  hosts: MediaHosts;
  /** For temporary files. What is in them is encrypted, so that a crash leaves nothing that anybody could read. */
  folder: string;
  /** Of the connection. */
  signal: AbortSignal;
};

export type SealedPlace = {
  kind: MediaKind;
  directPath: string | null | undefined;
  fileEncSha256: Uint8Array | null | undefined;
  maxBytes: number;
  timeoutMs: number;
};

/** Gone when it is disposed of. */
export type SealedFile = AsyncDisposable & { readonly path: string };
export type SealedOutcome = { outcome: "done"; file: SealedFile } | Exclude<DownloadOutcome, Done>;

type Done = Extract<Opened, { outcome: "done" }>;

/** Throws only for what is wrong here, such as a full disk, or when the connection is over. */
export async function fetchSealed(place: SealedPlace, access: FileAccess): Promise<SealedOutcome> {
  const { kind, directPath = null, fileEncSha256 = null, maxBytes, timeoutMs } = place;
  const { wayOut, folder, signal } = access;
  const path = join(folder, `waygate-${randomBytes(9).toString("hex")}`);
  const outcome = await download({
    // Without a key it is taken as it is: what it must be is then said by the digest of the encrypted file.
    locator: {
      kind,
      url: null,
      directPath,
      mediaKey: null,
      fileEncSha256: null,
      fileSha256: fileEncSha256,
      fileLength: null,
    },
    to: path,
    wayOut,
    hosts: await access.hosts.names(),
    maxBytes,
    timeoutMs,
    signal,
  });
  if (outcome.outcome !== "done") return outcome;
  return { outcome: "done", file: { path, [Symbol.asyncDispose]: () => rm(path, { force: true }) } };
}
