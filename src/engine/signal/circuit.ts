// A circuit per peer: when message after message of somebody cannot be read, the sessions with them are given up once,
// nothing more is tried for a while, and the log tells it once with a count instead of a thousand times.
import { type Clock, minute } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { SignalFault } from "./faults.ts";

export type Circuit = {
  /** Nothing is to be tried with this peer just now. */
  isOpen(address: string): boolean;
  /** True when this failure opened it: then the sessions with the peer are to be given up. */
  failed(address: string, fault: SignalFault): boolean;
  succeeded(address: string): void;
};

type Trouble = { inARow: number; total: number; openUntil: number };

const toOpen = 12;
const openMs = minute;
const mostPeers = 1_000;

export function createCircuit({ clock, log }: { clock: Clock; log: Log }): Circuit {
  const troubles = new Map<string, Trouble>();

  return {
    isOpen: (address) => (troubles.get(address)?.openUntil ?? 0) > clock.now(),
    failed(address, fault) {
      const trouble = troubles.get(address) ?? { inARow: 0, total: 0, openUntil: 0 };
      if (troubles.size >= mostPeers && !troubles.has(address)) troubles.clear();
      troubles.set(address, trouble);
      trouble.total += 1;
      if (Number.isInteger(Math.log10(trouble.total))) {
        log.warn({ address, fault, times: trouble.total }, "a message of this device could not be decrypted");
      }
      // What is tried all the same while it is open was expected to fail.
      if (trouble.openUntil > clock.now()) return false;
      trouble.inARow += 1;
      if (trouble.inARow < toOpen) return false;
      trouble.inARow = 0;
      trouble.openUntil = clock.now() + openMs;
      log.warn(
        { address, fault, times: trouble.total },
        "nothing of this device can be decrypted; its sessions begin anew",
      );
      return true;
    },
    succeeded(address) {
      const trouble = troubles.get(address);
      if (trouble !== undefined) troubles.delete(address);
    },
  };
}
