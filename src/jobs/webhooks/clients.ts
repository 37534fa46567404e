// One HTTP client per webhook, so that nobody's connections are in another's way; closed when it is not needed for a while.
import { minute } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { HttpClient } from "../../net/client.ts";

export type OpenClient = () => HttpClient;
export type Clients = AsyncDisposable & {
  of(webhookId: number): HttpClient;
  /** Of those that have not been needed lately. */
  closeIdle(): void;
};

type Opened = { client: HttpClient; usedAt: number };

const idleMs = minute;

export function createClients({ open, log }: { open: OpenClient; log: Log }): Clients {
  const all = new Map<number, Opened>();

  async function close({ client }: Opened): Promise<void> {
    try {
      await client[Symbol.asyncDispose]();
    } catch (error) {
      log.warn({ error: messageOf(error) }, "connections to a webhook could not be closed");
    }
  }

  return {
    of(webhookId) {
      const opened = all.get(webhookId) ?? { client: open(), usedAt: 0 };
      opened.usedAt = performance.now();
      all.set(webhookId, opened);
      return opened.client;
    },
    closeIdle() {
      for (const [id, opened] of all) {
        if (performance.now() - opened.usedAt < idleMs) continue;
        all.delete(id);
        close(opened);
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...all.values()].map(close));
      all.clear();
    },
  };
}
