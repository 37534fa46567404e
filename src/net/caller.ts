// One address that is called again and again: whatever can be looked at once is. It is as guarded as the client for all
// addresses, and like it throws for nothing that the other side does.
import { type ClientRequest, type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import type { Socket } from "node:net";
import { second } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { version } from "../core/version.ts";
import type { AddressRules } from "./address-rules.ts";
import type { Asked, Failure } from "./client.ts";
import { GuardedAgent } from "./guarded-agent.ts";
import { type PlainHttp, placeOf, readUrl } from "./guarded-url.ts";
import { brokeOff, closedUnanswered, mishapOf } from "./mishaps.ts";
import { trustFor } from "./trust.ts";
import type { Resolve } from "./vetting.ts";

export type Caller = AsyncDisposable & {
  /** Posts, follows nothing, inflates nothing. Headers must be such as can be sent. */
  post(sent: Posted): Promise<Asked>;
};
export type Posted = {
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Of the whole, from looking the name up to the last byte. */
  timeoutMs: number;
  /** Of the answer: the rest is not read. */
  maxBytes: number;
};
export type CallerOptions = {
  url: string;
  rules: AddressRules;
  plainHttp: PlainHttp;
  ca?: string | null;
  resolve?: Resolve;
  connectTimeoutMs?: number;
};

const stopping = "the gateway is stopping";
/** Beyond these a request waits, and its time runs. */
const most = 16;
/** Of answers that only say that one is coming: some servers send one or two, and none of them counts as an answer. */
const mostInterim = 20;
const usualConnectTimeoutMs = 10 * second;

/** What is wrong with the address itself is told at each call. */
export function createCaller(options: CallerOptions): Caller {
  const { rules, plainHttp } = options;
  const closing = new AbortController();
  const sockets = new Set<Socket>();
  const way = {
    ...{ rules, plainHttp, resolve: options.resolve, trust: trustFor(options.ca ?? null) },
    ...{ timeoutMs: options.connectTimeoutMs ?? usualConnectTimeoutMs, closed: closing.signal, sockets },
  };
  const url = orRefusal(() => readUrl(options.url, options));
  const isPlain = url instanceof URL && url.protocol === "http:";
  const agent = new GuardedAgent(way, isPlain ? "http:" : "https:", { keepAlive: true, maxConnections: most });
  const underWay = new Set<(why: string) => void>();
  const ask = isPlain ? requestPlain : requestSecure;
  const target = url instanceof URL ? { ...targetOf(url), method: "POST" as const, agent, ask, underWay } : null;

  return {
    post(sent) {
      if (target === null) return Promise.resolve(url as Failure);
      if (closing.signal.aborted) return Promise.resolve(failureOf(stopping, target.place));
      return exchange(target, sent);
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new WaygateError("unavailable", "Nothing is called any more: the gateway is stopping."));
      agent.destroy();
      for (const socket of sockets) socket.destroy();
      for (const giveUp of underWay) giveUp(stopping);
    },
  };
}

type Target = ReturnType<typeof targetOf> & {
  method: "POST";
  agent: GuardedAgent;
  place: string;
  ask: typeof requestPlain;
  /** Of all that are not settled yet: how to end each. */
  underWay: Set<(why: string) => void>;
};

function exchange(target: Target, sent: Posted): Promise<Asked> {
  const { place, underWay } = target;
  const { maxBytes, timeoutMs } = sent;
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    let interim = 0;
    let head: IncomingMessage | null = null;
    let isSettled = false;
    let asked = ask();
    const timer = setTimeout(giveUp, timeoutMs, `it was not done within ${timeoutMs / 1_000} s`);
    underWay.add(giveUp);

    function settle(outcome: Asked): void {
      isSettled = true;
      clearTimeout(timer);
      underWay.delete(giveUp);
      resolve(outcome);
    }
    function fail(why: unknown): void {
      if (!isSettled) settle(failureOf(why, place));
    }
    function giveUp(why: string): void {
      fail(why);
      asked.destroy();
      head?.destroy();
    }
    function answer(response: IncomingMessage, isWhole: boolean): void {
      const { statusCode: status = 0, headers } = response;
      const body = isWhole ? joined(pieces) : joined(pieces).subarray(0, maxBytes);
      if (!isSettled) settle({ outcome: "response", status, headers, url: place, body, isWhole });
    }
    function read(response: IncomingMessage): void {
      head = response;
      response.on("data", (piece: Buffer) => {
        pieces.push(piece);
        bytes += piece.length;
        if (bytes <= maxBytes) return;
        answer(response, false);
        response.destroy();
      });
      response.on("error", fail);
      response.on("end", () => answer(response, true));
      response.on("close", () => fail(brokeOff));
    }
    /**
     * A connection that was kept may have been closed by the other side in that very moment: then it has heard nothing, and
     * is told on another at once. Whoever has heard it after all hears the same id again, as it may at any time.
     */
    function ended(one: ClientRequest, why: unknown): void {
      if (one !== asked || isSettled) return;
      if (head === null && one.reusedSocket && isCut(why)) asked = ask();
      else fail(why);
      head?.destroy();
    }

    function ask(): ClientRequest {
      const { host, port, path, protocol, agent, method } = target;
      const one = target.ask({ host, port, path, protocol, agent, method, headers: headersOf(sent) });
      one.on("information", () => {
        if (++interim > mostInterim) giveUp("it answers with nothing but interim responses");
      });
      one.on("error", (error) => ended(one, error));
      one.once("response", read);
      one.once("upgrade", (_response, socket) => {
        socket.destroy();
        fail("it wants to speak another protocol");
      });
      one.once("close", () => {
        if (head === null) ended(one, closedUnanswered);
      });
      one.end(sent.body);
      return one;
    }
  });
}

function isCut(why: unknown): boolean {
  return why === closedUnanswered || ["ECONNRESET", "EPIPE"].includes(String((why as { code?: unknown }).code));
}

function joined(pieces: Buffer[]): Buffer {
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
}

function headersOf({ headers, body }: Posted): Record<string, string | number> {
  return {
    "User-Agent": `Waygate/${version}`,
    ...headers,
    "Accept-Encoding": "identity",
    // Without it the body is sent in chunks, which arrive empty at PHP-FPM receivers.
    "Content-Length": Buffer.byteLength(body),
  };
}

function targetOf(url: URL) {
  return { ...placeOf(url), place: url.host, path: `${url.pathname}${url.search}`, protocol: url.protocol };
}

function orRefusal(read: () => URL): URL | Failure {
  try {
    return read();
  } catch (error) {
    if (error instanceof WaygateError) return { outcome: "refused", reason: error.message };
    throw error;
  }
}

function failureOf(why: unknown, place: string): Failure {
  const sentence = mishapOf(why);
  if (why instanceof WaygateError && why.code === "invalid") return { outcome: "refused", reason: sentence };
  const reason = sentence.includes(place.replace(/:\d+$/, "")) ? sentence : `${place}: ${sentence}`;
  return { outcome: "failed", isRetryable: true, reason };
}
