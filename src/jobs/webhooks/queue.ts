// What one webhook is to be told next, as far as it is in memory: some lanes, the first of each, one at a time and in the
// order of their events. However much waits in the database, no more is read ahead than is soon needed; what has just been
// made is not read at all, unless others wait before it.
import type { ReadyDelivery } from "../../store/ready-deliveries.ts";
import type { Store } from "../../store/store.ts";

export type DeliveryQueue = {
  /** Its lane is taken until it was attempted. Null where there is nothing whose turn it is. */
  next(): ReadyDelivery | null;
  /** Its lane is free again; or, where the lane waits for its next attempt, once that is written down. */
  attempted(item: ReadyDelivery, isLaneHeldUp: boolean): void;
  /** What became of it is on disk. */
  settled(item: ReadyDelivery): void;
  /** These are ready now, as is on disk. */
  ready(items: readonly ReadyDelivery[]): void;
  /** There may be more in the database, and nobody knows where. */
  stale(): void;
};

type Lane = {
  waiting: ReadyDelivery[];
  /** The database has, or may have, more of it, after that event; null where all that is ready is here. */
  after: number | null;
};
type Needs = { store: Pick<Store, "deliveries">; webhookId: number; isOrdered(): boolean };

const readAtOnce = 100;
/** In one go, before others have their turn. */
const pagesAtOnce = 5;
const lanesAhead = 10;
const mostInLane = 20;
const mostInMemory = 500;
const beforeAll = Number.MIN_SAFE_INTEGER;

export function createDeliveryQueue({ store, webhookId, isOrdered }: Needs): DeliveryQueue {
  /** The lane that has waited longest comes first. */
  const lanes = new Map<number, Lane>();
  const taken = new Set<number>();
  /** By whom, until that is written down: from then on the database says so. */
  const heldUp = new Map<number, number>();
  /** All that are here, or were attempted and still look ready in the database. */
  const known = new Set<number>();
  /** All lanes are looked at, one after the other, up to the last; null where nothing is left to be looked at. */
  let place: number | null = beforeAll;
  /** Something has come where it was looked already. */
  let isAnotherLookDue = false;

  function nextLane(): number | null {
    for (const [number, lane] of lanes) {
      if (taken.has(number)) continue;
      while (lane.waiting.length === 0 && lane.after !== null) readOn(number, lane, lane.after);
      if (lane.waiting.length > 0) return number;
      lanes.delete(number);
    }
    return null;
  }

  function readOn(number: number, lane: Lane, after: number): void {
    const rows = store.deliveries.readyInLane({
      ...{ webhookId, lane: number, after, limit: mostInLane, isOrdered: isOrdered() },
    });
    lane.after = rows.length < mostInLane ? null : (rows.at(-1)?.eventId ?? null);
    for (const row of rows) put(row);
  }

  /** Until there is something for a while, or all lanes have been looked at. */
  function lookOn(): void {
    const read = isOrdered() ? store.deliveries.readyInOrder : store.deliveries.ready;
    for (let page = 0; page < pagesAtOnce && place !== null && lanes.size < taken.size + lanesAhead; page++) {
      const rows = read(webhookId, place, readAtOnce);
      for (const row of rows) put(row);
      const last = rows.at(-1);
      if (last !== undefined && rows.length === readAtOnce) {
        leave(last.lane, last.eventId);
        place = last.lane;
        continue;
      }
      place = isAnotherLookDue ? beforeAll : null;
      isAnotherLookDue = false;
    }
  }

  /** One that is attempted again may be older than what waits already. */
  function put(row: ReadyDelivery): void {
    if (known.has(row.id) || heldUp.has(row.lane)) return;
    const lane = laneOf(row.lane);
    if (lane.after !== null && row.eventId > lane.after) return;
    known.add(row.id);
    const last = lane.waiting.at(-1);
    lane.waiting.push(row);
    if (last !== undefined && last.eventId > row.eventId) lane.waiting.sort((a, b) => a.eventId - b.eventId);
    if (lane.waiting.length > mostInLane) {
      for (const { id } of lane.waiting.splice(mostInLane)) known.delete(id);
      lane.after = lane.waiting.at(-1)?.eventId ?? null;
    }
  }

  /** What comes after that event in this lane is read when it is needed. */
  function leave(number: number, eventId: number): void {
    if (heldUp.has(number)) return;
    const lane = laneOf(number);
    lane.after = Math.min(lane.after ?? eventId, eventId);
  }

  function laneOf(number: number): Lane {
    const lane = lanes.get(number) ?? { waiting: [], after: null };
    lanes.set(number, lane);
    return lane;
  }

  function drop(number: number): void {
    for (const { id } of lanes.get(number)?.waiting ?? []) known.delete(id);
    lanes.delete(number);
  }

  function stale(): void {
    if (place === null) place = beforeAll;
    else if (place !== beforeAll) isAnotherLookDue = true;
  }

  return {
    next() {
      let number = nextLane();
      if (number === null && place !== null) {
        lookOn();
        number = nextLane();
      }
      const lane = number === null ? undefined : lanes.get(number);
      if (number === null || lane === undefined) return null;
      const item = lane.waiting.shift() ?? null;
      // To the end of the line: the others come first.
      lanes.delete(number);
      if (lane.waiting.length > 0 || lane.after !== null) lanes.set(number, lane);
      taken.add(number);
      return item;
    },
    attempted({ id, lane }, isLaneHeldUp) {
      taken.delete(lane);
      if (!isLaneHeldUp) return;
      drop(lane);
      heldUp.set(lane, id);
    },
    settled({ id, lane }) {
      known.delete(id);
      if (heldUp.get(lane) !== id) return;
      heldUp.delete(lane);
      // Unless it waits, as it should, something has come in between.
      leave(lane, beforeAll);
    },
    ready(items) {
      // While there are others that were not looked at, one of them may come before these.
      if (place !== null || known.size + items.length > mostInMemory) return stale();
      for (const item of items) {
        // Whether its lane has to wait, and for which, is for the database to say when its turn has come.
        if (isOrdered()) leave(item.lane, beforeAll);
        else put(item);
      }
    },
    stale,
  };
}
