// How much memory another process has, and whether it answers meanwhile.
import { request } from "../support/rig.ts";

const stepMs = 100;

/** Resident, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const text = await new Response(Bun.spawn(["ps", "-o", "rss=", "-p", String(pid)]).stdout).text();
  const bytes = Number(text.trim()) * 1024;
  if (!(bytes > 0)) throw new Error(`nobody knows how much memory ${pid} has: ${text}`);
  return bytes;
}

/** The least it comes down to: what the collector has not got round to is nobody's. */
export async function settledBytes(pid: number, withinMs: number, enough = 0): Promise<number> {
  const deadline = performance.now() + withinMs;
  let least = await residentBytes(pid);
  while (performance.now() < deadline && least > enough) {
    await Bun.sleep(10 * stepMs);
    least = Math.min(least, await residentBytes(pid));
  }
  return least;
}

export type Watch = AsyncDisposable & { peakBytes(): number; slowestMs(): number; unanswered(): number };

/** Asks all the while, as a supervisor would. */
export function watch(pid: number, url: string, headers: Record<string, string>): Watch {
  let isOver = false;
  let peak = 0;
  let slowest = 0;
  let unanswered = 0;
  const watching = (async () => {
    while (!isOver) {
      const began = performance.now();
      const status = await request(url, { headers }).then(
        (reply) => reply.status,
        () => 0,
      );
      slowest = Math.max(slowest, performance.now() - began);
      if (status !== 200) unanswered += 1;
      peak = Math.max(peak, await residentBytes(pid));
      await Bun.sleep(stepMs);
    }
  })();
  return {
    peakBytes: () => peak,
    slowestMs: () => slowest,
    unanswered: () => unanswered,
    async [Symbol.asyncDispose]() {
      isOver = true;
      await watching;
    },
  };
}
