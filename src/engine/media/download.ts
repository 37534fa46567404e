// Fetching a file from WhatsApp's media hosts: streamed, taken up again where it broke off, decrypted and checked.
import type { IncomingMessage } from "node:http";
import { messageOf } from "../../core/errors.ts";
import { createPatience, type Patience } from "../../net/patience.ts";
import type { WayOut } from "../../net/way-out.ts";
import { type MediaPlace, placesOf } from "./address.ts";
import { encryptedLength, type MediaFacts, type Opened, openTo } from "./crypto.ts";
import { ask } from "./request.ts";

/** Where the file is and what it must be, as its message says. */
export type MediaLocator = MediaPlace & MediaFacts;

export type DownloadOptions = {
  locator: MediaLocator;
  /** The file to be; it appears once it is whole and checked. */
  to: string;
  wayOut: WayOut;
  /** Of `media_conn`, with their ports if they have any. */
  hosts: readonly string[];
  /** Of what is in the file. */
  maxBytes: number;
  idleMs?: number;
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
};

export type DownloadOutcome =
  | Opened
  /** No longer on the hosts: the phone must be asked for a new copy. */
  | { outcome: "gone"; reason: string }
  | { outcome: "too_large"; reason: string }
  | { outcome: "failed"; isRetryable: boolean; reason: string };

const usualIdleMs = 30_000;
const usualTimeoutMs = 15 * 60_000;
const maxAttempts = 6;
/** A path is signed for some weeks, and refused with 403 after that: a new one is needed just the same. */
const goneStatuses = [403, 404, 410];

/** Throws only for what is wrong here, such as a full disk. */
export async function download(options: DownloadOptions): Promise<DownloadOutcome> {
  const { locator, to, hosts, maxBytes, idleMs = usualIdleMs, timeoutMs = usualTimeoutMs, signal } = options;
  if ((locator.fileLength ?? 0) > maxBytes) return tooLarge(maxBytes);
  const places = placesOf(locator, hosts);
  if (places.length === 0)
    return { outcome: "failed", isRetryable: false, reason: "The message does not say where its file is." };
  using patience = createPatience({ idleMs, timeoutMs, signal });
  try {
    return await openTo(to, bytesFrom(places, { ...options, patience }), locator);
  } catch (error) {
    if (error instanceof Ended) return error.outcome;
    throw error;
  }
}

type Fetching = DownloadOptions & { patience: Patience };

/** Ends the stream of bytes with an outcome. */
class Ended extends Error {
  readonly outcome: DownloadOutcome;

  constructor(outcome: DownloadOutcome) {
    super("no more bytes");
    this.outcome = outcome;
  }
}

/** A host that answered, and will answer the same the next time. */
class Refused extends Error {
  readonly isGone: boolean;

  constructor(message: string, isGone: boolean) {
    super(message);
    this.isGone = isGone;
  }
}

/** The file's bytes in order, whichever host they come from and however often it breaks off. */
async function* bytesFrom(places: URL[], fetching: Fetching): AsyncGenerator<Uint8Array> {
  const { maxBytes, patience } = fetching;
  const left = [...places];
  let at = 0;
  let isGone = false;
  let isRetryable = false;
  let reason = "";
  for (let attempt = 0; attempt < maxAttempts && left.length > 0; attempt++) {
    const [place] = left;
    if (place === undefined) break;
    const began = at;
    try {
      for await (const piece of fetchFrom(place, at, fetching)) {
        at += piece.length;
        if (at > encryptedLength(maxBytes)) throw new Ended(tooLarge(maxBytes));
        yield piece;
      }
      return;
    } catch (error) {
      if (error instanceof Ended) throw error;
      if (patience.signal.aborted) throw new Ended(givenUp(place, patience));
      reason = `${place.host}: ${messageOf(error)}`;
      // Where it broke off is asked again first, because it has the file; otherwise the next has its turn.
      if (error instanceof Refused || at === began) left.shift();
      if (error instanceof Refused) isGone ||= error.isGone;
      else if (at === began) left.push(place);
      isRetryable ||= !(error instanceof Refused);
    }
  }
  if (isGone) throw new Ended({ outcome: "gone", reason: "WhatsApp no longer has this file." });
  throw new Ended({ outcome: "failed", isRetryable, reason });
}

async function* fetchFrom(url: URL, at: number, { wayOut, maxBytes, patience }: Fetching): AsyncGenerator<Uint8Array> {
  const headers: Record<string, string> = at === 0 ? {} : { Range: `bytes=${at}-` };
  const response = await ask({ method: "GET", url, agent: wayOut.httpsAgent, headers, patience });
  try {
    let skipped = refuseUnfit(response, at);
    const told = Number(response.headers["content-length"] ?? Number.NaN);
    if (at - skipped + told > encryptedLength(maxBytes)) throw new Ended(tooLarge(maxBytes));
    let got = 0;
    for await (const piece of response as AsyncIterable<Buffer>) {
      patience.touch();
      got += piece.length;
      const wanted = piece.subarray(Math.min(skipped, piece.length));
      skipped -= piece.length - wanted.length;
      if (wanted.length > 0) yield wanted;
    }
    if (!Number.isNaN(told) && got !== told) throw new Error(`it broke off after ${got} of ${told} bytes`);
  } finally {
    response.destroy();
  }
}

/** How many bytes come before those that are wanted: a host may send everything where only the rest was asked for. */
function refuseUnfit(response: IncomingMessage, at: number): number {
  const { statusCode = 0, headers } = response;
  if (headers["content-encoding"] !== undefined && headers["content-encoding"] !== "identity")
    throw new Refused("it answered compressed, which was not asked for", false);
  if (statusCode === 200) return at;
  if (statusCode === 206 && headers["content-range"]?.startsWith(`bytes ${at}-`)) return 0;
  const isGone = goneStatuses.includes(statusCode);
  const isFinal = statusCode >= 300 && statusCode < 500 && statusCode !== 408 && statusCode !== 429;
  if (isGone || isFinal) throw new Refused(`it answered ${statusCode}`, isGone);
  throw new Error(`it answered ${statusCode}`);
}

function tooLarge(maxBytes: number): DownloadOutcome {
  return { outcome: "too_large", reason: `The file is larger than the ${maxBytes} bytes that are allowed.` };
}

function givenUp({ host }: URL, { signal }: Patience): DownloadOutcome {
  return { outcome: "failed", isRetryable: true, reason: `${host}: ${messageOf(signal.reason)}` };
}
