// A receiver that speaks no more HTTP than a test wants: it reads one request per connection, and then writes whatever it
// is told to, as bytes.
import { once } from "node:events";
import { createServer, type Socket } from "node:net";

export type RawAnswer = (socket: Socket) => unknown;
export type RawHost = AsyncDisposable & {
  readonly port: number;
  /** Whole requests that came in. */
  readonly received: string[];
  connections(): number;
  open(): number;
};

/** `early` answers as soon as the first bytes are there, in the middle of the request. */
export async function startRawHost(answer: RawAnswer, { early = false } = {}): Promise<RawHost> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    let text = "";
    socket.on("data", (bytes) => {
      // Who has hung up hears nothing more.
      if (socket.writableEnded) return;
      text += bytes.toString("latin1");
      const request = early ? text : wholeRequest(text);
      if (request === null) return;
      text = "";
      received.push(request);
      answer(socket);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { port: number }).port,
    received,
    connections: () => connections,
    open: () => sockets.size,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Null while some of it is missing. */
function wholeRequest(text: string): string | null {
  const end = text.indexOf("\r\n\r\n");
  const length = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0);
  return end >= 0 && text.length >= end + 4 + length ? text : null;
}
