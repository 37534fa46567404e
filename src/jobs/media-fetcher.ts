// Fetches the files of messages: a few at a time for each session while it is connected, what somebody waits for first.
// What is to be fetched is in the database, so that a crash forgets nothing, and is settled once: stored, gone or failed.
import { type Clock, day, hour, minute, second } from "../core/clock.ts";
import { messageOf, WaygateError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Engine, FetchOutcome } from "../core/ports.ts";
import type { SettledFile, WantedFile } from "../store/media.ts";
import type { Store } from "../store/store.ts";
import { createPlaces } from "./places.ts";
import { createUnderWay } from "./under-way.ts";
import { createWaiters } from "./waiters.ts";

export type MediaFetcher = AsyncDisposable & {
  /** There is, or may be, something to fetch for this session. */
  wake(sessionId: number): void;
  connected(sessionId: number): void;
  /** Settles when this message's file is settled or will not be for a while, or after `ms`. */
  settled(messageId: number, ms: number, until: AbortSignal): Promise<void>;
};

type Needs = { store: Store; engine: Engine; clock: Clock; log: Log; maxBytes: number };
type Lane = { files: Set<number>; isAwake: boolean; nextAt: number | null; pausedUntil: number };
/** `paused` is no fault of the file's, and does not count as an attempt. */
type Outcome =
  | Exclude<FetchOutcome, { outcome: "failed" }>
  | { outcome: "failed"; sentence: string }
  | { outcome: "paused"; ms: number };
type Settling = Exclude<Outcome, { outcome: "paused" }>;

const atOnce = 12;
const perSession = 3;
/** Whatever takes longer no longer stands in the way of other sessions. */
const slowMs = 20 * second;
const sweepMs = second;
const pauseMs = { unavailable: 3 * second, storage_full: minute };
/** About five days, in which a phone that was off has been on again. */
const pauses = [10 * second, minute, 5 * minute, 15 * minute, hour, 3 * hour, 8 * hour, 12 * hour, day, day, day, day];
/** WhatsApp's own limit for a file. */
export const largestFile = 2 * 1_024 ** 3;

