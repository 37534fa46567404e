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
import { refusalOf } from "./refusals.ts";
import { createSendLanes, type Lane } from "./send-lanes.ts";
import { createTyping } from "./typing.ts";
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

const sweptAtOnce = 200;
const retryMs = 2 * second;
const sweepMs = 5 * second;
const expired = { code: "expired", sentence: "The session could not send it in its time." };
const lastWordMs = second;

export function createSender({ store, engine, clock, log }: Needs): Sender {
  const waiters = createWaiters();
  const sending = new Set<number>();
  const withheld = new Set<number>();
  const lanes = createSendLanes({ store, clock, isTaken: (id) => sending.has(id) || withheld.has(id) });
  const pacing = createPacing({ store, clock });
  const typing = createTyping({ store, engine, log });
  const { own, ended } = createUnderWay(log, "sending has failed");
  let isOver = false;
  const sweeping = setInterval(() => own(sweep()), sweepMs);
  sweeping.unref?.();

  /** What could not go out in its time does not go out any more, and what was held until now may go. */
  async function sweep(): Promise<void> {
    const now = clock.now();
    for (const [sessionId, { heldUntil }] of lanes.all()) if (heldUntil !== null && heldUntil <= now) wake(sessionId);
    for (const { id } of await store.outbox.overdue(now, sweptAtOnce)) {
      if (!sending.has(id)) await settle({ id, at: now, state: "failed", ...expired });
    }
  }

  async function settle(settled: Settled): Promise<void> {
    await store.write("outbox.settle", settled);
    waiters.tell(settled.id);
  }

  function rouse(sessionId: number, lane: Lane): void {
    lane.isAwake = true;
    if (lane.isFilling || isOver) return;
    lane.isFilling = true;
    own(fill(sessionId, lane));
  }

  async function fill(sessionId: number, lane: Lane): Promise<void> {
    try {
      while (lane.isAwake && !isOver) {
        lane.isAwake = false;
        await sendSome(sessionId, lane);
      }
    } finally {
      // At once: whoever is roused a moment later must not find it still at work.
      lane.isFilling = false;
    }
  }

  async function sendSome(sessionId: number, lane: Lane): Promise<void> {
    // Not connected: what is queued is on disk, and need not be here too.
    if (engine.view(sessionId)?.status !== "connected") return lanes.forget(lane);
    const turn = await pacing.turnOf(sessionId);
    if (turn.held !== null || lane.heldUntil !== null) lanes.forget(lane);
    lane.heldUntil = turn.heldUntil;
    const pauseUntil = turn.pace.brakes().allUntil;
    if (pauseUntil !== null) return later(sessionId, pauseUntil - clock.now());
    while (lane.chats.size < chatsAtOnce) {
      const message = await lanes.next(sessionId, lane, turn);
      if (message === null) return;
      if ("waitMs" in message) return later(sessionId, message.waitMs);
      if (message.expiresAt !== null && message.expiresAt <= clock.now()) {
        lane.queue.take(message);
        await settle({ id: message.id, at: clock.now(), state: "failed", ...expired });
        continue;
      }
      const waitMs = turn.pace.nextAt(turn.rules.isPaced) - clock.now();
      if (waitMs > 0) return later(sessionId, waitMs);
      lane.queue.take(message);
      lane.chats.add(message.target);
      turn.pace.took();
      own(send(sessionId, lane, message, turn));
    }
  }

  async function send(sessionId: number, lane: Lane, message: QueuedMessage, turn: Turn): Promise<void> {
    sending.add(message.id);
    const outcome = await attempt(sessionId, message, turn);
    sending.delete(message.id);
    const goOn = () => {
      lane.chats.delete(message.target);
      rouse(sessionId, lane);
    };
    if (outcome === "held") lanes.forget(lane);
    if (outcome !== "unknown") return goOn();
    // Nothing else of its chat may overtake it.
    lane.queue.putBack(message);
    setTimeout(goOn, retryMs).unref();
  }

  /** `unknown` when nobody knows what became of it: it goes out again. */
  async function attempt(
    sessionId: number,
    message: QueuedMessage,
    turn: Turn,
  ): Promise<"settled" | "held" | "unknown"> {
    const { id, target, waId } = message;
    try {
      if (!(await pacing.admits(turn, id))) return "held";
      const raw = await withFile(sessionId, message);
      if (raw === null) return "settled";
      if (turn.rules.isTyping && !(await typing.show(sessionId, message))) return "unknown";
      if (!pacing.isStillOn(turn)) return "held";
      const result = await engine.ask(sessionId, "messages.send", { chat: target, waId, raw });
      const settled =
        result.outcome === "sent"
          ? ({ id, at: clock.now(), state: "sent" } as const)
          : ({ id, at: clock.now(), state: "failed", ...refusalOf(result.code) } as const);
      const code = result.outcome === "sent" ? null : result.code;
      await Promise.all([settle(settled), pacing.answered(sessionId, code)]);
      return "settled";
    } catch (error) {
      if (!(error instanceof WaygateError)) log.warn({ error: messageOf(error) }, "a message could not be sent");
      return "unknown";
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
    const lane = lanes.of(sessionId);
    const at = performance.now() + ms;
    if (isOver || (lane.alarm !== null && lane.alarm.at <= at)) return;
    clearTimeout(lane.alarm?.timer);
    const timer = setTimeout(() => {
      lane.alarm = null;
      rouse(sessionId, lane);
    }, ms);
    lane.alarm = { at, timer };
  }

  function wake(sessionId: number): void {
    const lane = lanes.of(sessionId);
    lane.isBehind = true;
    lane.isStale = true;
    rouse(sessionId, lane);
  }

  return {
    wake,
    someoneWrote(sessionId) {
      if (lanes.of(sessionId).heldUntil !== null) later(sessionId, second);
    },
    offer(sessionId, message) {
      const lane = lanes.of(sessionId);
      lanes.add(lane, message);
      rouse(sessionId, lane);
    },
    withhold(messageId) {
      if (sending.has(messageId)) return false;
      withheld.add(messageId);
      for (const [, { queue }] of lanes.all()) queue.remove(messageId);
      return true;
    },
    letGo(sessionId, messageId) {
      withheld.delete(messageId);
      const lane = lanes.of(sessionId);
      lanes.forget(lane);
      rouse(sessionId, lane);
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
      for (const [, { alarm }] of lanes.all()) clearTimeout(alarm?.timer);
      waiters.tellAll();
      // What is not acknowledged by then goes out again after the next start, with the same id.
      await Promise.race([ended(), Bun.sleep(lastWordMs)]);
    },
  };
}
