// Whether bytes are a JPEG, told from what is in them and not from what they are called; and how large the picture is.

export type PictureSize = { width: number; height: number };

const marker = 0xff;
const startOfImage = 0xd8;
const startOfScan = 0xda;
const endOfImage = 0xd9;

/** Null for whatever is no JPEG: it is walked to its frame, where the size is told. */
export function jpegSize(bytes: Uint8Array): PictureSize | null {
  if (bytes[0] !== marker || bytes[1] !== startOfImage) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let place = 2;
  while (place + 9 <= bytes.length) {
    if (bytes[place] !== marker) return null;
    const kind = bytes[place + 1] ?? 0;
    // Any number of these may stand before a marker.
    if (kind === marker) place += 1;
    else if (isFrame(kind)) return { height: view.getUint16(place + 5), width: view.getUint16(place + 7) };
    else if (kind === startOfScan || kind === endOfImage || !hasLength(kind)) return null;
    else place += 2 + view.getUint16(place + 2);
  }
  return null;
}

/** SOF0 to SOF15, but for the tables that have numbers between them. */
function isFrame(kind: number): boolean {
  return kind >= 0xc0 && kind <= 0xcf && kind !== 0xc4 && kind !== 0xc8 && kind !== 0xcc;
}

function hasLength(kind: number): boolean {
  return kind >= 0xc0 && !(kind >= 0xd0 && kind <= 0xd8);
}
