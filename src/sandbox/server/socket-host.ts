// Where clients connect: a WebSocket on any path, and plain requests for whoever answers those.
import type { World } from "../network/world.ts";
import type { Connection, Wire } from "./connection.ts";

export type SocketHostOptions = {
  hostname: string;
  port: number;
  world: World;
  connect(wire: Wire): Connection;
  answer(request: Request): Response | Promise<Response>;
};

type Attached = { connection: Connection | null };

/** A host that can stop listening for a while and come back on the same port. */
export function startSocketHost(options: SocketHostOptions) {
  let server = listen(options, options.port);
  const port = server.port ?? options.port;
  let timer: ReturnType<typeof setTimeout> | null = null;
  return {
    port,
    refuse(ms: number): void {
      if (timer !== null) clearTimeout(timer);
      server.stop();
      timer = setTimeout(() => {
        timer = null;
        server = listen(options, port);
      }, ms);
    },
    async stop(): Promise<void> {
      if (timer !== null) clearTimeout(timer);
      await server.stop(true);
    },
  };
}

function listen({ hostname, world, connect, answer }: SocketHostOptions, port: number) {
  return Bun.serve<Attached>({
    hostname,
    port,
    development: false,
    idleTimeout: 120,
    fetch(request, server) {
      if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return answer(request);
      const fault = world.faults.strike("upgrade-error", null);
      if (fault !== null) return new Response("refused", { status: fault.code ?? 503 });
      if (server.upgrade(request, { data: { connection: null } })) return undefined;
      return new Response("no WebSocket", { status: 400 });
    },
    websocket: {
      maxPayloadLength: 32 * 1024 * 1024,
      idleTimeout: 240,
      sendPings: false,
      open(socket) {
        const wire: Wire = {
          send: (bytes) => void socket.sendBinary(bytes),
          close: () => socket.close(1000),
          terminate: () => socket.terminate(),
        };
        socket.data.connection = connect(wire);
      },
      message(socket, message) {
        socket.data.connection?.receive(Buffer.from(message as Uint8Array));
      },
      close(socket) {
        socket.data.connection?.closed();
      },
    },
  });
}
