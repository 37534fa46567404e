// The little of protobuf that Signal's own messages need: numbers and bytes by field number.

export type Fields = { numbers: Map<number, number>; bytes: Map<number, Buffer> };

export function writeFields(fields: readonly (readonly [field: number, value: number | Uint8Array])[]): Buffer {
  const parts: Buffer[] = [];
  for (const [field, value] of fields) {
    if (typeof value === "number") parts.push(varint(field << 3), varint(value));
    else parts.push(varint((field << 3) | 2), varint(value.length), Buffer.from(value));
  }
  return Buffer.concat(parts);
}

/** Null for what is no protobuf of numbers and bytes. */
export function readFields(data: Uint8Array): Fields | null {
  const fields: Fields = { numbers: new Map(), bytes: new Map() };
  let at = 0;

  function number(): number | null {
    let value = 0;
    for (let shift = 0; shift < 63; shift += 7) {
      const byte = data[at++];
      if (byte === undefined) return null;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return null;
  }

  while (at < data.length) {
    const head = number();
    const value = number();
    if (head === null || value === null) return null;
    const field = head >>> 3;
    if ((head & 7) === 0) fields.numbers.set(field, value);
    else if ((head & 7) === 2 && at + value <= data.length) {
      fields.bytes.set(field, Buffer.from(data.subarray(at, at + value)));
      at += value;
    } else return null;
  }
  return fields;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}
