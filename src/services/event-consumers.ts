// Named readers of events: each keeps its place here, and is told again whatever it has not acknowledged.
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { EventConsumer } from "../core/event-consumer.ts";
import type { Ids } from "../core/ids.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import type { Store } from "../store/store.ts";
import type { SessionReach } from "./sessions.ts";

export type NewConsumer = {
  name: string;
  events: string[];
  /** Names; null is all that the caller sees. */
  sessions: string[] | null;
  /** Everything after this number in the journal is told. */
  position: number;
};
export type EventConsumers = ReturnType<typeof createEventConsumers>;

export function createEventConsumers({ store, clock, ids }: { store: Store; clock: Clock; ids: Ids }) {
  const rows = store.eventConsumers;
  const get = async (id: number): Promise<EventConsumer> => {
    const found = await rows.find(id);
    if (found === null) throw new WaygateError("not_found", "There is no such consumer.");
    return found;
  };

  return {
    async create({ accountId, sessions: bound }: SessionReach, input: NewConsumer): Promise<EventConsumer> {
      const sessions = input.sessions ?? (bound === null ? null : [...bound]);
      const at = clock.now();
      return get(await store.write("events.create_consumer", { ...input, sessions, accountId, createdAt: at }));
    },
    /** By id or name. A key that is bound to sessions has those that read of nothing else. */
    async find(reach: SessionReach, shown: string): Promise<EventConsumer> {
      const id = ids.read("consumer", shown);
      const byId = id === null ? null : await rows.find(id);
      const found = byId?.accountId === reach.accountId ? byId : await rows.findByName(reach.accountId, shown);
      if (found !== null && isWithin(found, reach)) return found;
      throw new WaygateError("not_found", "There is no such consumer.");
    },
    async list(reach: SessionReach, page: PageRequest): Promise<Page<EventConsumer>> {
      const { rows: all, next } = await pageOf(page, (oneMore) => rows.list(reach.accountId, oneMore));
      return { rows: all.filter((one) => isWithin(one, reach)), next };
    },
    /** Up to there and everything before; what was acknowledged stays so. */
    async acknowledge({ id }: EventConsumer, upTo: number): Promise<EventConsumer> {
      // Nobody can have dealt with what has not happened.
      const within = Math.min(upTo, store.journal.newest());
      await store.write("events.acknowledge", { id, upTo: within, at: clock.now() });
      return get(id);
    },
    remove: ({ id }: EventConsumer): Promise<void> => store.write("events.remove_consumer", { id }),
  };
}

function isWithin({ sessions }: EventConsumer, { sessions: bound }: SessionReach): boolean {
  return bound === null || sessions?.every((name) => bound.includes(name)) === true;
}
