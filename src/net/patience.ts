// How long a transfer is waited for: as long as it moves, but not for ever, and not once nobody wants it any more.
import { WaygateError } from "../core/errors.ts";

export type PatienceOptions = {
  /** Without a single byte. */
  idleMs: number;
  /** For the whole, all attempts together. */
  timeoutMs: number;
  /** Of whoever no longer wants it. */
  signal?: AbortSignal | undefined;
};

export type Patience = Disposable & {
  readonly signal: AbortSignal;
  /** It moves. */
  touch(): void;
  /** Settles as the work does, or rejects when patience ends; the work itself is left alone. */
  during<T>(work: Promise<T>): Promise<T>;
};

export function createPatience({ idleMs, timeoutMs, signal }: PatienceOptions): Patience {
  const ending = new AbortController();
  const end = (sentence: string) => ending.abort(new WaygateError("unavailable", sentence));
  const onAbort = () => end("The transfer was given up.");
  const idle = setTimeout(() => end(`Nothing moved for ${idleMs / 1_000} s.`), idleMs);
  const total = setTimeout(() => end(`It was not done within ${timeoutMs / 1_000} s.`), timeoutMs);
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort);
  return {
    signal: ending.signal,
    touch: () => void idle.refresh(),
    during: (work) =>
      new Promise((resolve, reject) => {
        const onEnd = () => reject(ending.signal.reason);
        if (ending.signal.aborted) onEnd();
        ending.signal.addEventListener("abort", onEnd, { once: true });
        work.then(resolve, reject).finally(() => ending.signal.removeEventListener("abort", onEnd));
      }),
    [Symbol.dispose]() {
      clearTimeout(idle);
      clearTimeout(total);
      signal?.removeEventListener("abort", onAbort);
    },
  };
}
