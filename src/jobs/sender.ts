// Sends what is queued, messages and what is done to them: one after the other in each chat, several chats at a time,
// whenever a session is connected. Each stays queued until WhatsApp has said yes or no to it; one that was cut off in
// between goes out again with the same id, by which receivers know it.
import { type Clock, second } from "../core/clock.ts";
import { messageOf, WaygateError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Wait } from "../core/message.ts";
import type { Engine } from "../core/ports.ts";
import type { QueuedAction } from "../store/actions.ts";
import type { HeadsWanted, QueuedMessage, Settled } from "../store/outbox.ts";
import type { Store } from "../store/store.ts";
import { createPace, type Pace } from "./pace.ts";
import { createUnderWay } from "./under-way.ts";
import { createWaiters } from "./waiters.ts";

export type Sender = AsyncDisposable & {
  /** There is, or may be, something to send for this session. */
  wake(sessionId: number): void;
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
  /** Nothing begins to send it until it is released; false when it is under way. */
  hold(messageId: number): boolean;
  release(messageId: number): void;
  /** Why a queued message has not gone yet. */
  waitOf(sessionId: number, messageId: number): Promise<Wait>;
};

/** What goes out: a message, or what is done to one. */
type Item = QueuedMessage | QueuedAction;
type Kind = Item["of"];
type Fault = { code: string; sentence: string };
type Needs = { store: Store; engine: Engine; clock: Clock; log: Log };
type Alarm = { at: number; timer: ReturnType<typeof setTimeout> };
type Lane = { chats: Set<string>; isAwake: boolean; pace: Pace; alarm: Alarm | null };

const chatsAtOnce = 20;
const readAhead = 200;
const retryMs = 2 * second;
const sweepMs = 5 * second;
const expired: Fault = { code: "expired", sentence: "The session could not send it in its time." };
const moot: Fault = { code: "not_sent", sentence: "The message that it was about did not go out." };
const lastWordMs = second;

