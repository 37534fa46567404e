// What each session has to send, as far as it is in memory: read ahead of the database where nothing is held, and anew,
// though not too often, where something is.
import type { Clock } from "../core/clock.ts";
import type { QueuedMessage, QueuedWanted } from "../store/outbox.ts";
import type { Store } from "../store/store.ts";
import type { Turn } from "./pacing.ts";
import { createSendQueue, type SendQueue } from "./send-queue.ts";

type Alarm = { at: number; timer: ReturnType<typeof setTimeout> };
export type Lane = {
  /** Where something is on its way. */
  chats: Set<string>;
  queue: SendQueue;
  /** The database has, or may have, more than the queue. */
  isBehind: boolean;
  /** Something has been kept since it was read. */
  isStale: boolean;
  /** Not to be read again before. */
  readAfter: number;
  isAwake: boolean;
  isFilling: boolean;
  /** When some of what is held may go; null while nothing is. */
  heldUntil: number | null;
  alarm: Alarm | null;
};

export type SendLanes = {
  all(): Iterable<[sessionId: number, lane: Lane]>;
  of(sessionId: number): Lane;
  /** What is to go next; how long to wait before the database is asked again; null when there is nothing. */
  next(sessionId: number, lane: Lane, turn: Turn): Promise<QueuedMessage | { waitMs: number } | null>;
  /** It has just been kept. */
  add(lane: Lane, message: QueuedMessage): void;
  /** The database knows better. */
  forget(lane: Lane): void;
};

type Needs = {
  store: Store;
  clock: Clock /** On its way, or held back by hand. */;
  isTaken(messageId: number): boolean;
};

const readAhead = 200;
const mostAhead = 1_000;
/** A long queue is read again for what else may go, so often at most, and for so small a part of the time. */
const readPauseMs = 100;
const readShare = 20;

export function createSendLanes({ store, clock, isTaken }: Needs): SendLanes {
  const lanes = new Map<number, Lane>();

  /** As many as there is room for: all there are, or the oldest, and the first of each chat. */
  async function readOn(sessionId: number, lane: Lane, { held }: Turn): Promise<void> {
    const now = clock.now();
    const began = performance.now();
    lane.isStale = false;
    const read = (which: QueuedWanted["which"]) => store.outbox.queued(sessionId, { which, limit: readAhead, now });
    const rows = await read(held ?? "all");
    lane.isBehind = held !== null || rows.length === readAhead;
    const others = lane.isBehind && held === null ? await read("first") : [];
    for (const message of [...rows, ...others]) if (!isTaken(message.id)) lane.queue.add(message);
    const ended = performance.now();
    lane.readAfter = ended + Math.max(readPauseMs, (ended - began) * readShare);
  }

  return {
    all: () => lanes.entries(),
    of(sessionId) {
      const known = lanes.get(sessionId);
      if (known !== undefined) return known;
      const unread = { queue: createSendQueue(), isBehind: true, isStale: true, readAfter: 0 };
      const idle = { chats: new Set<string>(), isAwake: false, isFilling: false, heldUntil: null, alarm: null };
      const lane: Lane = { ...unread, ...idle };
      lanes.set(sessionId, lane);
      return lane;
    },
    async next(sessionId, lane, turn) {
      const isBusy = (chat: string) => lane.chats.has(chat);
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
      if (!lane.isBehind && !isTaken(message.id)) lane.queue.add(message);
    },
    forget(lane) {
      lane.queue.clear();
      lane.isBehind = true;
    },
  };
}
