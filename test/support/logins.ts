// How often each number's devices have asked a network to be let in, whether they were or not.
import type { Network } from "../../src/sandbox/network/network.ts";
import { decodeNode } from "../../src/sandbox/wire/codec.ts";

export type Logins = { of(phone: string): number };

const counted = new WeakMap<Network, Logins>();
const answers = new Set(["success", "failure"]);
/** An answer to a login is short. */
const mostBytes = 1_000;

/** From the first time it is asked for on. */
export function loginsOn(network: Network): Logins {
  const known = counted.get(network);
  if (known !== undefined) return known;
  const times = new Map<string, number>();
  const { observer } = network.world;
  const { frame } = observer;
  observer.frame = (who, direction, bytes) => {
    frame(who, direction, bytes);
    if (direction === "in" || bytes.length > mostBytes || !answers.has(decodeNode(bytes).tag)) return;
    const phone = who.split(":")[0] ?? "";
    times.set(phone, (times.get(phone) ?? 0) + 1);
  };
  const logins = { of: (phone: string) => times.get(phone) ?? 0 };
  counted.set(network, logins);
  return logins;
}
