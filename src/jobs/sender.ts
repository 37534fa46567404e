// Sends what is queued, messages and what is done to them: one after the other in each chat, several chats at a time,
// whenever a session is connected. Each stays queued until WhatsApp has said yes or no to it; one that was cut off in
// between goes out again with the same id, by which receivers know it.
import { type Clock, second } from "../core/clock.ts";
import { messageOf, WaygateError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Wait } from "../core/message.ts";
import { chatsAtOnce } from "../core/pacing.ts";
import type { Engine, SessionRequests } from "../core/ports.ts";
import { createRounds, type Rounds } from "../core/rounds.ts";
import type { QueuedMessage, Settled } from "../store/outbox.ts";
import type { Store } from "../store/store.ts";
import { createPacing, type Turn } from "./pacing.ts";
import { refusalOf } from "./refusals.ts";
import { createSendLanes, type Lane } from "./send-lanes.ts";
import type { Item } from "./send-queue.ts";
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
  /** The same of what is done to one. */
  actionSettled(actionId: number, ms: number): Promise<void>;
  /** Settles when this message is on a device of its recipient's, or cannot get there any more, or after `ms`. */
  delivered(messageId: number, ms: number): Promise<void>;
  /** Somebody has got these messages. */
  heard(messageIds: readonly number[]): void;
  /** Handed to WhatsApp this moment, and not answered yet. */
  isUnderWay(messageId: number): boolean;
  /** When WhatsApp took it, if the disk does not know that yet. */
  takenAt(messageId: number): number | null;
  /** Why a queued message has not gone yet. */
  waitOf(sessionId: number, messageId: number): Promise<Wait>;
};

type Kind = Item["of"];
type SendResult = SessionRequests["messages.send"]["result"];
type Fault = { code: string; sentence: string };
type Needs = { store: Store; engine: Engine; clock: Clock; log: Log };

const sweptAtOnce = 200;
const retryMs = 2 * second;
const sweepMs = 5 * second;
const expired: Fault = { code: "expired", sentence: "The session could not send it in its time." };
const moot: Fault = { code: "not_sent", sentence: "The message that it was about did not go out." };
const lastWordMs = second;

