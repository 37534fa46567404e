// The webhooks that are told something, with what is known of each in memory: what it is told next, how its receiver
// stands, how much of it is under way.
import type { Clock } from "../../core/clock.ts";
import type { Webhook } from "../../core/webhook.ts";
import type { Store } from "../../store/store.ts";
import type { Directory } from "./directory.ts";
import { createHealth, type Health } from "./health.ts";
import { createDeliveryQueue, type DeliveryQueue } from "./queue.ts";

export type Endpoint = {
  id: number;
  /** Where `health` was seen. */
  url: string;
  queue: DeliveryQueue;
  health: Health;
  underWay: number;
  /** What came of so many is not on disk yet. */
  unsettled: number;
};
export type Endpoints = {
  of(webhook: Webhook): Endpoint;
  find(id: number): Endpoint | undefined;
  all(): Iterable<Endpoint>;
  /** Those that are told nothing any more are as good as gone; gives back which these are. */
  leave(): Endpoint[];
};

type Needs = { store: Pick<Store, "deliveries">; directory: Pick<Directory, "find">; clock: Clock };

export function createEndpoints({ store, directory, clock }: Needs): Endpoints {
  const all = new Map<number, Endpoint>();
  return {
    of({ id, url, failingSince }) {
      const known = all.get(id);
      if (known?.url === url) return known;
      // Who is found somewhere else begins anew.
      if (known !== undefined) return Object.assign(known, { url, health: createHealth(clock, failingSince) });
      const isOrdered = () => directory.find(id)?.webhook.isOrdered ?? false;
      const queue = createDeliveryQueue({ store, webhookId: id, isOrdered });
      const fresh = { id, url, queue, health: createHealth(clock, failingSince), underWay: 0, unsettled: 0 };
      all.set(id, fresh);
      return fresh;
    },
    find: (id) => all.get(id),
    all: () => all.values(),
    leave() {
      const left = [...all.values()].filter(({ id }) => directory.find(id) === undefined);
      for (const endpoint of left) {
        // Whoever comes back begins anew; what is under way is still known.
        if (endpoint.underWay + endpoint.unsettled === 0) all.delete(endpoint.id);
        else endpoint.health = createHealth(clock, null);
        // What becomes ready meanwhile is not heard of.
        endpoint.queue.stale();
      }
      return left;
    },
  };
}
