// HTTP as bytes on a socket, one connection each: what a polite client would never send can be sent, exactly as written.
import { connect } from "node:net";

export type HeaderLine = readonly [name: string, value: string];

export type WireRequest = {
  method: string;
  /** Path and query as they go on the wire. */
  target: string;
  headers: readonly HeaderLine[];
  body?: Uint8Array | undefined;
  /** In chunks and without Content-Length. */
  isChunked?: boolean | undefined;
};

export type WireAnswer = {
  status: number;
  headers: Headers;
  text: string;
  /** The text read as JSON, or undefined. */
  json: unknown;
};

const patienceMs = 20_000;
/** As many as there are: Bun says 100 twice where a request could have become a socket. */
const interims = /^(?:HTTP\/1\.1 1\d\d [\s\S]*?\r\n\r\n)*/;
const endless = /^HTTP\/1\.1 200[\s\S]*?\r\ncontent-type: text\/event-stream\r\n[\s\S]*?\r\n\r\n/i;
const chunkBytes = 16_384;

/** Null when the connection was closed without an answer. */
export async function ask(origin: string, request: WireRequest): Promise<WireAnswer | null> {
  const received = await exchange(origin, bytesOf(origin, request));
  return parseAnswer(received);
}

/** Sends these bytes and gives back whatever comes until the other side closes. */
export function exchange(origin: string, bytes: Uint8Array, patience = patienceMs): Promise<Buffer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: hostname, port: Number(port) });
    const end = (settle: () => void) => {
      clearTimeout(timer);
      socket.destroy();
      settle();
    };
    const timer = setTimeout(() => end(() => reject(new Error(`no end within ${patience} ms`))), patience);
    socket.on("connect", () => socket.write(bytes));
    socket.on("data", (chunk) => {
      chunks.push(Buffer.from(chunk));
      // Such an answer does not end by itself.
      const begun = Buffer.concat(chunks.slice(0, 4)).toString("latin1").replace(interims, "");
      if (endless.test(begun)) end(() => resolve(Buffer.concat(chunks)));
    });
    // A server that has answered may close while we still write: what it said counts.
    socket.on("error", (error) => end(() => (chunks.length > 0 ? resolve(Buffer.concat(chunks)) : reject(error))));
    socket.on("close", () => end(() => resolve(Buffer.concat(chunks))));
  });
}

export function bytesOf(origin: string, { method, target, headers, body, isChunked }: WireRequest): Uint8Array {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(names.has("host") ? [] : [`Host: ${new URL(origin).host}`]),
    ...(names.has("connection") ? [] : ["Connection: close"]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  if (isChunked === true) lines.push("Transfer-Encoding: chunked");
  else if (body !== undefined) lines.push(`Content-Length: ${body.length}`);
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  if (isChunked !== true) return Buffer.concat([head, body ?? new Uint8Array()]);
  return Buffer.concat([head, ...chunksOf(body ?? new Uint8Array())]);
}

function chunksOf(body: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let start = 0; start < body.length; start += chunkBytes) {
    const part = body.subarray(start, start + chunkBytes);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n"));
  }
  return [...parts, Buffer.from("0\r\n\r\n")];
}

export function parseAnswer(received: Buffer): WireAnswer | null {
  const text = received.toString("latin1");
  const interim = interims.exec(text)?.[0].length ?? 0;
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text.slice(interim))?.[1];
  const split = text.indexOf("\r\n\r\n", interim);
  if (status === undefined || split < 0) return null;
  const headers = new Headers();
  for (const line of text.slice(interim, split).split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const rest = received.subarray(split + 4);
  const body = headers.get("transfer-encoding") === "chunked" ? unchunked(rest) : rest;
  const told = body.toString("utf8");
  return { status: Number(status), headers, text: told, json: readJson(told) };
}

function unchunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd < 0 ? at : lineEnd), 16);
    if (lineEnd < 0 || Number.isNaN(size) || size === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
