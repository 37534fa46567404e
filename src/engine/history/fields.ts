// The fields of a protocol buffer as they come out of the inflater, one after the other: a chunk of history may be as
// large as a lifetime of chats, and no more of it is in memory than its largest field.
import { WaygateError } from "../../core/errors.ts";

export type Field = { number: number; value: Uint8Array | number };
export type FieldLimits = { maxFieldBytes: number; maxBytes: number };

type Read = { field: Field; end: number } | { needed: number };

const bytesType = 2;
const fixedBytes: Record<number, number> = { 1: 8, 5: 4 };

/** Throws a sentence for what is cut off, too large or no protocol buffer at all. */
export async function* fieldsIn(
  pieces: AsyncIterable<Uint8Array>,
  { maxFieldBytes, maxBytes }: FieldLimits,
): AsyncGenerator<Field> {
  let held = Buffer.alloc(0);
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let needed = 1;
  let total = 0;
  for await (const piece of pieces) {
    total += piece.length;
    if (total > maxBytes) throw new WaygateError("too_large", "The history is larger than it may be.");
    waiting.push(piece);
    waitingBytes += piece.length;
    // Joined only when the next field is whole: else a large one would be copied once for every piece of it.
    if (held.length + waitingBytes < needed) continue;
    held = Buffer.concat([held, ...waiting]);
    [waiting, waitingBytes] = [[], 0];
    let at = 0;
    for (;;) {
      const read = fieldAt(held, at);
      if ("needed" in read) {
        needed = read.needed;
        break;
      }
      yield read.field;
      at = read.end;
    }
    if (needed > maxFieldBytes) throw new WaygateError("too_large", "A part of the history is larger than it may be.");
    held = held.subarray(at);
  }
  if (held.length + waitingBytes > 0) throw malformed();
}

/** The field that begins here; or how many bytes from here on it takes, as far as that can be said yet. */
function fieldAt(bytes: Buffer, at: number): Read {
  const tag = varintAt(bytes, at);
  if (tag === null) return { needed: bytes.length - at + 1 };
  const [number, type] = [Math.floor(tag.value / 8), tag.value & 7];
  if (type !== 0 && type !== bytesType && fixedBytes[type] === undefined) throw malformed();
  const first = type === 0 || type === bytesType ? varintAt(bytes, tag.end) : { value: 0, end: tag.end };
  if (first === null) return { needed: bytes.length - at + 1 };
  if (type === 0) return { field: { number, value: first.value }, end: first.end };
  const end = first.end + (fixedBytes[type] ?? first.value);
  if (end > bytes.length) return { needed: end - at };
  return { field: { number, value: bytes.subarray(first.end, end) }, end };
}

/** Null when it goes on after the end. */
function varintAt(bytes: Buffer, from: number): { value: number; end: number } | null {
  let value = 0;
  for (let place = 0; place < 10; place++) {
    const byte = bytes[from + place];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * place);
    if (byte < 0x80) return { value, end: from + place + 1 };
  }
  throw malformed();
}

function malformed(): WaygateError {
  return new WaygateError("malformed", "The history cannot be read.");
}
