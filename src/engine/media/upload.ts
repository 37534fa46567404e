// Bringing an encrypted file to WhatsApp's media hosts: streamed from disk, each host in turn, in bounded time.
import { stat } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { messageOf } from "../../core/errors.ts";
import { createPatience, type Patience } from "../../net/patience.ts";
import type { WayOut } from "../../net/way-out.ts";
import { isDirectPath, mediaUrl } from "./address.ts";
import { type MediaKind, uploadPathOf } from "./kinds.ts";
import { ask, readShort } from "./request.ts";

/** What `media_conn` says; Baileys' `refreshMediaConn` gives just that. */
export type MediaConnection = {
  auth: string;
  hosts: readonly { hostname: string; maxContentLengthBytes?: number | undefined }[];
};

export type UploadOptions = {
  /** The encrypted file. */
  file: string;
  /** Of the encrypted file: its name over there. */
  encSha256: Uint8Array;
  kind: MediaKind;
  connection: (isFresh: boolean) => Promise<MediaConnection>;
  wayOut: WayOut;
  idleMs?: number;
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
};

export type UploadOutcome =
  | { outcome: "done"; url: string; directPath: string }
  | { outcome: "failed"; isRetryable: boolean; reason: string };

type Failed = Extract<UploadOutcome, { outcome: "failed" }>;

const usualIdleMs = 30_000;
const usualTimeoutMs = 15 * 60_000;
const maxAnswerBytes = 64 * 1_024;

/** Throws only for what is wrong here, such as a file that is not there. */
export async function upload(options: UploadOptions): Promise<UploadOutcome> {
  const { file, idleMs = usualIdleMs, timeoutMs = usualTimeoutMs, signal, connection } = options;
  const bytes = (await stat(file)).size;
  using patience = createPatience({ idleMs, timeoutMs, signal });
  let last: Failed = failed("WhatsApp named no media host.", true);
  // The second round is for a connection whose token ran out; hosts may have moved as well.
  for (const isFresh of [false, true]) {
    const known = await patience.during(connection(isFresh)).catch((error: unknown) => failed(messageOf(error), true));
    if ("outcome" in known) return known;
    patience.touch();
    for (const host of known.hosts) {
      if ((host.maxContentLengthBytes || Number.POSITIVE_INFINITY) < bytes) {
        last = failed(`The file is larger than ${host.hostname} takes.`, false);
        continue;
      }
      const outcome = await uploadTo(host.hostname, known.auth, { ...options, bytes, patience });
      if (outcome.outcome === "done") return outcome;
      last = outcome;
      if (patience.signal.aborted) return last;
      if (outcome.isUnauthorized) break;
    }
    if (!last.isRetryable) return last;
  }
  return last;
}

type Attempt = UploadOptions & { bytes: number; patience: Patience };
type AttemptOutcome = Exclude<UploadOutcome, Failed> | (Failed & { isUnauthorized?: true });

async function uploadTo(hostname: string, auth: string, attempt: Attempt): Promise<AttemptOutcome> {
  const { file, bytes, encSha256, kind, wayOut, patience } = attempt;
  const name = Buffer.from(encSha256).toString("base64url");
  const query = `auth=${encodeURIComponent(auth)}&token=${name}`;
  const url = mediaUrl(hostname, `${uploadPathOf(kind)}/${name}?${query}`);
  if (url === null) return failed(`${hostname} is no host to upload to.`, true);
  try {
    const response = await ask({
      method: "POST",
      url,
      agent: wayOut.httpsAgent,
      headers: { "Content-Type": "application/octet-stream" },
      body: { file, bytes },
      patience,
    });
    try {
      return await read(response, hostname, patience);
    } finally {
      response.destroy();
    }
  } catch (error) {
    const { reason } = patience.signal;
    return failed(`${hostname}: ${messageOf(patience.signal.aborted ? reason : error)}`, true);
  }
}

async function read(response: IncomingMessage, hostname: string, patience: Patience): Promise<AttemptOutcome> {
  const status = response.statusCode ?? 0;
  if (status === 401 || status === 403)
    return { ...failed(`${hostname} does not accept the upload's token.`, true), isUnauthorized: true };
  // What is wrong with the request stays wrong; 408 and 429 are about the moment.
  const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (status < 200 || status >= 300) return failed(`${hostname} refused the upload: it answered ${status}.`, !isFinal);
  const answer = parsed(await readShort(response, maxAnswerBytes, patience));
  if (answer === null) return failed(`${hostname} did not say where the file is now.`, true);
  return { outcome: "done", ...answer };
}

function parsed(text: string | null): { url: string; directPath: string } | null {
  try {
    const { url, direct_path: directPath } = JSON.parse(text ?? "") as { url?: unknown; direct_path?: unknown };
    if (typeof directPath !== "string" || !isDirectPath(directPath)) return null;
    return { directPath, url: typeof url === "string" && url.startsWith("https://") ? url : "" };
  } catch {
    return null;
  }
}

function failed(reason: string, isRetryable: boolean): Failed {
  return { outcome: "failed", isRetryable, reason };
}
