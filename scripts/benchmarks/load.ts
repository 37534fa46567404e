// A process that asks a server the same thing over many kept-open connections, one request at a time on each, and prints
// how that went. Plain sockets: a full HTTP client would cost more than the server it measures.
import type { Socket } from "bun";
import { quantile } from "./figures.ts";

export type LoadOptions = {
  port: number;
  path: string;
  headers: Record<string, string>;
  connections: number;
  /** Asked before counting, until the connections and this process are warm. */
  leadInMs: number;
  countedMs: number;
  /** Ends before its time at this many answers. */
  atMost?: number;
};

export type Load = {
  /** All answers, those of the lead-in included. */
  answers: number;
  perSecond: number;
  medianMs: number;
  p99Ms: number;
  answerBytes: number;
  /** How much of one core this process itself needed: near 1, it and not the server was the limit. */
  busy: number;
};

type Connection = { sentAt: number; answerBytes: number; missing: number; held: Buffer | null };

if (import.meta.main) {
  console.log(JSON.stringify(await ask(JSON.parse(process.argv[2] ?? ""))));
  process.exit(0);
}

async function ask(options: LoadOptions): Promise<Load> {
  const { port, connections } = options;
  const request = requestOf(options);
  const tally = createTally(options);
  const { promise: ended, resolve: end, reject: fail } = Promise.withResolvers<void>();
  let open = connections;

  function send(socket: Socket<Connection>): void {
    socket.data.sentAt = performance.now();
    if (socket.write(request) !== request.length) fail(new Error("a request did not go out in one piece"));
  }

  function receive(socket: Socket<Connection>, chunk: Buffer): void {
    if (!takeIn(socket.data, chunk)) return;
    tally.add(socket.data);
    if (tally.wantsMore(open)) send(socket);
    else open -= 1;
    if (open === 0) end();
  }

  const socket = {
    open: send,
    data(from: Socket<Connection>, chunk: Buffer) {
      try {
        receive(from, chunk);
      } catch (error) {
        fail(error);
      }
    },
    close: () => fail(new Error("the server closed a connection")),
    error: (_: Socket<Connection>, error: Error) => fail(error),
  };
  for (let index = 0; index < connections; index++) {
    const data: Connection = { sentAt: 0, answerBytes: 0, missing: 0, held: null };
    await Bun.connect<Connection>({ hostname: "127.0.0.1", port, data, socket });
  }
  await ended;
  return tally.sum();
}

function createTally({ leadInMs, countedMs, atMost = Number.POSITIVE_INFINITY }: LoadOptions) {
  const countsFrom = performance.now() + leadInMs;
  const endsAt = countsFrom + countedMs;
  const took: number[] = [];
  let usedBefore: NodeJS.CpuUsage | null = null;
  let answers = 0;
  let answerBytes = 0;

  return {
    add(connection: Connection): void {
      const now = performance.now();
      answers += 1;
      answerBytes = connection.answerBytes;
      if (now < countsFrom) return;
      usedBefore ??= process.cpuUsage();
      took.push(now - connection.sentAt);
    },
    /** With as many under way as connections are open. */
    wantsMore: (open: number): boolean => performance.now() < endsAt && answers + open <= atMost,
    sum(): Load {
      const elapsedMs = performance.now() - countsFrom;
      const { user, system } = process.cpuUsage(usedBefore ?? undefined);
      const sorted = took.toSorted((a, b) => a - b);
      return {
        answers,
        perSecond: (took.length * 1_000) / elapsedMs,
        medianMs: quantile(sorted, 0.5),
        p99Ms: quantile(sorted, 0.99),
        answerBytes,
        busy: (user + system) / 1_000 / elapsedMs,
      };
    },
  };
}

/** True once the answer is whole. */
function takeIn(connection: Connection, chunk: Buffer): boolean {
  if (connection.missing > 0) connection.missing -= chunk.length;
  else {
    const all = connection.held === null ? chunk : Buffer.concat([connection.held, chunk]);
    const headEnd = all.indexOf("\r\n\r\n");
    connection.held = headEnd < 0 ? Buffer.from(all) : null;
    if (headEnd < 0) return false;
    connection.answerBytes = headEnd + 4 + bodyLength(all.toString("latin1", 0, headEnd));
    connection.missing = connection.answerBytes - all.length;
  }
  if (connection.missing < 0) throw new Error("more came back than was asked for");
  return connection.missing === 0;
}

function requestOf({ port, path, headers }: LoadOptions): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${lines.join("")}\r\n`);
}

function bodyLength(head: string): number {
  if (!head.startsWith("HTTP/1.1 200 ")) throw new Error(`the server answered ${head.split("\r\n", 1)[0]}`);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error("an answer came without its length");
  return Number(length);
}
