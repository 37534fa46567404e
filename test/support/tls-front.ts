// A TLS end on loopback with a certificate for whatever names: what arrives goes on to a port behind it.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls, createServer } from "node:tls";
import { certify, makeAuthority } from "../../src/sandbox/crypto/x509.ts";

export type TlsFront = AsyncDisposable & {
  readonly port: number;
  /** Of its own authority. */
  readonly ca: string;
  readonly connections: () => number;
};

export type TlsFrontOptions = {
  names: string[];
  /** With the authority's certificate, it speaks TLS to what is behind it as well. */
  to: { port: number; ca?: string };
};

export async function startTlsFront({ names, to }: TlsFrontOptions): Promise<TlsFront> {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const authority = makeAuthority("a front's own", now);
  const { certificate, privateKey } = certify({ dns: names, addresses: [] }, now, authority);
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer({ cert: certificate, key: privateKey }, (near) => {
    connections += 1;
    const target = { host: "127.0.0.1", port: to.port };
    const far = to.ca === undefined ? connect(target) : connectTls({ ...target, ca: to.ca });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.once("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { port: number }).port,
    ca: authority.certificate,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
