// The body of an answer: as bytes up to a limit, or into a file. Every byte that comes shows that it moves.
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { brokeOff } from "./mishaps.ts";
import { openPart } from "./part.ts";
import type { Patience } from "./patience.ts";

export type Capped = {
  body: Buffer;
  /** False where there was more than was wanted: the rest was not read. */
  isWhole: boolean;
};

export async function readCapped(response: IncomingMessage, maxBytes: number, patience: Patience): Promise<Capped> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    patience.touch();
    pieces.push(piece.subarray(0, maxBytes - bytes));
    bytes += piece.length;
    if (bytes > maxBytes) {
      response.destroy();
      return { body: Buffer.concat(pieces), isWhole: false };
    }
  }
  refuseCut(response, patience);
  return { body: Buffer.concat(pieces), isWhole: true };
}

export type Written = { bytes: number; sha256: Uint8Array };

/** The file appears once it is whole; null, and no file, where there is more than is allowed. */
export async function writeTo(
  path: string,
  response: IncomingMessage,
  { maxBytes, patience }: { maxBytes: number; patience: Patience },
): Promise<Written | null> {
  try {
    if (Number(response.headers["content-length"] ?? 0) > maxBytes) return null;
    const hash = createHash("sha256");
    let bytes = 0;
    await using part = await openPart(path);
    for await (const piece of response as AsyncIterable<Buffer>) {
      patience.touch();
      bytes += piece.length;
      if (bytes > maxBytes) return null;
      hash.update(piece);
      await part.write(piece);
    }
    refuseCut(response, patience);
    await part.keep();
    return { bytes, sha256: hash.digest() };
  } finally {
    response.destroy();
  }
}

/** A body that says nothing of its length looks whole wherever it ends, even where patience has ended it. */
function refuseCut(response: IncomingMessage, patience: Patience): void {
  patience.signal.throwIfAborted();
  if (!response.complete) throw new Error(brokeOff);
}
