// The few bytes that both sides say before a tunnel is open: read one piece after the other, and never more than a few.
import type { Socket } from "node:net";
import { WaygateError } from "../core/errors.ts";

export type Exchange = {
  say(bytes: Uint8Array | string): void;
  /** The next so many bytes. */
  read(count: number): Promise<Buffer>;
  /** Up to and with the next occurrence of `mark`. */
  readThrough(mark: string): Promise<Buffer>;
  /** The tunnel is open: whoever is at its other end waits to be spoken to, so nothing more may have come. */
  end(): void;
};

export type ExchangeOptions = {
  /** Of whom the sentences speak. */
  name: string;
  maxBytes: number;
};

/** Every read rejects once the socket fails or closes; the socket is left as it is. */
export function exchangeOver(socket: Socket, { name, maxBytes }: ExchangeOptions): Exchange {
  let held = Buffer.alloc(0);
  let total = 0;
  let failure: Error | null = null;
  let wake: (() => void) | null = null;

  const fail = (error: Error) => {
    failure ??= error;
    wake?.();
  };
  const onData = (bytes: Buffer) => {
    total += bytes.length;
    if (total > maxBytes) return fail(refusal(`${name} answered with more than it should.`));
    held = Buffer.concat([held, bytes]);
    wake?.();
  };
  const onClose = () => fail(refusal(`${name} closed the connection before it was ready.`));
  socket.on("data", onData).on("error", fail).on("end", onClose).on("close", onClose);

  async function take(enough: () => number | null): Promise<Buffer> {
    for (;;) {
      const count = enough();
      if (count !== null) {
        const piece = held.subarray(0, count);
        held = held.subarray(count);
        return piece;
      }
      if (failure !== null) throw failure;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    say: (bytes) => void socket.write(bytes),
    read: (count) => take(() => (held.length >= count ? count : null)),
    readThrough: (mark) =>
      take(() => {
        const at = held.indexOf(mark);
        return at < 0 ? null : at + mark.length;
      }),
    end() {
      socket.off("data", onData).off("error", fail).off("end", onClose).off("close", onClose);
      if (failure !== null) throw failure;
      if (held.length > 0) throw refusal(`${name} said more than its answer before it was spoken to.`);
    },
  };
}

function refusal(sentence: string): WaygateError {
  return new WaygateError("unavailable", sentence);
}
