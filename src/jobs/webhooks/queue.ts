// What one webhook is to be told next, as far as it is in memory: some lanes, each in the order of its events and one at a
// time. However much waits in the database, no more is read ahead than is soon needed.
import type { ReadyDelivery } from "../../store/deliveries.ts";
import type { Store } from "../../store/store.ts";

export type DeliveryQueue = {
  /** Its lane is taken until it was attempted. Null where there is nothing whose turn it is. */
  next(): ReadyDelivery | null;
  /** Its lane is free again; or, where the lane waits for its next attempt, once that is written down. */
  attempted(item: ReadyDelivery, isLaneHeldUp: boolean): void;
  /** What became of it is on disk. */
  settled(item: ReadyDelivery): void;
  /** There may be more in the database. */
  stale(): void;
};

type Needs = { store: Pick<Store, "deliveries">; webhookId: number; isOrdered(): boolean };

const readAtOnce = 100;
const lanesAhead = 10;
const beforeAll = Number.MIN_SAFE_INTEGER;

export function createDeliveryQueue({ store, webhookId, isOrdered }: Needs): DeliveryQueue {
  /** What waits in each; the lane that has waited longest comes first. */
  const lanes = new Map<number, ReadyDelivery[]>();
  const taken = new Set<number>();
  /** By whom, until that is written down: from then on the database says so. */
  const heldUp = new Map<number, number>();
  /** All that are here, or were attempted and still look ready in the database. */
  const known = new Set<number>();
  let isStale = true;
  /** The lanes are read round and round. */
  let place = beforeAll;
  let isWholeTurn = true;

  function freeLane(): number | null {
    for (const lane of lanes.keys()) if (!taken.has(lane)) return lane;
    return null;
  }

  /** Until there is something for a while, or all lanes have been looked at. */
  function fill(): void {
    const read = isOrdered() ? store.deliveries.readyInOrder : store.deliveries.ready;
    while (isStale && lanes.size < taken.size + lanesAhead) {
      const rows = read(webhookId, place, readAtOnce);
      add(rows);
      const last = rows.at(-1);
      if (last !== undefined && rows.length === readAtOnce) {
        // Of the last lane there may be more.
        place = last.lane;
        isWholeTurn = false;
        continue;
      }
      isStale = !isWholeTurn;
      place = beforeAll;
      isWholeTurn = true;
      return;
    }
  }

  function add(rows: readonly ReadyDelivery[]): void {
    for (const row of rows) {
      if (known.has(row.id) || heldUp.has(row.lane)) continue;
      known.add(row.id);
      put(row);
    }
  }

  /** One that is attempted again may be older than what waits already. */
  function put(row: ReadyDelivery): void {
    const waiting = lanes.get(row.lane);
    if (waiting === undefined) return void lanes.set(row.lane, [row]);
    const last = waiting.at(-1);
    waiting.push(row);
    if (last !== undefined && last.eventId > row.eventId) waiting.sort((one, other) => one.eventId - other.eventId);
  }

  function drop(lane: number): void {
    for (const { id } of lanes.get(lane) ?? []) known.delete(id);
    lanes.delete(lane);
  }

  return {
    next() {
      if (isStale && freeLane() === null) fill();
      const lane = freeLane();
      if (lane === null) return null;
      const waiting = lanes.get(lane) ?? [];
      const item = waiting.shift() ?? null;
      lanes.delete(lane);
      if (waiting.length > 0) lanes.set(lane, waiting);
      taken.add(lane);
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
      isStale = true;
      isWholeTurn = false;
    },
    stale() {
      isStale = true;
      isWholeTurn = false;
    },
  };
}
