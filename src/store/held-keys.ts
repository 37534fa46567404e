// Keys that were just looked up, with their holders: kept until anything is written that could change them. There is one
// writer, in this very process, and it says what it has committed before anybody is told: what is kept is never stale.
import type { KeyHolder } from "./keys.ts";

export type HeldKeys = {
  find(hash: Uint8Array, look: (hash: Uint8Array) => KeyHolder | null): KeyHolder | null;
  /** Called with the names of what was committed, before their promises settle. */
  committed(names: readonly string[]): void;
};

/** These change nothing that lets somebody in or keeps somebody out. */
const harmless =
  /^(signal|messages|installation|intake|outbox|chats|media|files|uploads)\.|^sessions\.(?!remove$)|^(keys\.(count_uses|reseal)|logins\.seen|audit\.append)$/;
const most = 5_000;

export function createHeldKeys(): HeldKeys {
  const held = new Map<string, KeyHolder>();
  return {
    find(hash, look) {
      const name = Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString("latin1");
      const known = held.get(name);
      if (known !== undefined) return known;
      const found = look(hash);
      if (found === null) return null;
      if (held.size >= most) held.clear();
      held.set(name, found);
      return found;
    },
    committed(names) {
      if (held.size > 0 && !names.every((name) => harmless.test(name))) held.clear();
    },
  };
}
