// The files of messages, as they are asked for: those that are here, and those that are fetched because somebody asks.
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type Clock, minute, second } from "../core/clock.ts";
import { type Content, isMedia, type MediaKind } from "../core/content.ts";
import { WaygateError } from "../core/errors.ts";
import type { Message } from "../core/message.ts";
import type { Engine } from "../core/ports.ts";
import type { KeptFile } from "../store/media.ts";
import type { Store } from "../store/store.ts";

/** Who fetches what is wanted; jobs/media-fetcher.ts. */
export type Fetching = {
  wake(sessionId: number): void;
  settled(messageId: number, ms: number, until: AbortSignal): Promise<void>;
};
export type ServedFile = {
  path: string;
  bytes: number;
  /** Another one for other bytes. */
  tag: string;
  kind: MediaKind;
  mimeType: string;
  fileName: string | null;
};
/** `until` is aborted when nobody waits for it any more. */
export type MediaWait = { ms: number; until: AbortSignal };
export type Media = ReturnType<typeof createMedia>;

type Needs = { store: Store; engine: Engine | null; fetching: Fetching | null; clock: Clock };
type WithFile = Extract<Content, { media: unknown }>;

/** What was given up may be tried again when somebody asks, and no more often than that. */
const askAgainMs = minute;
const soonMs = 10 * second;
const worthAnother: readonly string[] = ["too_large", "given_up"];

export function createMedia({ store, engine, fetching, clock }: Needs) {
  /** Whether it changes anything to ask for it. */
  function isWorthAsking({ state, canBeFetched, fault, nextAt, askedAt }: KeptFile): boolean {
    if (!canBeFetched) return false;
    if (state === "failed") return fault !== null && worthAnother.includes(fault.code);
    if (state !== "wanted") return false;
    if (nextAt === null || askedAt === null) return true;
    return nextAt > clock.now() + soonMs && askedAt < clock.now() - askAgainMs;
  }

  async function askFor({ id, sessionId }: Message, { ms, until }: MediaWait): Promise<KeptFile | null> {
    const enough = new AbortController();
    // Heard from first: it may be settled while this is written.
    const settled = fetching?.settled(id, ms, AbortSignal.any([until, enough.signal]));
    const known = await store.media.find(id);
    const hasCome = known !== null && (await here(known)) !== null;
    const isLost = !hasCome && known?.state === "stored" && known.canBeFetched;
    const isAsking = known !== null && (isLost || isWorthAsking(known));
    if (isAsking) {
      const lostFrom = isLost ? known.path : null;
      await store.write("media.ask", { messageId: id, at: clock.now(), lostFrom });
    }
    if (!hasCome) fetching?.wake(sessionId);
    if (isAsking || known?.state === "wanted") await settled;
    enough.abort();
    return store.media.find(id);
  }

  function whyNot(message: Message, { state, fault, nextAt }: KeptFile): WaygateError {
    if (state === "gone") return new WaygateError("not_found", "WhatsApp no longer has this file, nor has the phone.");
    if (state === "removed") return new WaygateError("not_found", "The file of this message was removed here.");
    if (state === "failed") return new WaygateError("conflict", fault?.sentence ?? "The file could not be had.");
    if (engine?.view(message.sessionId)?.status !== "connected") {
      return new WaygateError("conflict", "The file is fetched as soon as the session is connected to WhatsApp.");
    }
    const isPostponed = nextAt !== null && nextAt > clock.now();
    const sentence = isPostponed
      ? "The file could not be had just now; it is tried again by itself."
      : "The file is being fetched; ask again in a moment, or wait for it with ?wait=30.";
    return new WaygateError("conflict", sentence, { retryAfterMs: isPostponed ? askAgainMs : soonMs / 2 });
  }

  async function here({ path, state }: KeptFile): Promise<{ path: string; bytes: number; tag: string } | null> {
    if (state !== "stored" || path === null) return null;
    const place = store.files.pathOf(path);
    const found = await stat(place).catch(() => null);
    return found === null ? null : { path: place, bytes: found.size, tag: basename(path) };
  }

  return {
    /** Throws a sentence for a message without a file. */
    contentOf({ content, deletedAt }: Message): WithFile {
      if (deletedAt !== null || !isMedia(content)) {
        throw new WaygateError("not_found", "This message has no file, or was deleted.");
      }
      return content;
    },
    /** Its file, if it is here by then; else a sentence that says why it is not. */
    async open(message: Message, wait: MediaWait): Promise<ServedFile> {
      const { kind, media } = this.contentOf(message);
      const known = await store.media.find(message.id);
      if (known === null) throw new WaygateError("not_found", "The file of this message cannot be had.");
      const found = await here(known);
      const asked = found === null ? await askFor(message, wait) : known;
      const file = found ?? (asked === null ? null : await here(asked));
      if (file !== null) return { ...file, kind, mimeType: media.mimeType, fileName: media.fileName };
      if (asked === null || asked.state === "stored") {
        throw new WaygateError("not_found", "The file of this message is not on the disk any more.");
      }
      throw whyNot(message, asked);
    },
  };
}
