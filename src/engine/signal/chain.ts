// A chain of message keys: each step gives the seed of one message's keys and the next chain key, and cannot be taken back.

import { hmac } from "./derive.ts";
import { SignalError } from "./faults.ts";
import { allIn, bytesIn, type Field, type Fields, numberIn, readFields, writeFields } from "./fields.ts";

/** The next message's number, and the chain key it comes from. */
export type Chain = { key: Buffer; next: number };
/** A chain one reads from: messages may come late, so the seeds of those passed over are kept. */
export type ReadingChain = { key: Buffer | null; next: number; skipped: Map<number, Buffer> };
/**
 * A chain one writes with. Its numbers are reserved on disk before they are used: after a crash it goes on at
 * `reserved`, whatever was used of what lies before. `granted` is how far the disk has agreed.
 */
export type WritingChain = Chain & { reserved: number; granted: number };

const seedStep = Uint8Array.of(1);
const keyStep = Uint8Array.of(2);
/** As far as one message may jump ahead; libsignal's own limit. */
const maxJump = 2_000;
const maxSkipped = 2_000;
export const reservedAtOnce = 64;

export function seedOf(key: Uint8Array): Buffer {
  return hmac(key, seedStep);
}

export function nextKey(key: Uint8Array): Buffer {
  return hmac(key, keyStep);
}

/** The seed of the next message, which is thereby used up. */
export function take(chain: Chain): { seed: Buffer; number: number } {
  const taken = { seed: seedOf(chain.key), number: chain.next };
  chain.key = nextKey(chain.key);
  chain.next += 1;
  return taken;
}

export type Sought = {
  seed: Buffer;
  /** To be called once the message proved genuine; before that, the chain is as it was. */
  keep(): void;
};

/** The seed of the message with this number, without changing anything yet. */
export function seek(chain: ReadingChain, number: number): Sought {
  if (number < chain.next || chain.key === null) {
    const seed = chain.skipped.get(number);
    if (seed === undefined) {
      if (number < chain.next) throw new SignalError("used", "the message's key was used already");
      throw new SignalError("future", "the chain was closed before this message");
    }
    return { seed, keep: () => void chain.skipped.delete(number) };
  }
  if (number - chain.next > maxJump) throw new SignalError("future", "too far into the future");
  const passed: [number, Buffer][] = [];
  let key = chain.key;
  for (let at = chain.next; at < number; at++) {
    passed.push([at, seedOf(key)]);
    key = nextKey(key);
  }
  return {
    seed: seedOf(key),
    keep() {
      for (const [at, seed] of passed) skip(chain, at, seed);
      chain.key = nextKey(key);
      chain.next = number + 1;
    },
  };
}

/** Nothing more comes on it, except what is late: up to and with the number `last`. */
export function finish(chain: ReadingChain, last: number): void {
  if (chain.key !== null && last - chain.next <= maxJump) {
    for (let key = chain.key; chain.next <= last; chain.next++, key = nextKey(key))
      skip(chain, chain.next, seedOf(key));
  }
  chain.key = null;
}

function skip(chain: ReadingChain, number: number, seed: Buffer): void {
  chain.skipped.set(number, seed);
  if (chain.skipped.size <= maxSkipped) return;
  const [oldest] = chain.skipped.keys();
  if (oldest !== undefined) chain.skipped.delete(oldest);
}

export function startWriting(key: Buffer): WritingChain {
  return { key, next: 0, reserved: 0, granted: 0 };
}

/** After a crash nobody knows how much of the last reservation was used: none of it is used again. */
export function resumeWriting(key: Buffer, next: number, reserved: number): WritingChain {
  const chain = { key, next, reserved, granted: reserved };
  while (chain.next < reserved) {
    chain.key = nextKey(chain.key);
    chain.next += 1;
  }
  return chain;
}

export function readingChainFields(chain: ReadingChain): Field[] {
  const skipped = [...chain.skipped].map(
    ([number, seed]): Field => [
      4,
      writeFields([
        [1, number],
        [2, seed],
      ]),
    ],
  );
  return [[2, chain.key], [3, chain.next], ...skipped];
}

export function readingChainOf(fields: Fields): ReadingChain {
  const key = bytesIn(fields, 2);
  const skipped = allIn(fields, 4).map((bytes): [number, Buffer] => {
    const one = readFields(bytes);
    return [numberIn(one, 1) ?? 0, Buffer.from(bytesIn(one, 2) ?? [])];
  });
  return { key: key === null ? null : Buffer.from(key), next: numberIn(fields, 3) ?? 0, skipped: new Map(skipped) };
}