export function createMediaFetcher({ store, engine, clock, log, maxBytes }: Needs): MediaFetcher {
  const lanes = new Map<number, Lane>();
  const waiters = createWaiters();
  const { own, ended } = createUnderWay(log, "fetching files has failed");
  const places = createPlaces({ most: atOnce, slowMs, freed: (sessionId) => wake(sessionId) });
  let isOver = false;
  const sweeping = setInterval(sweep, sweepMs);
  sweeping.unref?.();

  function sweep(): void {
    const now = clock.now();
    for (const [id, { nextAt }] of lanes) if (nextAt !== null && nextAt <= now) wake(id);
  }

  function laneOf(sessionId: number): Lane {
    const lane = lanes.get(sessionId) ?? { files: new Set(), isAwake: false, nextAt: null, pausedUntil: 0 };
    lanes.set(sessionId, lane);
    return lane;
  }

  function wake(sessionId: number): void {
    const lane = laneOf(sessionId);
    if (lane.isAwake || isOver) return;
    lane.isAwake = true;
    queueMicrotask(() => own(fill(sessionId, lane)));
  }

  async function fill(sessionId: number, lane: Lane): Promise<void> {
    lane.isAwake = false;
    lane.nextAt = null;
    if (isOver || engine.view(sessionId)?.status !== "connected") return;
    const now = clock.now();
    if (lane.pausedUntil > now) {
      lane.nextAt = lane.pausedUntil;
      return;
    }
    for (const file of await store.media.due(sessionId, now, perSession * 2)) {
      if (lane.files.has(file.messageId)) continue;
      if (lane.files.size >= perSession) return;
      const leave = places.take(sessionId);
      if (leave === null) return;
      lane.files.add(file.messageId);
      own(fetch(sessionId, lane, file).finally(leave));
    }
    if (!lane.isAwake) lane.nextAt = await store.media.nextAt(sessionId, now);
  }

  async function fetch(sessionId: number, lane: Lane, file: WantedFile): Promise<void> {
    try {
      const name = await store.files.newName();
      const outcome = await attempt(sessionId, file, name);
      if (outcome.outcome === "paused") lane.pausedUntil = clock.now() + outcome.ms;
      else await conclude(file, outcome, name);
    } finally {
      lane.files.delete(file.messageId);
      waiters.tell(file.messageId);
      wake(sessionId);
    }
  }

  async function attempt(sessionId: number, file: WantedFile, name: string): Promise<Outcome> {
    const to = store.files.pathOf(name);
    const most = file.isAsked ? largestFile : maxBytes;
    const ask = (locator: WantedFile["locator"]) =>
      engine.ask(sessionId, "media.fetch", { locator, to, maxBytes: most });
    try {
      const first = await ask(file.locator);
      if (first.outcome !== "gone") return orFinal(first);
      const { messageId, locator, waId, isFromMe, chat, sender } = file;
      const where = chat.jid === null ? { face: chat.face } : { jid: chat.jid };
      const lost = await engine.ask(sessionId, "media.ask_phone", { locator, waId, isFromMe, chat: where, sender });
      if (lost.outcome !== "back") return lost;
      const moved = { ...locator, url: null, directPath: lost.directPath };
      await store.write("media.relocate", { messageId, locator: moved });
      const second = await ask(moved);
      // The phone says otherwise: perhaps its upload has not got everywhere yet.
      return second.outcome === "gone" ? { outcome: "failed", sentence: second.sentence } : orFinal(second);
    } catch (error) {
      if (!(error instanceof WaygateError)) log.warn({ error: messageOf(error) }, "a file could not be fetched");
      const code = error instanceof WaygateError ? error.code : "internal";
      if (code === "unavailable" || code === "storage_full") return { outcome: "paused", ms: pauseMs[code] };
      return { outcome: "failed", sentence: messageOf(error) };
    }
  }

  async function conclude(file: WantedFile, outcome: Settling, name: string): Promise<void> {
    const { messageId, attempts } = file;
    const pause = pauses[attempts];
    if (outcome.outcome === "failed" && pause !== undefined) {
      log.debug({ messageId, reason: outcome.sentence }, "a file is tried again later");
      return store.write("media.postpone", { messageId, attempts: attempts + 1, nextAt: clock.now() + pause });
    }
    const isKept = await store.write("media.settle", settledAs(messageId, outcome, name, clock.now()));
    if (!isKept) await store.files.remove(name);
  }

  return {
    wake,
    connected(sessionId) {
      laneOf(sessionId).pausedUntil = 0;
      wake(sessionId);
    },
    settled: waiters.wait,
    async [Symbol.asyncDispose]() {
      isOver = true;
      clearInterval(sweeping);
      places.close();
      waiters.tellAll();
      await ended();
    },
  };
}

/** What no further attempt would change is said at once. */
function orFinal(outcome: FetchOutcome): Outcome {
  if (outcome.outcome !== "failed") return outcome;
  const { isRetryable, sentence } = outcome;
  return { outcome: isRetryable ? "failed" : "corrupt", sentence };
}

function settledAs(messageId: number, outcome: Settling, path: string, at: number): SettledFile {
  switch (outcome.outcome) {
    case "done":
      return { messageId, state: "stored", path, bytes: outcome.bytes, at };
    case "gone":
      return { messageId, state: "gone", fault: { code: "gone", sentence: outcome.sentence } };
    case "too_large":
    case "corrupt":
      return { messageId, state: "failed", fault: { code: outcome.outcome, sentence: outcome.sentence } };
    default:
      return {
        messageId,
        state: "failed",
        fault: { code: "given_up", sentence: `It was tried for days: ${outcome.sentence}` },
      };
  }
}
