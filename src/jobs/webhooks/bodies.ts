// What was told last, in memory: an event is told to several webhooks within a moment, and is read once for all of them.
import type { WebhookFormatName } from "../../core/webhook.ts";
import type { Store } from "../../store/store.ts";

export type Bodies = Disposable & {
  /** As it is stored; null where it is not kept any more. */
  of(eventId: number, format: WebhookFormatName): string | null;
};

/** In characters. */
const mostInMemory = 2 * 1_024 * 1_024;
const longest = mostInMemory / 64;
/** Whoever was in it may have been forgotten, and what is old is not kept. */
const changing = /^(contacts\.forg|deliveries\.(prune|clear))/;

export function createBodies(store: Pick<Store, "deliveries" | "onCommit">): Bodies {
  const kept = new Map<string, string>();
  let length = 0;
  const stopListening = store.onCommit((names) => {
    if (kept.size > 0 && names.some((name) => changing.test(name))) clear();
  });

  function clear(): void {
    kept.clear();
    length = 0;
  }

  return {
    of(eventId, format) {
      const name = `${format} ${eventId}`;
      const known = kept.get(name);
      if (known !== undefined) return known;
      const body = store.deliveries.bodyOf(eventId, format);
      if (body === null || body.length > longest) return body;
      if (length + body.length > mostInMemory) clear();
      kept.set(name, body);
      length += body.length;
      return body;
    },
    [Symbol.dispose]: stopListening,
  };
}
