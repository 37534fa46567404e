// Sends what is queued: one message after the other in each chat, several chats at a time, whenever a session is
// connected. A message stays queued until WhatsApp has said yes or no to it; one that was cut off in between goes out
// again with the same id, by which receivers know it.
import { type Clock, second } from "../core/clock.ts";
import { messageOf, WaygateError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Wait } from "../core/message.ts";
import { chatsAtOnce } from "../core/pacing.ts";
import type { Engine } from "../core/ports.ts";
import type { QueuedMessage, Settled } from "../store/outbox.ts";
import type { Store } from "../store/store.ts";
import { createPacing, type Turn } from "./pacing.ts";
import { createTyping } from "./typing.ts";
import { createUnderWay } from "./under-way.ts";
import { createWaiters } from "./waiters.ts";

export type Sender = AsyncDisposable & {
  /** There is, or may be, something to send for this session. */
  wake(sessionId: number): void;
  /** Somebody wrote to this session: what is held for them may be an answer now. */
  someoneWrote(sessionId: number): void;
  /** Settles when this message has, or after `ms`. */
  settled(messageId: number, ms: number): Promise<void>;
  /** Handed to WhatsApp this moment, and not answered yet. */
  isUnderWay(messageId: number): boolean;
  /** Why a queued message has not gone yet. */
  waitOf(sessionId: number, messageId: number): Promise<Wait>;
};

type Needs = { store: Store; engine: Engine; clock: Clock; log: Log };
type Alarm = { at: number; timer: ReturnType<typeof setTimeout> };
/** `heldUntil` is when some of what is held may go; null while nothing is. */
type Lane = { chats: Set<string>; isAwake: boolean; heldUntil: number | null; alarm: Alarm | null };

const readAhead = 200;
const retryMs = 2 * second;
const sweepMs = 5 * second;
const expired = { code: "expired", sentence: "The session could not send it in its time." };
const lastWordMs = second;

export function createSender({ store, engine, clock, log }: Needs): Sender {
  const lanes = new Map<number, Lane>();
  const waiters = createWaiters();
  const pacing = createPacing({ store, clock });
  const typing = createTyping({ store, engine, log });
  const sending = new Set<number>();
  const { own, ended } = createUnderWay(log, "sending has failed");
  let isOver = false;
  const sweeping = setInterval(() => own(sweep()), sweepMs);
  sweeping.unref?.();

  /** What could not go out in its time does not go out any more, and what was held until now may go. */
  async function sweep(): Promise<void> {
    const now = clock.now();
    for (const [sessionId, { heldUntil }] of lanes) if (heldUntil !== null && heldUntil <= now) wake(sessionId);
    for (const { id } of await store.outbox.overdue(now, readAhead)) {
      if (!sending.has(id)) await settle({ id, at: now, state: "failed", ...expired });
    }
  }

  async function settle(settled: Settled): Promise<void> {
    await store.write("outbox.settle", settled);
    waiters.tell(settled.id);
  }

  function laneOf(sessionId: number): Lane {
    const lane = lanes.get(sessionId) ?? { chats: new Set(), isAwake: false, heldUntil: null, alarm: null };
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
    if (isOver || engine.view(sessionId)?.status !== "connected") return;
    const turn = await pacing.turnOf(sessionId);
    const { pace, held } = turn;
    lane.heldUntil = turn.heldUntil;
    const pauseUntil = pace.brakes().allUntil;
    if (pauseUntil !== null) return later(sessionId, pauseUntil - clock.now());
    for (const message of await store.outbox.heads(sessionId, { held, limit: chatsAtOnce * 2, now: clock.now() })) {
      if (sending.has(message.id) || lane.chats.has(message.target)) continue;
      if (message.expiresAt !== null && message.expiresAt <= clock.now()) {
        await settle({ id: message.id, at: clock.now(), state: "failed", ...expired });
        wake(sessionId);
        continue;
      }
      if (lane.chats.size >= chatsAtOnce) return;
      const waitMs = pace.nextAt(turn.rules.isPaced) - clock.now();
      if (waitMs > 0) return later(sessionId, waitMs);
      lane.chats.add(message.target);
      pace.took();
      own(send(sessionId, lane, message, turn));
    }
  }

  async function send(sessionId: number, lane: Lane, message: QueuedMessage, turn: Turn): Promise<void> {
    sending.add(message.id);
    const isDone = await attempt(sessionId, message, turn);
    sending.delete(message.id);
    lane.chats.delete(message.target);
    if (isDone) wake(sessionId);
    else later(sessionId, retryMs);
  }

  /** False when nobody knows what became of it: it goes out again. */
  async function attempt(sessionId: number, message: QueuedMessage, turn: Turn): Promise<boolean> {
    const { id, target, waId } = message;
    try {
      if (!(await pacing.admits(turn, id))) return true;
      const raw = await withFile(sessionId, message);
      if (raw === null) return true;
      if (turn.rules.isTyping && !(await typing.show(sessionId, message))) return false;
      if (!pacing.isStillOn(turn)) return true;
      const result = await engine.ask(sessionId, "messages.send", { chat: target, waId, raw });
      const settled =
        result.outcome === "sent"
          ? ({ id, at: clock.now(), state: "sent" } as const)
          : ({ id, at: clock.now(), state: "failed", ...refusalOf(result.code) } as const);
      const code = result.outcome === "sent" ? null : result.code;
      await Promise.all([settle(settled), pacing.answered(sessionId, code)]);
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
      wake(sessionId);
    }, ms);
    lane.alarm = { at, timer };
  }

  return {
    wake,
    someoneWrote(sessionId) {
      if (lanes.get(sessionId)?.heldUntil != null) later(sessionId, second);
    },
    isUnderWay: (messageId) => sending.has(messageId),
    async waitOf(sessionId, messageId) {
      const view = engine.view(sessionId);
      if (view?.status !== "connected") return { reason: "offline", until: view?.retryAt ?? null };
      return pacing.waitOf(sessionId, messageId);
    },
    settled: waiters.wait,
    async [Symbol.asyncDispose]() {
      isOver = true;
      clearInterval(sweeping);
      typing.end();
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
