// One caller per webhook, so that nobody's connections are in another's way; closed when it is not needed for a while, or
// when its webhook leads elsewhere.
import { minute } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Webhook } from "../../core/webhook.ts";
import type { Caller } from "../../net/caller.ts";

export type OpenCaller = (url: string) => Caller;
export type Callers = AsyncDisposable & {
  of(webhook: Pick<Webhook, "id" | "url">): Caller;
  /** Of those that have not been needed lately. */
  closeIdle(): void;
};

type Opened = { url: string; caller: Caller; usedAt: number };

/** Longer than any attempt may take. */
const idleMs = minute;

export function createCallers({ open, log }: { open: OpenCaller; log: Log }): Callers {
  const all = new Map<number, Opened>();
  /** What is under way there may end first. */
  const left = new Set<Opened>();

  async function close({ caller }: Opened): Promise<void> {
    try {
      await caller[Symbol.asyncDispose]();
    } catch (error) {
      log.warn({ error: messageOf(error) }, "connections to a webhook could not be closed");
    }
  }

  return {
    of({ id, url }) {
      const known = all.get(id);
      if (known !== undefined && known.url !== url) left.add(known);
      const opened = known?.url === url ? known : { url, caller: open(url), usedAt: 0 };
      opened.usedAt = performance.now();
      all.set(id, opened);
      return opened.caller;
    },
    closeIdle() {
      const isIdle = ({ usedAt }: Opened) => performance.now() - usedAt >= idleMs;
      for (const [id, opened] of all) {
        if (!isIdle(opened)) continue;
        all.delete(id);
        left.add(opened);
      }
      for (const opened of left) {
        if (!isIdle(opened)) continue;
        left.delete(opened);
        close(opened);
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...all.values(), ...left].map(close));
      all.clear();
      left.clear();
    },
  };
}
