// A way to the network that counts who passes: how many connections there were, and how many there are.
import { connect, createServer, type Socket } from "node:net";

export type Relay = AsyncDisposable & {
  readonly port: number;
  /** Since the beginning. */
  connections(): number;
  open(): number;
  /** With every new connection, itself included. */
  onConnection(look: () => void): void;
};

export async function startRelay(to: number): Promise<Relay> {
  const open = new Set<Socket>();
  const looks: (() => void)[] = [];
  let connections = 0;
  const server = createServer((client) => {
    const network = connect(to, "127.0.0.1");
    connections += 1;
    open.add(client);
    for (const look of looks) look();
    join(client, network, () => open.delete(client));
  });
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", () => resolve());
  await listening;
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    connections: () => connections,
    open: () => open.size,
    onConnection: (look) => void looks.push(look),
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      await closed;
    },
  };
}

/** What happens to one end happens to the other, a cut as a cut. */
function join(one: Socket, other: Socket, gone: () => void): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("data", (bytes) => void to.write(bytes));
    from.on("end", () => to.end());
    from.on("error", () => to.resetAndDestroy());
    from.on("close", () => {
      to.destroy();
      gone();
    });
  }
}
