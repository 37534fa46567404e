// A body that is read as it comes, for as long as it moves.
import { hour, second } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { createPatience } from "../net/patience.ts";

export type Body = ReadableStream<Uint8Array>;

/** Before the connection itself is given up, so that there is an answer. */
const idleMs = 20 * second;
const longestMs = 2 * hour;

export async function* piecesOf(body: Body): AsyncGenerator<Uint8Array> {
  using patience = createPatience({ idleMs, timeoutMs: longestMs });
  const pieces = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await patience.during(nextOf(pieces));
      if (done === true) return;
      patience.touch();
      yield value;
    }
  } finally {
    // Not waited for: it would wait for what does not come.
    pieces.return?.().catch(() => {});
  }
}

async function nextOf(pieces: AsyncIterator<Uint8Array>) {
  try {
    return await pieces.next();
  } catch (cause) {
    throw new WaygateError("malformed", "The body ended before it was whole.", {}, cause);
  }
}
