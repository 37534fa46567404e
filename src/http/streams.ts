// Answers that go on and on: each is asked every second whether whoever it is for still may, and all end with the gateway.
import { second } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { type Access, refuseBeyond } from "./auth.ts";
import { type Call, principalOf } from "./call.ts";

export type Streams = Disposable & {
  /** `end` is called once at most, with why. */
  open(call: Call, access: Exclude<Access, "open" | "public">, end: (why: Ending) => void): { close(): void };
};
export type Ending = { kind: "refused" | "stopping"; sentence: string };

type Stream = { call: Call; access: Exclude<Access, "open" | "public">; end(why: Ending): void };

const askEveryMs = second;
const mostPerAccount = 2_000;

export function createStreams(stopping: AbortSignal): Streams {
  const streams = new Set<Stream>();
  let timer: Timer | undefined;
  stopping.addEventListener("abort", () => endAll({ kind: "stopping", sentence: "Waygate is stopping." }));

  function end(stream: Stream, why: Ending): void {
    if (streams.delete(stream)) stream.end(why);
    if (streams.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function endAll(why: Ending): void {
    for (const stream of [...streams]) end(stream, why);
  }

  async function askAgain(stream: Stream): Promise<void> {
    const { call, access } = stream;
    try {
      call.known = (await call.again?.()) ?? null;
      refuseBeyond(principalOf(call), access);
    } catch (error) {
      // Whatever else goes wrong says nothing about who it is.
      if (!(error instanceof WaygateError) || error.code === "internal") return;
      end(stream, { kind: "refused", sentence: error.message });
    }
  }

  return {
    open(call, access, told) {
      const { id } = principalOf(call).account;
      const ofAccount = [...streams].filter((one) => one.call.known?.account.id === id);
      if (ofAccount.length >= mostPerAccount) {
        throw new WaygateError("rate_limited", `An account has at most ${mostPerAccount} live connections at a time.`);
      }
      const stream: Stream = { call, access, end: told };
      streams.add(stream);
      timer ??= setInterval(() => void Promise.all([...streams].map(askAgain)), askEveryMs);
      if (stopping.aborted) queueMicrotask(() => endAll({ kind: "stopping", sentence: "Waygate is stopping." }));
      return {
        close() {
          streams.delete(stream);
          if (streams.size > 0) return;
          clearInterval(timer);
          timer = undefined;
        },
      };
    },
    [Symbol.dispose]() {
      clearInterval(timer);
    },
  };
}
