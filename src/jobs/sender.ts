// Sends what is queued: one message after the other in each chat, several chats at a time, whenever a session is
// connected. A message stays queued until WhatsApp has said yes or no to it; one that was cut off in between goes out
// again with the same id, by which receivers know it.
import { type Clock, second } from "../core/clock.ts";
import { messageOf, WaygateError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Wait } from "../core/message.ts";
import type { Engine } from "../core/ports.ts";
import type { QueuedMessage, QueuedWanted, Settled } from "../store/outbox.ts";
import type { Store } from "../store/store.ts";
import { createPace, type Pace } from "./pace.ts";
import { createSendQueue, type SendQueue } from "./send-queue.ts";
import { createUnderWay } from "./under-way.ts";
import { createWaiters } from "./waiters.ts";

export type Sender = AsyncDisposable & {
  /** There is, or may be, something to send for this session. */
  wake(sessionId: number): void;
  /** It has just been kept. */
  offer(sessionId: number, message: QueuedMessage): void;
  /** Keeps it back while it is being cancelled; false when it is on its way already. */
  withhold(messageId: number): boolean;
  /** Cancelled or not, the database says what it is now. */
  letGo(sessionId: number, messageId: number): void;
  /** Settles when this message has, or after `ms`. */
  settled(messageId: number, ms: number): Promise<void>;
  /** Handed to WhatsApp this moment, and not answered yet. */
  isUnderWay(messageId: number): boolean;
  /** Why a queued message has not gone yet. */
  waitOf(sessionId: number, messageId: number): Promise<Wait>;
};

type Needs = { store: Store; engine: Engine; clock: Clock; log: Log };
type Alarm = { at: number; timer: ReturnType<typeof setTimeout> };
type Lane = {
  /** Where something is on its way. */
  chats: Set<string>;
  queue: SendQueue;
  /** The database has, or may have, more than the queue. */
  isBehind: boolean;
  /** Something has been kept since it was read. */
  isStale: boolean;
  readAt: number;
  isAwake: boolean;
  isFilling: boolean;
  pace: Pace;
  alarm: Alarm | null;
};

const chatsAtOnce = 20;
const readAhead = 200;
const mostAhead = 1_000;
/** A long queue of few chats is read again for what others have been written meanwhile, so often at most. */
const readPauseMs = 100;
const retryMs = 2 * second;
const sweepMs = 5 * second;
const expired = { code: "expired", sentence: "The session could not send it in its time." };
const lastWordMs = second;

