// The connections of an HTTP client: each made to an address that was looked at first, and checked against its name.
import { Agent, type RequestOptions } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WaygateError } from "../core/errors.ts";
import { nameOfPlace } from "../core/proxy.ts";
import type { AddressRules } from "./address-rules.ts";
import { connectToAny, during } from "./connect.ts";
import type { PlainHttp } from "./guarded-url.ts";
import { secure, type Trust } from "./trust.ts";
import { type Resolve, vettedAddresses } from "./vetting.ts";

export type GuardedWay = {
  rules: AddressRules;
  plainHttp: PlainHttp;
  resolve: Resolve | undefined;
  trust: Trust;
  /** For each step of getting there: looking up and connecting, then TLS. */
  timeoutMs: number;
  /** Of whoever owns it: nothing is opened any more. */
  closed: AbortSignal;
  /** All that are open or being opened. */
  sockets: Set<Socket>;
};

export type AgentOptions = { keepAlive: boolean; maxConnections: number };

/** Shorter than most hosts keep an unused connection, so that one taken up again is hardly ever half closed. */
const keptMs = 4_000;

/**
 * A name is looked up here and nowhere else, for each connection once, and what was looked at is what is connected to. One
 * class for both protocols, as for a session's way out.
 */
export class GuardedAgent extends Agent {
  readonly protocol: "https:" | "http:";
  readonly defaultPort: number;
  readonly #way: GuardedWay;

  constructor(way: GuardedWay, protocol: "https:" | "http:", { keepAlive, maxConnections }: AgentOptions) {
    super({ keepAlive, maxSockets: maxConnections, ...(keepAlive ? { timeout: keptMs } : {}) });
    this.#way = way;
    this.protocol = protocol;
    this.defaultPort = protocol === "https:" ? 443 : 80;
  }

  override createConnection(options: RequestOptions, callback?: (error: Error | null, stream: Duplex) => void): null {
    const to = { host: String(options.host), port: Number(options.port) };
    open(this.#way, to, this.protocol === "https:").then(
      (socket) => callback?.(null, socket),
      // Declared with a stream, which there is none of; Node and Bun look at the error first.
      (error: Error) => (callback as ((error: Error) => void) | undefined)?.(error),
    );
    return null;
  }
}

async function open(way: GuardedWay, to: { host: string; port: number }, isSecure: boolean): Promise<Socket> {
  const { rules, resolve, plainHttp, trust, timeoutMs, closed, sockets } = way;
  const name = nameOfPlace(to);
  const vetting = { rules, resolve, onlyListed: !isSecure && plainHttp === "listed" };
  const late = new AbortController();
  const sentence = `${name} did not answer within ${timeoutMs / 1_000} s.`;
  const timer = setTimeout(() => late.abort(new WaygateError("unavailable", sentence)), timeoutMs);
  const signal = AbortSignal.any([late.signal, closed]);
  try {
    const addresses = await during(signal, vettedAddresses(to, vetting));
    const socket = await connectToAny({
      addresses,
      port: to.port,
      name,
      signal,
      onSocket(dialled) {
        sockets.add(dialled);
        dialled.once("close", () => sockets.delete(dialled));
      },
    });
    return isSecure ? await secure(socket, { trust, to, timeoutMs }) : socket;
  } finally {
    clearTimeout(timer);
  }
}
