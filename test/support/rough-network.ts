// A bad network between a client and a server, for tests: a TCP proxy on loopback that is late, jerky, narrow, cut, dead
// or not there, as it is told while it runs; and the connections that were made over it, to find reconnect storms.
import { connect, createServer, type Server, type Socket } from "node:net";
import { createPipe, type Pipe, type Roughness } from "./rough-pipe.ts";

export type { Roughness } from "./rough-pipe.ts";

export type RoughConnection = {
  /** By performance.now(). */
  openedAt: number;
  closedAt: number | null;
  /** It was taken and reset at once. */
  wasRefused: boolean;
  bytesUp: number;
  bytesDown: number;
};

export type RoughNetwork = AsyncDisposable & {
  readonly port: number;
  /** All there ever were, oldest first. */
  readonly connections: readonly RoughConnection[];
  /** From now on, for what is there and for what comes. */
  set(roughness: Partial<Roughness>): void;
  /** All that are there: closed in order, or reset. What is on its way is lost. */
  cut(how: "fin" | "rst"): void;
  /** All that are there fall silent for good, and neither side is told. New ones are as good as ever. */
  halfOpen(): void;
  /** `closed`: nobody listens. `reset`: taken and reset at once, which counts who tries. null: welcome again. */
  refuse(how: "closed" | "reset" | null): Promise<void>;
  /** As the client sees it. */
  live(): number;
  /** The most that were opened within so long, at any time. */
  mostWithin(ms: number): number;
  /** The same endpoint, over this network. */
  through<T extends { ws: string }>(endpoint: T): T;
};

export type RoughOptions = { roughness?: Partial<Roughness>; random?: () => number };

const smooth: Roughness = {
  latencyMs: 0,
  jitterMs: 0,
  loss: 0,
  stallMs: 200,
  bytesPerSecond: null,
  isSwallowing: false,
};
const host = "127.0.0.1";

type Carried = { client: Socket; server: Socket; pipes: Pipe[]; isDead: boolean };

export async function startRoughNetwork(targetPort: number, options: RoughOptions = {}): Promise<RoughNetwork> {
  const roughness: Roughness = { ...smooth, ...options.roughness };
  const random = options.random ?? Math.random;
  const connections: RoughConnection[] = [];
  const carried = new Set<Carried>();
  let refusal: "closed" | "reset" | null = null;
  let listener = await listen(0, accept);
  const port = portOf(listener);

  function accept(client: Socket): void {
    const record = {
      openedAt: performance.now(),
      closedAt: null,
      wasRefused: refusal !== null,
      bytesUp: 0,
      bytesDown: 0,
    };
    connections.push(record);
    client.on("error", () => {});
    client.on("close", () => Object.assign(record, { closedAt: performance.now() }));
    if (refusal !== null) return void client.resetAndDestroy();
    carry(client, record);
  }

  function carry(client: Socket, record: RoughConnection): void {
    client.setNoDelay(true);
    const server = connect({ port: targetPort, host, allowHalfOpen: true, noDelay: true });
    const up = createPipe(client, server, { roughness, random });
    const down = createPipe(server, client, { roughness, random });
    const one: Carried = { client, server, pipes: [up, down], isDead: false };
    carried.add(one);
    client.on("data", (bytes: Buffer) => {
      record.bytesUp += bytes.length;
      up.push(bytes);
    });
    server.on("data", (bytes: Buffer) => {
      record.bytesDown += bytes.length;
      down.push(bytes);
    });
    client.on("end", () => up.end());
    server.on("end", () => down.end());
    server.on("error", () => isSilent(one) || client.resetAndDestroy());
    client.on("error", () => isSilent(one) || server.resetAndDestroy());
    for (const socket of [client, server]) socket.on("close", () => closed(one));
  }

  const isSilent = (one: Carried) => one.isDead || roughness.isSwallowing;

  function closed(one: Carried): void {
    if (one.client.destroyed && one.server.destroyed) {
      for (const pipe of one.pipes) pipe.stop();
      carried.delete(one);
    }
  }

  function silence(one: Carried): void {
    one.isDead = true;
    for (const pipe of one.pipes) pipe.swallow();
  }

  function end({ client, server, pipes }: Carried, how: "fin" | "rst"): void {
    for (const pipe of pipes) pipe.swallow();
    for (const socket of [client, server]) {
      if (how === "rst") socket.resetAndDestroy();
      else socket.end(() => socket.destroy());
    }
  }

  return {
    port,
    connections,
    set: (changes) => void Object.assign(roughness, changes),
    cut(how) {
      for (const one of [...carried]) if (!one.isDead) end(one, how);
    },
    halfOpen() {
      for (const one of carried) silence(one);
    },
    async refuse(how) {
      const isListening = refusal !== "closed";
      refusal = how;
      if (how === "closed" && isListening) listener.close();
      if (how !== "closed" && !isListening) listener = await listen(port, accept);
    },
    live: () => connections.filter(({ closedAt, wasRefused }) => closedAt === null && !wasRefused).length,
    mostWithin: (ms) => mostWithin(connections, ms),
    through: (endpoint) => ({ ...endpoint, ws: endpoint.ws.replace(/:\d+(?=\/|$)/, `:${port}`) }),
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const one of [...carried]) {
        for (const pipe of one.pipes) pipe.stop();
        one.client.destroy();
        one.server.destroy();
      }
    },
  };
}

async function listen(port: number, accept: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, accept);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP port was expected");
  return address.port;
}

function mostWithin(connections: readonly RoughConnection[], ms: number): number {
  let [most, first] = [0, 0];
  for (const [place, { openedAt }] of connections.entries()) {
    while (openedAt - (connections[first]?.openedAt ?? openedAt) > ms) first += 1;
    most = Math.max(most, place - first + 1);
  }
  return most;
}
