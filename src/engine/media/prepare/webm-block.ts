// One block of a WebM: the frames in it, which may be several, laced together in one of three ways.

/** Nothing if the block is another track's, or makes no sense. */
export function framesOf(block: Buffer, track: number): Buffer[] {
  const number = vintAt(block, 0);
  // After the track's number come two bytes of time.
  const flags = number === null ? undefined : block[number.bytes + 2];
  if (number === null || flags === undefined || number.value !== track) return [];
  const lacing = flags & 0x06;
  const body = block.subarray(number.bytes + 3);
  if (lacing === 0) return body.length === 0 ? [] : [body];
  const frames = (body[0] ?? 0) + 1;
  const laced = body.subarray(1);
  if (lacing === 0x04) return evenly(laced, frames);
  return cut(laced, lacing === 0x02 ? xiphSizes(laced, frames) : ebmlSizes(laced, frames));
}

type Sizes = { sizes: number[]; at: number } | null;

function evenly(body: Buffer, frames: number): Buffer[] {
  const bytes = body.length / frames;
  if (!Number.isInteger(bytes) || bytes === 0) return [];
  return Array.from({ length: frames }, (_, index) => body.subarray(index * bytes, (index + 1) * bytes));
}

/** The last frame has what is left. */
function cut(body: Buffer, found: Sizes): Buffer[] {
  if (found === null) return [];
  const frames: Buffer[] = [];
  let { at } = found;
  for (const size of found.sizes) {
    if (size < 0 || at + size > body.length) return [];
    frames.push(body.subarray(at, at + size));
    at += size;
  }
  return [...frames, body.subarray(at)].filter(({ length }) => length > 0);
}

function xiphSizes(body: Buffer, frames: number): Sizes {
  const sizes: number[] = [];
  let at = 0;
  for (let size = 0; sizes.length < frames - 1; at++) {
    const byte = body[at];
    if (byte === undefined) return null;
    size += byte;
    if (byte === 255) continue;
    sizes.push(size);
    size = 0;
  }
  return { sizes, at };
}

/** The first as it is, the others by how much they differ from the one before. */
function ebmlSizes(body: Buffer, frames: number): Sizes {
  const sizes: number[] = [];
  let at = 0;
  while (sizes.length < frames - 1) {
    const number = vintAt(body, at);
    if (number === null) return null;
    const before = sizes.at(-1);
    sizes.push(before === undefined ? number.value : before + number.value - (2 ** (7 * number.bytes - 1) - 1));
    at += number.bytes;
  }
  return { sizes, at };
}

function vintAt(bytes: Buffer, at: number): { value: number; bytes: number } | null {
  const first = bytes[at];
  if (first === undefined || first === 0) return null;
  const length = Math.clz32(first) - 23;
  if (at + length > bytes.length) return null;
  const rest = bytes.subarray(at + 1, at + length);
  return { bytes: length, value: rest.reduce((value, byte) => value * 256 + byte, first & (0xff >> length)) };
}
