// What each session has to send, as far as it is in memory: read ahead of the database where nothing is held, and anew,
// though not too often, where something is.
import type { Clock } from "../core/clock.ts";
import type { Rounds } from "../core/rounds.ts";
import type { QueuedMessage, QueuedWanted } from "../store/outbox.ts";
import type { Store } from "../store/store.ts";
import type { Turn } from "./pacing.ts";
import { createRests, type Rests } from "./rests.ts";
import { createSendQueue, type Item, type SendQueue } from "./send-queue.ts";

type Alarm = { at: number; timer: ReturnType<typeof setTimeout> };
export type Lane = {
  /** Where something is on its way. */
  chats: Set<number>;
  queue: SendQueue;
  /** The database has, or may have, more than the queue. */
  isBehind: boolean;
  /** Something has been kept since it was read. */
  isStale: boolean;
  /** Not to be read again before. */
  readAfter: number;
  rounds: Rounds;
  /** Chats where the next could not be sent. */
  rests: Rests;
  /** When some of what is held may go; null while nothing is. */
  heldUntil: number | null;
  alarm: Alarm | null;
};

export type SendLanes = {
  all(): Iterable<[sessionId: number, lane: Lane]>;
  of(sessionId: number): Lane;
  /** What is to go next; how long to wait before the database is asked again; null when there is nothing. */
  next(sessionId: number, lane: Lane, turn: Turn): Promise<Item | { waitMs: number } | null>;
  /** It has just been kept. */
  add(lane: Lane, message: QueuedMessage): void;
  /** The database knows better. */
  forget(lane: Lane): void;
};

type Needs = {
  store: Store;
  clock: Clock;
  /** On its way, or held back by hand. */
  isTaken(of: Item["of"], id: number): boolean;
  /** Who sends what there is. */
  roundsOf(sessionId: number): Rounds;
};

const readAhead = 200;
const mostAhead = 1_000;
/** A long queue is read again for what else may go, so often at most, and for so small a part of the time. */
const readPauseMs = 100;
const readShare = 20;

export function createSendLanes({ store, clock, isTaken, roundsOf }: Needs): SendLanes {
  const lanes = new Map<number, Lane>();

  async function readOn(sessionId: number, lane: Lane, { held }: Turn): Promise<void> {
    const began = performance.now();
    lane.isStale = false;
    const limit = readAhead;
    const doings = await store.actions.isAnyQueued(sessionId);
    const actions = doings
      ? await store.actions.queued(sessionId, { which: held?.cold === true ? "warm" : "any", limit })
      : [];
    const messages = await messagesFor(sessionId, lane, held ?? (doings ? "first" : "all"));
    for (const item of [...actions, ...messages]) if (!isTaken(item.of, item.id)) lane.queue.add(item);
    const ended = performance.now();
    lane.readAfter = ended + Math.max(readPauseMs, (ended - began) * readShare);
  }

  /**
   * As many as there is room for: all there are, or the oldest, and the first of each chat. Where something is held, or
   * done to messages between others, it is the first of each chat alone: the database knows what is next.
   */
  async function messagesFor(sessionId: number, lane: Lane, which: QueuedWanted["which"]): Promise<QueuedMessage[]> {
    const now = clock.now();
    const read = (which: QueuedWanted["which"]) => store.outbox.queued(sessionId, { which, limit: readAhead, now });
    const messages = await read(which);
    lane.isBehind = which !== "all" || messages.length === readAhead;
    return which === "all" && lane.isBehind ? [...messages, ...(await read("first"))] : messages;
  }

  return {
    all: () => lanes.entries(),
    of(sessionId) {
      const known = lanes.get(sessionId);
      if (known !== undefined) return known;
      const unread = { queue: createSendQueue(), isBehind: true, isStale: true, readAfter: 0 };
      const idle = {
        chats: new Set<number>(),
        rounds: roundsOf(sessionId),
        rests: createRests(clock),
        heldUntil: null,
        alarm: null,
      };
      const lane: Lane = { ...unread, ...idle };
      lanes.set(sessionId, lane);
      return lane;
    },
    async next(sessionId, lane, turn) {
      const isBusy = (chatId: number) => lane.chats.has(chatId);
      const next = lane.queue.next(isBusy);
      if (next !== null || !lane.isBehind) return next;
      if (lane.queue.size > 0 && !lane.isStale) return null;
      const waitMs = lane.readAfter - performance.now();
      if (waitMs > 0 && (lane.queue.size > 0 || turn.held !== null)) return { waitMs };
      await readOn(sessionId, lane, turn);
      return lane.queue.next(isBusy);
    },
    add(lane, message) {
      lane.isStale = true;
      if (lane.queue.size >= mostAhead) lane.isBehind = true;
      if (!lane.isBehind && !isTaken("message", message.id)) lane.queue.add(message);
    },
    forget(lane) {
      lane.queue.clear();
      lane.isBehind = true;
    },
  };
}