export function createSender({ store, engine, clock, log }: Needs): Sender {
  const waiters = { message: createWaiters(), action: createWaiters() };
  const deliveries = createWaiters();
  const sending = { message: new Set<number>(), action: new Set<number>() };
  const withheld = new Set<number>();
  /** WhatsApp has them, since when; on their way to the disk. */
  const taken = new Map<number, number>();
  const lanes = createSendLanes({ store, clock, isTaken, roundsOf });
  const pacing = createPacing({ store, clock });
  const typing = createTyping({ store, engine, log });
  const { own, ended } = createUnderWay(log, "sending has failed");
  let isOver = false;
  const sweeping = setInterval(() => own(sweep()), sweepMs);
  sweeping.unref?.();

  function isTaken(of: Kind, id: number): boolean {
    return sending[of].has(id) || (of === "message" && (withheld.has(id) || taken.has(id)));
  }

  /** What could not go out in its time does not go out any more, and what was held until now may go. */
  async function sweep(): Promise<void> {
    const now = clock.now();
    for (const [sessionId, { heldUntil }] of lanes.all()) if (heldUntil !== null && heldUntil <= now) wake(sessionId);
    for (const { id } of await store.outbox.overdue(now, sweptAtOnce)) {
      if (!sending.message.has(id)) await settle("message", { id, at: now, state: "failed", ...expired });
    }
    for (const { id, isMoot } of await store.actions.overdue(now, sweptAtOnce)) {
      const fault = isMoot ? moot : expired;
      if (!sending.action.has(id)) await settle("action", { id, at: now, state: "failed", ...fault });
    }
  }

  async function settle(of: Kind, settled: Settled): Promise<void> {
    await store.write(of === "message" ? "outbox.settle" : "actions.settle", settled);
    waiters[of].tell(settled.id);
    if (of === "message" && settled.state !== "sent") deliveries.tell(settled.id);
  }

  /** Whoever waits is told at once; should it not get to the disk, it goes out again with the same id. */
  async function noteTaken(sessionId: number, id: number): Promise<void> {
    const at = clock.now();
    taken.set(id, at);
    waiters.message.tell(id);
    while (taken.has(id) && !isOver) {
      try {
        await store.writeSoon("outbox.settle", { id, at, state: "sent" });
        taken.delete(id);
        // What the database holds back for it may go now.
        const lane = lanes.of(sessionId);
        if (!lane.isBehind) continue;
        lane.isStale = true;
        lane.rounds.wake();
      } catch (error) {
        log.warn({ error: messageOf(error) }, "that a message is out could not be written down; it is tried again");
        await Bun.sleep(retryMs);
      }
    }
  }

  function roundsOf(sessionId: number): Rounds {
    return createRounds({ work: () => sendSome(sessionId, lanes.of(sessionId)), isOver: () => isOver, own });
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
      const item = await lanes.next(sessionId, lane, turn);
      if (item === null) return;
      if ("waitMs" in item) return later(sessionId, item.waitMs);
      const fault = faultOf(item, clock.now());
      if (fault !== null) {
        lane.queue.take(item);
        await settle(item.of, { id: item.id, at: clock.now(), state: "failed", ...fault });
        continue;
      }
      const waitMs = turn.pace.nextAt(turn.rules.isPaced) - clock.now();
      if (waitMs > 0) return later(sessionId, waitMs);
      lane.queue.take(item);
      lane.chats.add(item.chatId);
      turn.pace.took();
      own(send(sessionId, lane, item, turn));
    }
  }

  async function send(sessionId: number, lane: Lane, item: Item, turn: Turn): Promise<void> {
    sending[item.of].add(item.id);
    const outcome = await attempt(sessionId, item, turn);
    sending[item.of].delete(item.id);
    const goOn = () => {
      lane.chats.delete(item.chatId);
      lane.rounds.wake();
    };
    if (outcome === "unknown") {
      // Nothing else of its chat may overtake it.
      lane.queue.putBack(item);
      return lane.rests.begin(item.chatId, goOn);
    }
    if (outcome === "held") lanes.forget(lane);
    lane.rests.forget(item.chatId);
    goOn();
  }

  /** `unknown` when nobody knows what became of it: it goes out again. */
  async function attempt(sessionId: number, item: Item, turn: Turn): Promise<"settled" | "held" | "unknown"> {
    const { of, id, target, waId } = item;
    try {
      if (of === "message" && !(await pacing.admits(turn, id))) return "held";
      const raw = await withFile(sessionId, item);
      if (raw === null) return "settled";
      if (of === "message" && turn.rules.isTyping && !(await typing.show(sessionId, item))) return "unknown";
      if (!pacing.isStillOn(turn)) return "held";
      const result = await engine.ask(sessionId, "messages.send", { chat: target, waId, raw });
      await Promise.all([settleWith(sessionId, item, result), pacing.answered(sessionId, codeOf(result))]);
      return "settled";
    } catch (error) {
      if (!(error instanceof WaygateError)) log.warn({ error: messageOf(error) }, "a message could not be sent");
      return "unknown";
    }
  }

  async function settleWith(sessionId: number, { of, id }: Item, result: SendResult): Promise<void> {
    const at = clock.now();
    if (result.outcome === "refused") return settle(of, { id, at, state: "failed", ...refusalOf(result.code) });
    if (of === "message") own(noteTaken(sessionId, id));
    else await settle(of, { id, at, state: "sent" });
  }

  /** Says where its file is, once WhatsApp's hosts have it; null for a file that nobody can bring there: it has failed. */
  async function withFile(sessionId: number, { of, id, raw, file }: Item): Promise<Uint8Array | null> {
    if (file === null) return raw;
    const brought = await engine.ask(sessionId, "messages.upload", { raw, path: store.files.pathOf(file) });
    const at = clock.now();
    if (brought.outcome === "uploaded") {
      // On disk before it goes out: a second attempt sends the very same bytes.
      await store.write("outbox.uploaded", { id, raw: brought.raw, at });
      return brought.raw;
    }
    await settle(of, { id, at, state: "failed", code: "media", sentence: brought.sentence });
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
      lane.rounds.wake();
    }, ms);
    lane.alarm = { at, timer };
  }

  function wake(sessionId: number): void {
    const lane = lanes.of(sessionId);
    lanes.forget(lane);
    lane.isStale = true;
    lane.rounds.wake();
  }

  return {
    wake(sessionId) {
      // It may just have connected: what rested is tried at once.
      lanes.of(sessionId).rests.endAll();
      wake(sessionId);
    },
    someoneWrote(sessionId) {
      if (lanes.of(sessionId).heldUntil !== null) later(sessionId, second);
    },
    offer(sessionId, message) {
      const lane = lanes.of(sessionId);
      lanes.add(lane, message);
      lane.rounds.wake();
    },
    withhold(messageId) {
      if (sending.message.has(messageId) || taken.has(messageId)) return false;
      withheld.add(messageId);
      for (const [, { queue }] of lanes.all()) queue.remove("message", messageId);
      return true;
    },
    letGo(sessionId, messageId) {
      withheld.delete(messageId);
      // Whoever waits for it looks again: it may have been cancelled.
      for (const one of [waiters.message, deliveries]) one.tell(messageId);
      wake(sessionId);
    },
    isUnderWay: (messageId) => sending.message.has(messageId),
    takenAt: (messageId) => taken.get(messageId) ?? null,
    async waitOf(sessionId, messageId) {
      const view = engine.view(sessionId);
      if (view?.status !== "connected") return { reason: "offline", until: view?.retryAt ?? null };
      const lane = lanes.of(sessionId);
      const restsUntil = lane.rests.untilOf(lane.queue.chatNext(messageId) ?? 0);
      if (restsUntil !== null) return { reason: "retrying", until: restsUntil };
      return pacing.waitOf(sessionId, messageId);
    },
    settled: waiters.message.wait,
    actionSettled: waiters.action.wait,
    delivered: deliveries.wait,
    heard: (messageIds) => messageIds.forEach(deliveries.tell),
    async [Symbol.asyncDispose]() {
      isOver = true;
      clearInterval(sweeping);
      typing.end();
      for (const [, lane] of lanes.all()) {
        clearTimeout(lane.alarm?.timer);
        lane.rests.endAll();
      }
      for (const one of [waiters.message, waiters.action, deliveries]) one.tellAll();
      // What is not acknowledged by then goes out again after the next start, with the same id.
      await Promise.race([ended(), Bun.sleep(lastWordMs)]);
    },
  };
}

const codeOf = (result: SendResult) => (result.outcome === "sent" ? null : result.code);

/** Why it need not be tried any more; null while it may. */
function faultOf(item: Item, now: number): Fault | null {
  if (item.of === "action" && item.isMoot) return moot;
  return item.expiresAt !== null && item.expiresAt <= now ? expired : null;
}
