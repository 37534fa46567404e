// The byte stream inside the WebSocket: an intro, then frames with three bytes of length. A message of the WebSocket may
// hold several of them, or part of one.

export const intro = Buffer.from([0x57, 0x41, 6, 3]);
const routingIntro = Buffer.from([0x45, 0x44, 0, 1]);
const lengthBytes = 3;
export const maxFrameBytes = (1 << 24) - 1;

export type FrameReader = {
  /** The frames that are whole now. Throws when the stream does not begin as it must. */
  push(chunk: Buffer): Buffer[];
  /** What the client was once given to be routed by; null until it is there, and where there is none. */
  routing(): Buffer | null;
};

export function createFrameReader(): FrameReader {
  let waiting: Buffer = Buffer.alloc(0);
  let hasBegun = false;
  let routing: Buffer | null = null;

  /** The intro, after routing information if the client was given some earlier; false while bytes are missing. */
  function begin(): boolean {
    if (waiting.length < intro.length) return false;
    if (waiting.subarray(0, 4).equals(routingIntro)) {
      if (waiting.length < 7) return false;
      const end = 7 + waiting.readUIntBE(4, lengthBytes);
      if (waiting.length < end + intro.length) return false;
      routing = Buffer.from(waiting.subarray(7, end));
      waiting = waiting.subarray(end);
    }
    if (!waiting.subarray(0, intro.length).equals(intro))
      throw new Error(`the stream begins with ${waiting.subarray(0, 4).toString("hex")}`);
    waiting = waiting.subarray(intro.length);
    return true;
  }

  return {
    routing: () => routing,
    push(chunk) {
      waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
      hasBegun ||= begin();
      const frames: Buffer[] = [];
      while (hasBegun && waiting.length >= lengthBytes) {
        const end = lengthBytes + waiting.readUIntBE(0, lengthBytes);
        if (waiting.length < end) break;
        frames.push(waiting.subarray(lengthBytes, end));
        waiting = waiting.subarray(end);
      }
      return frames;
    },
  };
}

export function frame(body: Uint8Array): Buffer {
  if (body.length > maxFrameBytes) throw new Error(`a frame of ${body.length} bytes`);
  const framed = Buffer.alloc(lengthBytes + body.length);
  framed.writeUIntBE(body.length, 0, lengthBytes);
  framed.set(body, lengthBytes);
  return framed;
}
