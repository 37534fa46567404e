// A TCP connection to somewhere, directly or through a proxy; every failure is a sentence.
import { connect, type Socket } from "node:net";
import { WaygateError } from "../core/errors.ts";
import { nameOfPlace, nameOfProxy, type ProxyAddress } from "../core/proxy.ts";
import { exchangeOver } from "./exchange.ts";
import { askHttpProxy } from "./http-connect.ts";
import { askSocksProxy } from "./socks5.ts";

export type Place = { host: string; port: number };

export type DialOptions = {
  to: Place;
  /** With one, no name is looked up here: the proxy does it, so that nobody near by learns where it leads. */
  proxy: ProxyAddress | null;
  /** Of the whole: connecting and what the proxy has to say. */
  timeoutMs: number;
  /** Hands over the socket before it is connected, to whoever must be able to end it. */
  onSocket?: (socket: Socket) => void;
};

/** An HTTP proxy may send headers of its own; a SOCKS5 proxy answers in less than 600 bytes. */
const maxAnswerBytes = 16 * 1_024;
const maxNameBytes = 255;

export async function dial(options: DialOptions): Promise<Socket> {
  const { to, proxy, timeoutMs } = options;
  refuseUnfit(to);
  const { host, port } = proxy ?? to;
  const socket = connect({ host, port, noDelay: true });
  options.onSocket?.(socket);
  const name = proxy === null ? nameOfPlace(to) : `The proxy ${nameOfProxy(proxy)}`;
  const timer = setTimeout(
    () => socket.destroy(refusal(`${name} did not answer within ${timeoutMs / 1_000} s.`)),
    timeoutMs,
  );
  try {
    await connected(socket, name);
    if (proxy !== null) await ask(socket, proxy, to);
    return socket;
  } catch (error) {
    socket.destroy();
    // What still happens to it concerns nobody any more, but an error that nobody hears would end the process.
    socket.on("error", () => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function ask(socket: Socket, proxy: ProxyAddress, to: Place): Promise<void> {
  const exchange = exchangeOver(socket, { name: `The proxy ${nameOfProxy(proxy)}`, maxBytes: maxAnswerBytes });
  if (proxy.protocol === "http") await askHttpProxy(exchange, proxy, to);
  else await askSocksProxy(exchange, proxy, to);
  exchange.end();
}

function connected(socket: Socket, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error & { code?: string }) => {
      socket.off("connect", settle).off("error", settle).off("close", onClose);
      if (error === undefined) resolve();
      else if (error instanceof WaygateError) reject(error);
      else reject(refusal(`${name} cannot be reached${error.code === undefined ? "" : ` (${error.code})`}.`, error));
    };
    const onClose = () => settle(refusal(`${name} was given up before it answered.`));
    socket.on("connect", settle).on("error", settle).on("close", onClose);
  });
}

/** The name goes into the proxy's request as it is. */
function refuseUnfit({ host, port }: Place): void {
  const isFit = /^[\x21-\x7e]+$/.test(host) && host.length <= maxNameBytes && port >= 1 && port <= 65_535;
  if (!isFit) throw new WaygateError("invalid", "This is no place to connect to: a host's name and a port are needed.");
}

function refusal(sentence: string, cause?: unknown): WaygateError {
  return new WaygateError("unavailable", sentence, {}, cause);
}
