// The connections of an HTTP client: each made to an address that was looked at first, and checked against its name.
import type { Socket } from "node:net";
import { WaygateError } from "../core/errors.ts";
import { nameOfPlace } from "../core/proxy.ts";
import type { AddressRules } from "./address-rules.ts";
import { connectToAny, during } from "./connect.ts";
import { DiallingAgent } from "./dialling-agent.ts";
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
 * A name is looked up here and nowhere else, for each connection once, and what was looked at is what is connected to.
 */
export class GuardedAgent extends DiallingAgent {
  constructor(way: GuardedWay, protocol: "https:" | "http:", { keepAlive, maxConnections }: AgentOptions) {
    const kept = keepAlive ? { timeout: keptMs } : {};
    super((to, isSecure) => open(way, to, isSecure), protocol, { keepAlive, maxSockets: maxConnections, ...kept });
  }

  /** What tells its connections apart. Node's own way puts all that TLS can be told into it, for every request. */
  override getName({ host, port }: { host?: string | null; port?: string | number | null }): string {
    return `${host}:${port}`;
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
