// Servers that nobody may ever reach: on loopback, at one port for both families. Whoever connects is counted.
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

export type Canaries = AsyncDisposable & {
  readonly port: number;
  /** Whether there is one at ::1 as well. */
  readonly hasIpv6: boolean;
  hits(): number;
};

export async function startCanaries(): Promise<Canaries> {
  const sockets = new Set<Socket>();
  let hits = 0;
  const sing = (socket: Socket) => {
    hits += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntweet"));
  };
  for (;;) {
    const first = createServer(sing).listen(0, "127.0.0.1");
    await once(first, "listening");
    const { port } = first.address() as { port: number };
    const second = await listenOnIpv6(port, sing);
    if (second === "taken") {
      first.close();
      continue;
    }
    return {
      port,
      hasIpv6: second !== null,
      hits: () => hits,
      async [Symbol.asyncDispose]() {
        first.close();
        second?.close();
        for (const socket of sockets) socket.destroy();
      },
    };
  }
}

/** Null on a machine without IPv6. */
async function listenOnIpv6(port: number, serve: (socket: Socket) => void): Promise<Server | "taken" | null> {
  const server = createServer(serve).listen(port, "::1");
  try {
    await once(server, "listening");
    return server;
  } catch (error) {
    return (error as { code?: string }).code === "EADDRINUSE" ? "taken" : null;
  }
}
