// One direction of a connection through a bad network: bytes come late, in jerks, slowly, or not at all, and always in
// order.
import type { Socket } from "node:net";

export type Roughness = {
  /** Each way. */
  latencyMs: number;
  /** Up to so much more, for each piece anew. */
  jitterMs: number;
  /** What part of the pieces is lost. TCP sends them again: what is behind one waits as long as it does. */
  loss: number;
  stallMs: number;
  /** Each way, of each connection; null for no limit. */
  bytesPerSecond: number | null;
  /** Nothing arrives any more, and nobody is told. A connection that has lost bytes so stays dead. */
  isSwallowing: boolean;
};

export type Pipe = {
  push(bytes: Buffer): void;
  /** The writer has finished: told after all that is on its way. */
  end(): void;
  /** For good. */
  swallow(): void;
  stop(): void;
};

type Piece = { dueAt: number; bytes: Buffer | null };

/** As much as fits into a packet. */
const pieceBytes = 1_400;
/** More than that is not taken from the writer, as by any network. */
const maxWaitingBytes = 256 * 1024;

export function createPipe(
  from: Socket,
  to: Socket,
  { roughness, random }: { roughness: Roughness; random: () => number },
): Pipe {
  const waiting: Piece[] = [];
  let waitingBytes = 0;
  let lineFreeAt = 0;
  let lastDueAt = 0;
  let isDead = false;
  let timer: ReturnType<typeof setTimeout> | null = null;

  function dueAt(length: number): number {
    const { latencyMs, jitterMs, loss, stallMs, bytesPerSecond } = roughness;
    const now = performance.now();
    lineFreeAt = Math.max(now, lineFreeAt) + (bytesPerSecond === null ? 0 : (length / bytesPerSecond) * 1_000);
    const late = latencyMs + random() * jitterMs + (random() < loss ? stallMs : 0);
    lastDueAt = Math.max(lastDueAt, lineFreeAt + late);
    return lastDueAt;
  }

  function add(bytes: Buffer | null): void {
    const piece = { dueAt: dueAt(bytes?.length ?? 0), bytes };
    if (waiting.length === 0 && piece.dueAt <= performance.now()) return deliver(piece);
    waiting.push(piece);
    waitingBytes += bytes?.length ?? 0;
    if (waitingBytes > maxWaitingBytes) from.pause();
    timer ??= setTimeout(deliverDue, piece.dueAt - performance.now());
  }

  function deliver({ bytes }: Piece): void {
    if (bytes === null) to.end();
    else if (!to.write(bytes)) hold();
  }

  /** The reader is slow: the writer has to wait as well. */
  function hold(): void {
    from.pause();
    to.once("drain", () => from.resume());
  }

  function deliverDue(): void {
    timer = null;
    while (waiting[0] !== undefined && waiting[0].dueAt <= performance.now()) {
      const piece = waiting.shift();
      if (piece === undefined) break;
      waitingBytes -= piece.bytes?.length ?? 0;
      deliver(piece);
    }
    if (waitingBytes <= maxWaitingBytes) from.resume();
    const [next] = waiting;
    if (next !== undefined) timer = setTimeout(deliverDue, Math.max(0, next.dueAt - performance.now()));
  }

  function stop(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    waiting.length = 0;
  }

  function swallow(): void {
    isDead = true;
    stop();
  }

  return {
    push(bytes) {
      if (roughness.isSwallowing) swallow();
      if (isDead) return;
      const isWhole = roughness.bytesPerSecond === null && roughness.loss === 0;
      const step = isWhole ? bytes.length : pieceBytes;
      for (let start = 0; start < bytes.length; start += step) add(bytes.subarray(start, start + step));
    },
    end() {
      if (roughness.isSwallowing) swallow();
      if (!isDead) add(null);
    },
    swallow,
    stop,
  };
}
