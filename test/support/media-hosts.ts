// Media hosts that do as a test says: HTTPS on loopback, one authority for all of them.
import { certify, makeAuthority } from "../../src/sandbox/crypto/x509.ts";

type Serve = (request: Request) => Response | Promise<Response>;

export type MediaHosts = AsyncDisposable & {
  readonly ca: string;
  /** `host:port` of each, in order. */
  readonly names: string[];
  /** What each was asked for: method and path. */
  readonly asked: string[][];
};

export function startMediaHosts(...serves: Serve[]): MediaHosts {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const authority = makeAuthority("media hosts", now);
  const { certificate: cert, privateKey: key } = certify({ dns: [], addresses: ["127.0.0.1"] }, now, authority);
  const asked: string[][] = serves.map(() => []);
  const servers = serves.map((serve, index) =>
    Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      development: false,
      maxRequestBodySize: 1024 ** 3,
      tls: { cert, key },
      fetch(request) {
        const { pathname, search } = new URL(request.url);
        asked[index]?.push(`${request.method} ${pathname}${search}`);
        return serve(request);
      },
    }),
  );
  return {
    ca: authority.certificate,
    names: servers.map((server) => `127.0.0.1:${server.port}`),
    asked,
    async [Symbol.asyncDispose]() {
      for (const server of servers) await server.stop(true);
    },
  };
}
