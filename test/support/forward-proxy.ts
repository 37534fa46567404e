// Proxies on loopback as people put between themselves and the world: HTTP CONNECT and SOCKS5. They write down who was
// asked for and what went through, and know names that nobody else does.

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export type ForwardProxyOptions = {
  kind: "http" | "socks5";
  login?: { user: string; password: string };
  /** Where names lead; anything else is connected to as it is asked for. */
  names?: Record<string, { host?: string; port: number }>;
  /** Off where so much goes through that it would be missed. */
  keepsBytes?: boolean;
};

export type Tunnel = { up: Buffer; down: Buffer; upBytes: number; downBytes: number; isOpen: boolean };

export type ForwardProxy = AsyncDisposable & {
  /** With the login. */
  readonly url: string;
  readonly port: number;
  /** `host:port`, exactly as it was asked for, in order. */
  readonly asked: string[];
  readonly tunnels: Tunnel[];
  /** Connections of any kind, those that were refused too. */
  readonly connections: () => number;
  /** The next answers, from afar, are cut off after so many bytes. */
  cutAfter(bytes: number): void;
  /** Every connection is reset, as a proxy that is killed does. */
  reset(): void;
};

type Ask = { host: string; port: number };
type Way = { options: ForwardProxyOptions; ask: (asked: Ask) => Promise<Socket> };

export async function startForwardProxy(options: ForwardProxyOptions): Promise<ForwardProxy> {
  const asked: string[] = [];
  const tunnels: Tunnel[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let cut = Number.POSITIVE_INFINITY;

  async function ask({ host, port }: Ask): Promise<Socket> {
    asked.push(`${host}:${port}`);
    const known = options.names?.[host];
    const far = connect({ host: known?.host ?? (known ? "127.0.0.1" : host), port: known?.port ?? port });
    sockets.add(far);
    far.once("close", () => sockets.delete(far));
    await once(far, "connect");
    return far;
  }

  function join(near: Socket, far: Socket): void {
    const tunnel: Tunnel = { up: Buffer.alloc(0), down: Buffer.alloc(0), upBytes: 0, downBytes: 0, isOpen: true };
    tunnels.push(tunnel);
    const keep = (way: "up" | "down", bytes: Buffer) => {
      tunnel[`${way}Bytes`] += bytes.length;
      if (options.keepsBytes !== false) tunnel[way] = Buffer.concat([tunnel[way], bytes]);
    };
    relay(near, far, (bytes) => keep("up", bytes));
    relay(far, near, (bytes) => {
      keep("down", bytes);
      if (tunnel.downBytes <= cut) return;
      cut = Number.POSITIVE_INFINITY;
      near.destroy();
    });
    near.once("close", () => {
      tunnel.isOpen = false;
    });
  }

  const server = createServer(async (near) => {
    connections += 1;
    sockets.add(near);
    near.once("close", () => sockets.delete(near));
    near.on("error", () => {});
    const way = { options, ask };
    const far = await (options.kind === "http" ? admitHttp(near, way) : admitSocks(near, way)).catch(() => null);
    if (far === null) near.end();
    else join(near, far);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const { login } = options;
  const user = login === undefined ? "" : `${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@`;
  return {
    url: `${options.kind}://${user}127.0.0.1:${port}`,
    port,
    asked,
    tunnels,
    connections: () => connections,
    cutAfter(bytes) {
      cut = bytes;
    },
    reset() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function relay(from: Socket, to: Socket, seen: (bytes: Buffer) => void): void {
  from.on("data", (bytes: Buffer) => {
    seen(bytes);
    if (!to.destroyed && !to.write(bytes)) from.pause();
  });
  to.on("drain", () => from.resume());
  from.on("end", () => to.end());
  from.on("error", () => to.destroy());
  from.once("close", () => to.destroy());
}

async function admitHttp(near: Socket, { options, ask }: Way): Promise<Socket> {
  const head = await readUntil(near, (held) => held.includes("\r\n\r\n"));
  const [, host = "", port = ""] = /^CONNECT \[?([^\s\]]+)\]?:(\d+) HTTP\/1\.1\r\n/.exec(head.toString()) ?? [];
  const { login } = options;
  const basic = login && `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
  if (basic && !head.toString().includes(`Proxy-Authorization: ${basic}\r\n`)) {
    near.write("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    throw new Error("no login");
  }
  try {
    const far = await ask({ host, port: Number(port) });
    near.write("HTTP/1.1 200 Connection established\r\nVia: a test\r\n\r\n");
    return far;
  } catch (error) {
    near.write("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    throw error;
  }
}

async function admitSocks(near: Socket, { options, ask }: Way): Promise<Socket> {
  const greeting = await readUntil(near, (held) => held.length >= 2 && held.length >= 2 + held[1]!);
  const { login } = options;
  const method = login ? 2 : 0;
  if (!greeting.subarray(2).includes(method)) {
    near.write(Buffer.of(5, 0xff));
    throw new Error("no method");
  }
  near.write(Buffer.of(5, method));
  if (login) {
    const isComplete = (held: Buffer) => held.length >= 2 && held.length >= 3 + held[1]! + (held[2 + held[1]!] ?? 255);
    const given = await readUntil(near, isComplete);
    const expected = Buffer.concat([
      Buffer.of(1, Buffer.byteLength(login.user)),
      Buffer.from(login.user),
      Buffer.of(Buffer.byteLength(login.password)),
      Buffer.from(login.password),
    ]);
    near.write(Buffer.of(1, given.equals(expected) ? 0 : 1));
    if (!given.equals(expected)) throw new Error("wrong login");
  }
  const lengthOf = (held: Buffer) => ({ 1: 4, 3: 1 + (held[4] ?? 0), 4: 16 })[held[3] ?? 0] ?? 0;
  const request = await readUntil(near, (held) => held.length >= 5 && held.length >= 6 + lengthOf(held));
  const [kind, bytes] = [request[3], request.subarray(4, -2)];
  const host =
    kind === 1
      ? bytes.join(".")
      : kind === 3
        ? bytes.subarray(1).toString()
        : bytes.toString("hex").replace(/(.{4})(?!$)/g, "$1:");
  try {
    const far = await ask({ host, port: request.readUInt16BE(request.length - 2) });
    near.write(Buffer.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 0));
    return far;
  } catch (error) {
    near.write(Buffer.of(5, 5, 0, 1, 0, 0, 0, 0, 0, 0));
    throw error;
  }
}

function readUntil(socket: Socket, isEnough: (held: Buffer) => boolean): Promise<Buffer> {
  let held = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const onData = (bytes: Buffer) => {
      held = Buffer.concat([held, bytes]);
      if (!isEnough(held)) return;
      socket.off("data", onData);
      resolve(held);
    };
    socket.on("data", onData);
    socket.once("close", () => reject(new Error("closed")));
  });
}
