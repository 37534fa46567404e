// Protocol buffers, as far as Signal's four messages and our own records need them: varints and bytes by field number.

export type Fields = Map<number, (Uint8Array | number)[]>;
export type Field = [number: number, value: Uint8Array | number | null | undefined];

const bytesType = 2;

export function writeFields(fields: readonly Field[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const [number, value] of fields) {
    if (value === null || value === undefined) continue;
    if (typeof value === "number") parts.push(varint(number << 3), varint(value));
    else parts.push(varint((number << 3) | bytesType), varint(value.length), value);
  }
  return Buffer.concat(parts);
}

/** Throws for what is cut off or of no known type. */
export function readFields(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("cut off");
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error("a number too long");
  };
  while (at < bytes.length) {
    const tag = next();
    const number = Math.floor(tag / 8);
    const known = fields.get(number) ?? [];
    known.push(nextOf(tag & 7));
    fields.set(number, known);
  }
  return fields;

  function nextOf(type: number): Uint8Array | number {
    if (type === 0) return next();
    const length = type === bytesType ? next() : type === 1 ? 8 : type === 5 ? 4 : Number.NaN;
    if (!(at + length <= bytes.length)) throw new Error("cut off");
    at += length;
    return bytes.subarray(at - length, at);
  }
}

export function bytesIn(fields: Fields, number: number): Uint8Array | null {
  const value = fields.get(number)?.at(-1);
  return value instanceof Uint8Array ? value : null;
}

export function numberIn(fields: Fields, number: number): number | null {
  const value = fields.get(number)?.at(-1);
  return typeof value === "number" ? value : null;
}

export function allIn(fields: Fields, number: number): Uint8Array[] {
  return (fields.get(number) ?? []).filter((value) => value instanceof Uint8Array);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