export function createSender({ store, engine, clock, log }: Needs): Sender {
  const lanes = new Map<number, Lane>();
  const waiters = { message: createWaiters(), action: createWaiters() };
  const deliveries = createWaiters();
  const sending = { message: new Set<number>(), action: new Set<number>() };
  const { own, ended } = createUnderWay(log, "sending has failed");
  let isOver = false;
  const sweeping = setInterval(() => own(sweep()), sweepMs);
  sweeping.unref?.();

  /** What could not go out in its time does not go out any more. */
  async function sweep(): Promise<void> {
    const now = clock.now();
    for (const { id } of await store.outbox.overdue(now, readAhead)) {
      if (!sending.message.has(id)) await settle("message", { id, at: now, state: "failed", ...expired });
    }
    for (const { id, isMoot } of await store.actions.overdue(now, readAhead)) {
      const fault = isMoot ? moot : expired;
      if (!sending.action.has(id)) await settle("action", { id, at: now, state: "failed", ...fault });
    }
  }

  async function settle(of: Kind, settled: Settled): Promise<void> {
    await store.write(of === "message" ? "outbox.settle" : "actions.settle", settled);
    waiters[of].tell(settled.id);
    if (of === "message" && settled.state !== "sent") deliveries.tell(settled.id);
  }

  function laneOf(sessionId: number): Lane {
    const lane = lanes.get(sessionId) ?? { chats: new Set(), isAwake: false, pace: createPace(clock), alarm: null };
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
    const pauseUntil = lane.pace.allUntil();
    if (pauseUntil !== null) return later(sessionId, pauseUntil - clock.now());
    const isPaced = (await store.sessions.find(sessionId))?.settings.pacing !== "off";
    const which = isPaced && lane.pace.coldUntil() !== null ? "warm" : "any";
    const waiting = await heads(sessionId, { which, limit: chatsAtOnce * 2, now: clock.now() });
    if (await settleHopeless(waiting)) return wake(sessionId);
    for (const item of waiting) {
      if (sending[item.of].has(item.id) || lane.chats.has(item.target)) continue;
      if (lane.chats.size >= chatsAtOnce) return;
      const waitMs = lane.pace.nextAt(isPaced) - clock.now();
      if (waitMs > 0) return later(sessionId, waitMs);
      lane.chats.add(item.target);
      lane.pace.took();
      own(send(sessionId, lane, item));
    }
  }

  /** Who goes before whom within a chat, the store has decided. */
  async function heads(sessionId: number, wanted: HeadsWanted): Promise<Item[]> {
    return [...(await store.actions.heads(sessionId, wanted)), ...(await store.outbox.heads(sessionId, wanted))];
  }

  /** True when there was something: what was read with it may not hold any more. */
  async function settleHopeless(waiting: readonly Item[]): Promise<boolean> {
    const now = clock.now();
    const hopeless = waiting.filter((item) => !sending[item.of].has(item.id) && faultOf(item, now) !== null);
    for (const item of hopeless)
      await settle(item.of, { id: item.id, at: now, state: "failed", ...(faultOf(item, now) ?? expired) });
    return hopeless.length > 0;
  }

  async function send(sessionId: number, lane: Lane, item: Item): Promise<void> {
    sending[item.of].add(item.id);
    const isDone = await attempt(sessionId, lane, item);
    sending[item.of].delete(item.id);
    lane.chats.delete(item.target);
    if (isDone) wake(sessionId);
    else later(sessionId, retryMs);
  }

  /** False when nobody knows what became of it: it goes out again. */
  async function attempt(sessionId: number, lane: Lane, item: Item): Promise<boolean> {
    const { of, id, target, waId } = item;
    try {
      const raw = await withFile(sessionId, item);
      if (raw === null) return true;
      const result = await engine.ask(sessionId, "messages.send", { chat: target, waId, raw });
      lane.pace.answered(result.outcome === "sent" ? null : result.code);
      const settled =
        result.outcome === "sent"
          ? ({ id, at: clock.now(), state: "sent" } as const)
          : ({ id, at: clock.now(), state: "failed", ...refusalOf(result.code) } as const);
      await settle(of, settled);
      return true;
    } catch (error) {
      if (!(error instanceof WaygateError)) log.warn({ error: messageOf(error) }, "a message could not be sent");
      return false;
    }
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
    isUnderWay: (messageId) => sending.message.has(messageId),
    hold(messageId) {
      if (sending.message.has(messageId)) return false;
      sending.message.add(messageId);
      return true;
    },
    release(messageId) {
      sending.message.delete(messageId);
      // Whoever waits for it looks again: it may have been cancelled.
      for (const one of [waiters.message, deliveries]) one.tell(messageId);
    },
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
    settled: waiters.message.wait,
    actionSettled: waiters.action.wait,
    delivered: deliveries.wait,
    heard: (messageIds) => messageIds.forEach(deliveries.tell),
    async [Symbol.asyncDispose]() {
      isOver = true;
      clearInterval(sweeping);
      for (const { alarm } of lanes.values()) clearTimeout(alarm?.timer);
      for (const one of [waiters.message, waiters.action, deliveries]) one.tellAll();
      // What is not acknowledged by then goes out again after the next start, with the same id.
      await Promise.race([ended(), Bun.sleep(lastWordMs)]);
    },
  };
}

/** Why it need not be tried any more; null while it may. */
function faultOf(item: Item, now: number): Fault | null {
  if (item.of === "action" && item.isMoot) return moot;
  return item.expiresAt !== null && item.expiresAt <= now ? expired : null;
}

/** What WhatsApp's codes mean to whoever wanted to write. */
const sentences: Record<string, string> = {
  "463": "WhatsApp does not let this number write to people it has not talked with, for now.",
  "479": "WhatsApp refused the message as malformed.",
  "403": "This number may not write here.",
  "404": "There is nobody at this address.",
  "429": "WhatsApp wants this number to send more slowly.",
};

function refusalOf(code: string): Fault {
  return { code, sentence: sentences[code] ?? `WhatsApp refused the message (${code}).` };
}
