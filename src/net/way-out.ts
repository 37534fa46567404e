// A session's way out: through its proxy or directly, trusting its network's authority, for its WebSocket and its media.
import type { Agent } from "node:https";
import type { Socket } from "node:net";
import { WaygateError } from "../core/errors.ts";
import { type ProxyAddress, parseProxy } from "../core/proxy.ts";
import type { AddressRules } from "./address-rules.ts";
import { type DialOptions, dial, type Place } from "./dial.ts";
import { DiallingAgent } from "./dialling-agent.ts";
import { secure, trustFor } from "./trust.ts";
import type { Resolve } from "./vetting.ts";

/**
 * Bun's `fetch` takes neither an authority nor a SOCKS5 proxy at run time, and Bun's `ws` looks names up here if it is
 * given a SOCKS5 proxy by address. Both node:https and `ws` do take an agent that opens their connections (tried with
 * 1.4.4, from source and compiled), so that is what this is.
 */
export type WayOut = AsyncDisposable & {
  /** For node:https. Connections are kept for a few seconds after use; certificates are checked against the name. */
  readonly httpsAgent: Agent;
  /** The `agent` of `ws` for this address; undefined where `ws` finds its way alone. */
  webSocketAgent(url: string | URL): Agent | undefined;
};

export type WayOutOptions = {
  /** As its owner wrote it. */
  proxy: string | null;
  /** PEM of an authority to be trusted besides those everybody knows. */
  ca: string | null;
  /** For where the proxy is, and for addresses that are asked for as such. */
  rules: AddressRules;
  /** The network is the operator's own choice: it, and the media hosts it names, may be anywhere. */
  trustsNetwork?: boolean;
  /** For the proxy's name; the system's own without it. */
  resolve?: Resolve;
  /** For each step of getting there: the proxy or the host, then TLS. */
  timeoutMs?: number;
};

const usualTimeoutMs = 10_000;
/** Shorter than any host keeps an unused connection, so that one taken up again is hardly ever half closed. */
const keptMs = 4_000;
const keptConnections = 2;
const maxConnections = 16;

/** Throws a sentence if the proxy or the authority cannot be read. */
export function openWayOut({ proxy, ca, timeoutMs = usualTimeoutMs, ...checks }: WayOutOptions): WayOut {
  const way: Way = {
    rules: checks.rules,
    trustsTarget: checks.trustsNetwork,
    resolve: checks.resolve,
    proxy: proxy === null ? null : parseProxy(proxy),
    trust: trustFor(ca),
    timeoutMs,
    sockets: new Set(),
    isClosed: false,
  };
  const media = { keepAlive: true, timeout: keptMs, maxFreeSockets: keptConnections, maxSockets: maxConnections };
  const opened = (to: Place, isSecure: boolean) => open(way, to, isSecure);
  const httpsAgent = new DiallingAgent(opened, "https:", media);
  const socketAgents = { "wss:": new DiallingAgent(opened, "https:"), "ws:": new DiallingAgent(opened, "http:") };
  return {
    httpsAgent,
    webSocketAgent(url) {
      const isPlain = new URL(url).protocol === "ws:";
      if (way.proxy === null && (isPlain || way.trust === null)) return undefined;
      return socketAgents[isPlain ? "ws:" : "wss:"];
    },
    async [Symbol.asyncDispose]() {
      way.isClosed = true;
      for (const agent of [httpsAgent, ...Object.values(socketAgents)]) agent.destroy();
      for (const socket of way.sockets) socket.destroy();
    },
  };
}

type Way = Pick<DialOptions, "rules" | "trustsTarget" | "resolve"> & {
  proxy: ProxyAddress | null;
  trust: ReturnType<typeof trustFor>;
  timeoutMs: number;
  /** All that are open or being opened. */
  sockets: Set<Socket>;
  isClosed: boolean;
};

async function open(way: Way, to: Place, isSecure: boolean): Promise<Socket> {
  const { trust, timeoutMs, sockets } = way;
  if (way.isClosed) throw new WaygateError("unavailable", "The session's way out is closed.");
  const socket = await dial({
    ...way,
    to,
    onSocket(dialled) {
      sockets.add(dialled);
      dialled.once("close", () => sockets.delete(dialled));
      // It may have been closed while the proxy's name was looked up.
      if (way.isClosed) dialled.destroy();
    },
  });
  return isSecure ? await secure(socket, { trust, to, timeoutMs }) : socket;
}
