// A TCP connection to somewhere, directly or through a proxy; every failure is a sentence.
import type { Socket } from "node:net";
import { addressBytes } from "../core/addresses.ts";
import { WaygateError } from "../core/errors.ts";
import { nameOfPlace, nameOfProxy, type ProxyAddress } from "../core/proxy.ts";
import { type AddressRules, refusalOf } from "./address-rules.ts";
import { abandon, connectToAny, during } from "./connect.ts";
import { exchangeOver } from "./exchange.ts";
import { askHttpProxy } from "./http-connect.ts";
import { askSocksProxy } from "./socks5.ts";
import { type Resolve, vettedAddresses } from "./vetting.ts";

export type Place = { host: string; port: number };

export type DialOptions = {
  to: Place;
  /** With one, `to` is not looked up here: the proxy does it, so that nobody near by learns where it leads. */
  proxy: ProxyAddress | null;
  /** Of the whole: connecting and what the proxy has to say. */
  timeoutMs: number;
  /** For where the proxy is, whatever its name leads to, and for `to` if it is an address. */
  rules: AddressRules;
  /** `to` is the operator's own choice, and may be anywhere. */
  trustsTarget?: boolean | undefined;
  /** For the proxy's name; the system's own without it. */
  resolve?: Resolve | undefined;
  /** Hands over each socket before it is connected, to whoever must be able to end it. */
  onSocket?: (socket: Socket) => void;
};

/** An HTTP proxy may send headers of its own; a SOCKS5 proxy answers in less than 600 bytes. */
const maxAnswerBytes = 16 * 1_024;
const maxNameBytes = 255;

export async function dial(options: DialOptions): Promise<Socket> {
  const { to, proxy, timeoutMs, rules, trustsTarget = false, onSocket } = options;
  refuseUnfit(to);
  if (!trustsTarget) refuseAddress(to, rules);
  const name = proxy === null ? nameOfPlace(to) : `The proxy ${nameOfProxy(proxy)}`;
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(refusal(`${name} did not answer within ${timeoutMs / 1_000} s.`)),
    timeoutMs,
  );
  try {
    const { signal } = late;
    const addresses = proxy === null ? [to.host] : await during(signal, vettedAddresses(proxy, options));
    const socket = await connectToAny({ addresses, port: (proxy ?? to).port, name, signal, onSocket });
    if (proxy !== null) await askOver(socket, { proxy, to, signal });
    return socket;
  } finally {
    clearTimeout(timer);
  }
}

type Asking = { proxy: ProxyAddress; to: Place; signal: AbortSignal };

async function askOver(socket: Socket, { proxy, to, signal }: Asking): Promise<void> {
  const giveUp = () => socket.destroy(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await ask(socket, proxy, to);
  } catch (error) {
    abandon(socket);
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

async function ask(socket: Socket, proxy: ProxyAddress, to: Place): Promise<void> {
  const exchange = exchangeOver(socket, { name: `The proxy ${nameOfProxy(proxy)}`, maxBytes: maxAnswerBytes });
  if (proxy.protocol === "http") await askHttpProxy(exchange, proxy, to);
  else await askSocksProxy(exchange, proxy, to);
  exchange.end();
}

/** The name goes into the proxy's request as it is. */
function refuseUnfit({ host, port }: Place): void {
  const isFit = /^[\x21-\x7e]+$/.test(host) && host.length <= maxNameBytes && port >= 1 && port <= 65_535;
  if (!isFit) throw new WaygateError("invalid", "This is no place to connect to: a host's name and a port are needed.");
}

/** However it is written: a proxy may understand what the standard would have made plain. */
function refuseAddress({ host, port }: Place, rules: AddressRules): void {
  const text = `http://${host.includes(":") ? `[${host}]` : host}/`;
  const address = URL.canParse(text) ? addressBytes(new URL(text).hostname) : null;
  const why = address === null ? null : refusalOf({ host, port, address }, rules);
  if (why !== null) throw new WaygateError("invalid", why);
}

function refusal(sentence: string, cause?: unknown): WaygateError {
  return new WaygateError("unavailable", sentence, {}, cause);
}
