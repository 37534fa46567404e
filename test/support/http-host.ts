// A host of somebody else's on loopback, over TLS or in the clear: it writes down what it was asked, and answers as a
// test says.
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { certify, makeAuthority } from "../../src/sandbox/crypto/x509.ts";

export type Received = {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** With the names as they were sent. */
  rawHeaders: string[];
  body: Buffer;
  /** The name that TLS was asked for. */
  serverName: string | null;
};

export type Reply = (response: ServerResponse, request: Received) => unknown;

export type HttpHost = AsyncDisposable & {
  readonly port: number;
  /** Of its own authority; null in the clear. */
  readonly ca: string | null;
  readonly received: Received[];
  /** So many there were, and so many are open. */
  connections(): number;
  open(): number;
};

export type HttpHostOptions = {
  /** With names for its certificate, it speaks TLS. */
  names?: string[];
  address?: string;
  port?: number;
};

export async function startHttpHost(reply: Reply, options: HttpHostOptions = {}): Promise<HttpHost> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const listener: RequestListener = async (request, response) => {
    response.on("error", () => {});
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const { method = "", url: path = "", headers, rawHeaders, socket } = request;
    const serverName = (socket as TLSSocket).servername || null;
    const one = { method, path, headers, rawHeaders, body: Buffer.concat(pieces), serverName };
    received.push(one);
    await reply(response, one);
  };
  const secured = options.names === undefined ? null : certified(options.names);
  const server = secured === null ? createServer(listener) : createSecureServer(secured, listener);
  server.on("connection", (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(options.port ?? 0, options.address ?? "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { port: number }).port,
    ca: secured?.ca ?? null,
    received,
    connections: () => connections,
    open: () => sockets.size,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Writes it again and again until nobody is there; whoever reads has a turn in between, in the same process too. */
export async function pour(response: ServerResponse, piece: Uint8Array, poured: () => void = () => {}): Promise<void> {
  while (!response.destroyed) {
    response.write(piece);
    poured();
    await Bun.sleep(response.writableNeedDrain ? 5 : 0);
  }
}

function certified(names: string[]): { cert: string; key: string; ca: string } {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const authority = makeAuthority("a host's own", now);
  const addresses = names.filter((name) => /^[\d.]+$/.test(name));
  const dns = names.filter((name) => !addresses.includes(name));
  const { certificate: cert, privateKey: key } = certify({ dns, addresses }, now, authority);
  return { cert, key, ca: authority.certificate };
}