export function createSender({ store, engine, clock, log }: Needs): Sender {
  const lanes = new Map<number, Lane>();
  const waiters = createWaiters();
  const sending = new Set<number>();
  const withheld = new Set<number>();
  const { own, ended } = createUnderWay(log, "sending has failed");
  let isOver = false;
  const sweeping = setInterval(() => own(sweep()), sweepMs);
  sweeping.unref?.();

  /** What could not go out in its time does not go out any more. */
  async function sweep(): Promise<void> {
    const now = clock.now();
    for (const { id } of await store.outbox.overdue(now, readAhead)) {
      if (!sending.has(id)) await settle({ id, at: now, state: "failed", ...expired });
    }
  }

  async function settle(settled: Settled): Promise<void> {
    await store.write("outbox.settle", settled);
    waiters.tell(settled.id);
  }

  function laneOf(sessionId: number): Lane {
    const known = lanes.get(sessionId);
    if (known !== undefined) return known;
    const idle = { isBehind: true, isStale: true, readAt: 0, isAwake: false, isFilling: false, alarm: null };
    const lane = { ...idle, chats: new Set<string>(), queue: createSendQueue(), pace: createPace(clock) };
    lanes.set(sessionId, lane);
    return lane;
  }

  function rouse(sessionId: number, lane: Lane): void {
    lane.isAwake = true;
    if (lane.isFilling || isOver) return;
    lane.isFilling = true;
    own(fill(sessionId, lane).finally(() => (lane.isFilling = false)));
  }

  async function fill(sessionId: number, lane: Lane): Promise<void> {
    while (lane.isAwake && !isOver) {
      lane.isAwake = false;
      // Not connected: what is queued is on disk, and need not be here too.
      if (engine.view(sessionId)?.status !== "connected") return forget(lane);
      const pauseUntil = lane.pace.allUntil();
      if (pauseUntil !== null) return later(sessionId, pauseUntil - clock.now());
      await sendSome(sessionId, lane);
    }
  }

  async function sendSome(sessionId: number, lane: Lane): Promise<void> {
    const isPaced = (await store.sessions.find(sessionId))?.settings.pacing !== "off";
    const isCold = isPaced && lane.pace.coldUntil() !== null;
    if (isCold) forget(lane);
    while (lane.chats.size < chatsAtOnce) {
      const message = await nextOf(sessionId, lane, isCold);
      if (message === null) return;
      if (message.expiresAt !== null && message.expiresAt <= clock.now()) {
        lane.queue.take(message);
        await settle({ id: message.id, at: clock.now(), state: "failed", ...expired });
        continue;
      }
      const waitMs = lane.pace.nextAt(isPaced) - clock.now();
      if (waitMs > 0) return later(sessionId, waitMs);
      lane.queue.take(message);
      lane.chats.add(message.target);
      lane.pace.took();
      own(send(sessionId, lane, message));
    }
  }

  async function nextOf(sessionId: number, lane: Lane, isCold: boolean): Promise<QueuedMessage | null> {
    const isBusy = (chat: string) => lane.chats.has(chat);
    const next = lane.queue.next(isBusy);
    if (next !== null || !lane.isBehind) return next;
    if (lane.queue.size > 0) {
      const waitMs = lane.isStale ? lane.readAt + readPauseMs - performance.now() : null;
      if (waitMs === null) return null;
      if (waitMs > 0) {
        later(sessionId, waitMs);
        return null;
      }
    }
    await readOn(sessionId, lane, isCold);
    return lane.queue.next(isBusy);
  }

  /** As many as there is room for: all there are, or the oldest, and the first of each chat. */
  async function readOn(sessionId: number, lane: Lane, isCold: boolean): Promise<void> {
    const now = clock.now();
    lane.readAt = performance.now();
    lane.isStale = false;
    const read = (which: QueuedWanted["which"]) => store.outbox.queued(sessionId, { which, limit: readAhead, now });
    const rows = await read(isCold ? "warm" : "all");
    lane.isBehind = isCold || rows.length === readAhead;
    const others = lane.isBehind && !isCold ? await read("first") : [];
    for (const message of [...rows, ...others]) {
      if (!sending.has(message.id) && !withheld.has(message.id)) lane.queue.add(message);
    }
  }

  function forget(lane: Lane): void {
    lane.queue.clear();
    lane.isBehind = true;
  }

  async function send(sessionId: number, lane: Lane, message: QueuedMessage): Promise<void> {
    sending.add(message.id);
    const isDone = await attempt(sessionId, lane, message);
    sending.delete(message.id);
    const goOn = () => {
      lane.chats.delete(message.target);
      rouse(sessionId, lane);
    };
    if (isDone) return goOn();
    // Nothing else of its chat may overtake it.
    lane.queue.putBack(message);
    setTimeout(goOn, retryMs).unref();
  }

  /** False when nobody knows what became of it: it goes out again. */
  async function attempt(sessionId: number, lane: Lane, message: QueuedMessage): Promise<boolean> {
    const { id, target, waId } = message;
    try {
      const raw = await withFile(sessionId, message);
      if (raw === null) return true;
      const result = await engine.ask(sessionId, "messages.send", { chat: target, waId, raw });
      lane.pace.answered(result.outcome === "sent" ? null : result.code);
      const settled =
        result.outcome === "sent"
          ? ({ id, at: clock.now(), state: "sent" } as const)
          : ({ id, at: clock.now(), state: "failed", ...refusalOf(result.code) } as const);
      await settle(settled);
      return true;
    } catch (error) {
      if (!(error instanceof WaygateError)) log.warn({ error: messageOf(error) }, "a message could not be sent");
      return false;
    }
  }

  /** Says where its file is, once WhatsApp's hosts have it; null for a file that nobody can bring there: it has failed. */
  async function withFile(sessionId: number, { id, raw, file }: QueuedMessage): Promise<Uint8Array | null> {
    if (file === null) return raw;
    const brought = await engine.ask(sessionId, "messages.upload", { raw, path: store.files.pathOf(file) });
    const at = clock.now();
    if (brought.outcome === "uploaded") {
      // On disk before it goes out: a second attempt sends the very same bytes.
      await store.write("outbox.uploaded", { id, raw: brought.raw, at });
      return brought.raw;
    }
    await settle({ id, at, state: "failed", code: "media", sentence: brought.sentence });
    return null;
  }

  /** One alarm per session: the earliest. */
  function later(sessionId: number, ms: number): void {
    const lane = laneOf(sessionId);
    const at = performance.now() + ms;
    if (isOver || (lane.alarm !== null && lane.alarm.at <= at)) return;
    clearTimeout(lane.alarm?.timer);
    const timer = setTimeout(() => {
      lane.alarm = null;
      rouse(sessionId, lane);
    }, ms);
    lane.alarm = { at, timer };
  }

  return {
    wake(sessionId) {
      const lane = laneOf(sessionId);
      lane.isBehind = true;
      lane.isStale = true;
      rouse(sessionId, lane);
    },
    offer(sessionId, message) {
      const lane = laneOf(sessionId);
      lane.isStale = true;
      if (lane.queue.size >= mostAhead) lane.isBehind = true;
      if (!lane.isBehind && !sending.has(message.id)) lane.queue.add(message);
      rouse(sessionId, lane);
    },
    withhold(messageId) {
      if (sending.has(messageId)) return false;
      withheld.add(messageId);
      for (const { queue } of lanes.values()) queue.remove(messageId);
      return true;
    },
    letGo(sessionId, messageId) {
      withheld.delete(messageId);
      const lane = laneOf(sessionId);
      forget(lane);
      rouse(sessionId, lane);
    },
    isUnderWay: (messageId) => sending.has(messageId),
    async waitOf(sessionId, messageId) {
      const view = engine.view(sessionId);
      if (view?.status !== "connected") return { reason: "offline", until: view?.retryAt ?? null };
      const { pace } = laneOf(sessionId);
      const standing = await store.outbox.standing(messageId);
      if (pace.allUntil() !== null) return { reason: "rate_limited", until: pace.allUntil() };
      if (!standing.isFirst) return { reason: "order", until: null };
      if (pace.coldUntil() !== null && !standing.isWarm) return { reason: "reach_out_limit", until: pace.coldUntil() };
      return { reason: "pacing", until: pace.nextAt(true) };
    },
    settled: waiters.wait,
    async [Symbol.asyncDispose]() {
      isOver = true;
      clearInterval(sweeping);
      for (const { alarm } of lanes.values()) clearTimeout(alarm?.timer);
      waiters.tellAll();
      // What is not acknowledged by then goes out again after the next start, with the same id.
      await Promise.race([ended(), Bun.sleep(lastWordMs)]);
    },
  };
}

/** What WhatsApp's codes mean to whoever wanted to write. */
const sentences: Record<string, string> = {
  "463": "WhatsApp does not let this number write to people it has not talked with, for now.",
  "479": "WhatsApp refused the message as malformed.",
  "403": "This number may not write here.",
  "404": "There is nobody at this address.",
  "429": "WhatsApp wants this number to send more slowly.",
};

function refusalOf(code: string): { code: string; sentence: string } {
  return { code, sentence: sentences[code] ?? `WhatsApp refused the message (${code}).` };
}
