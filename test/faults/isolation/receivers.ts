// Twenty receivers: sixteen that take whatever they are told, and four that turn bad, each in its way; and one place where
// any number of webhooks may hang.
import { startHttpHost } from "../../support/http-host.ts";
import { type RawAnswer, type RawHost, startRawHost } from "../../support/raw-host.ts";

export type Told = { text: string; at: number /** From its commit to its receiver, in ms. */; delayMs: number };
export type Receivers = AsyncDisposable & {
  /** Of the well: what each has got, in its order. */
  readonly well: ReadonlyMap<string, Told[]>;
  readonly bad: readonly (RawHost & { name: string })[];
  readonly urls: readonly string[];
  turnBad(areBad: boolean): void;
};

const thanks = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const dripMs = 200;
const largeBytes = 64 * 1024 ** 2;
const pieceBytes = 256 * 1024;

const kinds: Record<string, RawAnswer> = {
  hangs: () => {},
  drips: async (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${largeBytes}\r\n\r\n`);
    for (; !socket.destroyed; await Bun.sleep(dripMs)) socket.write("x");
  },
  resets: (socket) => socket.resetAndDestroy(),
  "sends 64 MB": async (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${largeBytes}\r\n\r\n`);
    const piece = Buffer.alloc(pieceBytes, "x");
    for (let sent = 0; sent < largeBytes && !socket.destroyed; sent += pieceBytes) {
      if (!socket.write(piece)) await new Promise((resolve) => socket.once("drain", resolve).once("close", resolve));
    }
  },
};

export async function startReceivers(count: number): Promise<Receivers> {
  await using opened = new AsyncDisposableStack();
  let areBad = false;
  const bad = await Promise.all(
    Object.entries(kinds).map(async ([name, answer]) => {
      const host = opened.use(await startRawHost((socket) => (areBad ? answer(socket) : socket.write(thanks))));
      return { ...host, name };
    }),
  );
  const well = new Map(Array.from({ length: count - bad.length }, (_, place) => [`/well-${place}`, [] as Told[]]));
  const host = opened.use(
    await startHttpHost((response, { path, body }) => {
      const at = Date.now();
      const { text, timestamp } = JSON.parse(body.toString());
      well.get(path)?.push({ text, at, delayMs: at - Date.parse(timestamp) });
      response.end("ok");
    }),
  );
  const at = (port: number, path = "/") => `http://127.0.0.1:${port}${path}`;
  const keep = opened.move();
  return {
    ...{ well, bad },
    urls: [...[...well.keys()].map((path) => at(host.port, path)), ...bad.map(({ port }) => at(port))],
    turnBad(are) {
      areBad = are;
    },
    [Symbol.asyncDispose]: () => keep.disposeAsync(),
  };
}
