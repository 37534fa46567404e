// A chain of message keys: each step gives one message's seed and moves on; those skipped are kept for latecomers.
import { hmac } from "../crypto/derive.ts";

export type Chain = { key: Buffer; next: number };
/** Seeds of messages that have not come yet, by their place. */
export type Skipped = Map<number, Buffer>;

/** Beyond this a counter is an attack or a mistake. */
export const maxSkip = 2_000;

export type Step = { chain: Chain; skipped: Skipped; seed: Buffer };

/** The seed for a place in the chain; null when it was used already or lies too far ahead. Changes nothing given. */
export function stepTo(chain: Chain, skipped: Skipped, counter: number): Step | null {
  if (counter < chain.next) {
    const seed = skipped.get(counter);
    if (seed === undefined) return null;
    const rest = new Map(skipped);
    rest.delete(counter);
    return { chain, skipped: rest, seed };
  }
  if (counter - chain.next > maxSkip) return null;
  const kept = new Map(skipped);
  let { key } = chain;
  for (let place = chain.next; place < counter; place++) {
    kept.set(place, seedOf(key));
    key = advance(key);
  }
  for (const place of kept.keys()) {
    if (kept.size <= maxSkip) break;
    kept.delete(place);
  }
  return { chain: { key: advance(key), next: counter + 1 }, skipped: kept, seed: seedOf(key) };
}

function seedOf(key: Buffer): Buffer {
  return hmac(key, Buffer.of(1));
}

function advance(key: Buffer): Buffer {
  return hmac(key, Buffer.of(2));
}
