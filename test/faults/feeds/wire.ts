// HTTP/1.1 and WebSocket from below: bytes as they come, up to the very one after which the connection is cut.
import { connect } from "node:net";

/** Where a connection is cut, whichever comes first; never, if it says nothing. */
export type Cut = { bytes: number; ms: number };
export type Asked = { origin: string; path: string; method?: string; headers?: Record<string, string>; body?: string };

export const never: Cut = { bytes: Number.POSITIVE_INFINITY, ms: 2_147_483_647 };
/** Enough for what is not to be cut: then somebody asks again. */
export const aWhile: Cut = { ...never, ms: 1_000 };

/** Settles when it is over, with how many bytes were heard. `say` speaks on the same connection. */
export function readBytes(
  { origin, path, method = "GET", headers = {}, body = "" }: Asked,
  cut: Cut,
  hear: (bytes: Buffer, say: (bytes: Buffer) => void) => void,
): Promise<number> {
  const { hostname, port, host } = new URL(origin);
  const lines = Object.entries({ Host: host, ...headers, "Content-Length": Buffer.byteLength(body) });
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let count = 0;
    const timer = setTimeout(() => socket.destroy(), cut.ms);
    socket.on("connect", () => void socket.write(head + body));
    socket.on("data", (bytes: Buffer) => {
      const heard = bytes.subarray(0, cut.bytes - count);
      count += heard.length;
      if (heard.length > 0) hear(Buffer.from(heard), (said) => void socket.write(said));
      if (count >= cut.bytes) socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("end", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(count);
    });
  });
}

export type Response = { status: number; take(bytes: Buffer): void; isWhole(): boolean };

/** Hands over what is in the body, piece by piece; without chunks it is whole when its length is there. */
export function readResponse(hear: (body: Buffer) => void): Response {
  let raw = Buffer.alloc(0);
  let head: { isChunked: boolean; left: number } | null = null;
  let isWhole = false;
  const response: Response = { status: 0, isWhole: () => isWhole, take };

  function take(bytes: Buffer): void {
    raw = Buffer.concat([raw, bytes]);
    if (head === null) readHead();
    if (head === null) return;
    if (head.isChunked) while (readChunk());
    else readPlain(head);
  }

  function readHead(): void {
    const end = raw.indexOf("\r\n\r\n");
    if (end < 0) return;
    const text = raw.subarray(0, end).toString("latin1");
    response.status = Number(text.split(" ", 2)[1]);
    head = {
      isChunked: /transfer-encoding: *chunked/i.test(text),
      left: Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0),
    };
    raw = raw.subarray(end + 4);
  }

  function readPlain(of: { left: number }): void {
    hear(raw.subarray(0, of.left));
    of.left -= Math.min(raw.length, of.left);
    raw = Buffer.alloc(0);
    isWhole = of.left === 0;
  }

  function readChunk(): boolean {
    const line = raw.indexOf("\r\n");
    if (line < 0) return false;
    const length = Number.parseInt(raw.subarray(0, line).toString("latin1"), 16);
    if (raw.length < line + 2 + length + 2) return false;
    if (length === 0) isWhole = true;
    else hear(raw.subarray(line + 2, line + 2 + length));
    raw = raw.subarray(line + 2 + length + 2);
    return length > 0;
  }
  return response;
}

/** Whole frames of text; what else there is says nothing. */
export function readFrames(hear: (text: string) => void): (bytes: Buffer) => void {
  let raw = Buffer.alloc(0);

  function readFrame(): boolean {
    if (raw.length < 2) return false;
    const short = (raw[1] ?? 0) & 0x7f;
    const start = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (raw.length < start) return false;
    const length = short === 127 ? Number(raw.readBigUInt64BE(2)) : short === 126 ? raw.readUInt16BE(2) : short;
    if (raw.length < start + length) return false;
    if (((raw[0] ?? 0) & 0x0f) === 1) hear(raw.subarray(start, start + length).toString());
    raw = raw.subarray(start + length);
    return true;
  }
  return (bytes) => {
    raw = Buffer.concat([raw, bytes]);
    while (readFrame());
  };
}

/** As a client has to send it. */
export function frameOf(text: string): Buffer {
  const payload = Buffer.from(text);
  const mask = crypto.getRandomValues(new Uint8Array(4));
  const head =
    payload.length < 126 ? [0x81, 0x80 | payload.length] : [0x81, 0xfe, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from(head), mask, payload.map((byte, place) => byte ^ (mask[place % 4] ?? 0))]);
}
