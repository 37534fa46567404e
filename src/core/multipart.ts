// The first file of a multipart form, as it comes: none of it is held longer than it takes to see where it ends.
import { WaygateError } from "./errors.ts";

type Pieces = AsyncIterable<Uint8Array>;

const longestHead = 16 * 1024;
const malformed = (sentence: string) => new WaygateError("malformed", sentence);

/** Null where the type is none of a form. */
export function boundaryOf(contentType: string): string | null {
  const [, quoted, plain] =
    /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]{1,70})"|([^;\s]{1,70}))/i.exec(contentType) ?? [];
  return quoted ?? plain ?? null;
}

/** The bytes of the first part that has a file name, or of the first part at all. */
export async function* fileIn(pieces: Pieces, boundary: string): AsyncGenerator<Uint8Array> {
  const source = pieces[Symbol.asyncIterator]();
  const mark = Buffer.from(`\r\n--${boundary}`);
  // The first boundary has no line before it.
  let held = Buffer.from("\r\n");
  const more = async (): Promise<boolean> => {
    const { done, value } = await source.next();
    if (done !== true) held = Buffer.concat([held, value]);
    return done !== true;
  };
  try {
    if (!(await upTo(mark))) throw malformed("The form's first boundary is not there.");
    for (let isFirst = true; ; isFirst = false) {
      const head = await headOfPart();
      if (head === null) throw malformed("There is no file in the form.");
      const isWanted = /filename\*?=/i.test(head) || (isFirst && !/name="/i.test(head));
      if (isWanted) return yield* content();
      for await (const _piece of content());
    }
  } finally {
    await source.return?.();
  }

  /** What stands before it is let go. */
  async function upTo(wanted: Buffer): Promise<boolean> {
    for (;;) {
      const at = held.indexOf(wanted);
      if (at >= 0) {
        held = held.subarray(at + wanted.length);
        return true;
      }
      held = held.subarray(Math.max(0, held.length - wanted.length));
      if (!(await more())) return false;
    }
  }

  /** Null behind the last part. */
  async function headOfPart(): Promise<string | null> {
    while (held.indexOf("\r\n\r\n") < 0) {
      if (held.subarray(0, 2).equals(Buffer.from("--"))) return null;
      if (held.length > longestHead) throw malformed("The head of a part of the form is too long.");
      if (!(await more())) throw malformed("The body ended before it was whole.");
    }
    const at = held.indexOf("\r\n\r\n");
    const head = held.subarray(0, at).toString();
    held = held.subarray(at + 4);
    return head;
  }

  /** Up to the next boundary, which is taken with it. */
  async function* content(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = held.indexOf(mark);
      if (at >= 0) {
        if (at > 0) yield held.subarray(0, at);
        held = held.subarray(at + mark.length);
        return;
      }
      const certain = held.length - mark.length;
      if (certain > 0) {
        yield held.subarray(0, certain);
        held = held.subarray(certain);
      }
      if (!(await more())) throw malformed("The body ended before it was whole.");
    }
  }
}
