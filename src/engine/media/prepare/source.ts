// A file that is looked into: read where it is asked for, in small pieces, and never past its end.
import { open } from "node:fs/promises";

export type Source = AsyncDisposable & {
  readonly path: string;
  readonly bytes: number;
  /** Shorter than asked for where the file ends. */
  read(at: number, length: number): Promise<Buffer>;
};

/** Read forwards, byte by byte or in pieces, without a call to the system for each. */
export type Cursor = {
  at(): number;
  isAtEnd(): boolean;
  /** Shorter than asked for where the file ends. */
  take(length: number): Promise<Buffer>;
  skip(length: number): void;
};

/** Nothing that is read in one piece is longer; what claims to be is damaged, or means harm. */
export const maxPiece = 1024 * 1024;
const windowBytes = 64 * 1024;

export async function openSource(path: string): Promise<Source> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    return {
      path,
      bytes: size,
      async read(at, length) {
        const wanted = Math.max(0, Math.min(length, maxPiece, size - at));
        const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, at);
        return buffer.subarray(0, bytesRead);
      },
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export function cursorIn(source: Source, from = 0): Cursor {
  let place = from;
  let window: Buffer = Buffer.alloc(0);
  let windowAt = from;
  return {
    at: () => place,
    isAtEnd: () => place >= source.bytes,
    async take(length) {
      if (place < windowAt || place + length > windowAt + window.length) {
        window = await source.read(place, Math.max(length, windowBytes));
        windowAt = place;
      }
      const taken = window.subarray(place - windowAt, place - windowAt + length);
      place += taken.length;
      return taken;
    },
    skip(length) {
      place += length;
    },
  };
}
