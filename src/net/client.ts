// The one HTTP client for every address that others have given the gateway: webhooks, media by address, previews, avatars,
// workflow calls. It goes only where the rules allow, whatever names and redirects lead to, and waits for nobody for ever.
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { second } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import type { AddressRules } from "./address-rules.ts";
import { GuardedAgent, type GuardedWay } from "./guarded-agent.ts";
import { type PlainHttp, readUrl } from "./guarded-url.ts";
import { type Capped, readCapped, type Written, writeTo } from "./http-body.ts";
import { headerFault, send } from "./http-request.ts";
import { mishapOf } from "./mishaps.ts";
import { createPatience, type Patience } from "./patience.ts";
import { type Method, type Step, stepAfter } from "./redirects.ts";
import { trustFor } from "./trust.ts";
import type { Resolve } from "./vetting.ts";

/**
 * Bun's `fetch` allows 256 requests at a time in the whole process, reads `file:` and inflates what nobody asked for;
 * node:http and node:https take an agent that opens their connections, and do none of that.
 */
export type HttpClient = AsyncDisposable & {
  /** The answer, whatever its status, and its body as far as it is wanted. Throws for nothing that the other side does. */
  ask(request: HttpRequest): Promise<Asked>;
  /** Into a file that appears once it is whole. Throws only for what is wrong here, such as a full disk. */
  downloadTo(path: string, request: HttpRequest): Promise<Downloaded>;
};

export type HttpClientOptions = {
  rules: AddressRules;
  plainHttp: PlainHttp;
  /** With 0 a redirect is an answer like any other. */
  maxRedirects: number;
  /** Connections are kept for a few seconds after use: for one receiver who is called again and again. */
  keepAlive?: boolean;
  /** To one host and port at a time; further requests wait, and their time runs. */
  maxConnections?: number;
  /** PEM of an authority to be trusted besides those everybody knows. */
  ca?: string | null;
  /** For each step of getting there. */
  connectTimeoutMs?: number;
  /** How names are looked up; the system's own way without it. */
  resolve?: Resolve;
};

export type HttpRequest = {
  method: Method;
  /** As it was given to us. */
  url: string;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array | string;
  /** Of the answer's body. Nothing is inflated: a compressed body counts, and comes, as it is. */
  maxBytes: number;
  /** Of the whole, from looking the name up to the last byte, redirects and all. */
  timeoutMs: number;
  /** Without a single byte. */
  idleMs?: number;
  signal?: AbortSignal | undefined;
};

export type Answer = Capped & {
  outcome: "response";
  status: number;
  headers: IncomingHttpHeaders;
  /** Of who answered in the end. */
  url: string;
};

export type Failure =
  /** The guard's word. The same again next time, unless the name or the operator's list has changed. */
  { outcome: "refused"; reason: string } | { outcome: "failed"; isRetryable: boolean; reason: string };

export type Asked = Answer | Failure;
export type Downloaded =
  | ({ outcome: "done"; headers: IncomingHttpHeaders; url: string } & Written)
  | { outcome: "too_large"; reason: string }
  | Failure;

const usualConnectTimeoutMs = 10 * second;
const usualIdleMs = 30 * second;
const usualConnections = 16;

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { keepAlive = false, maxConnections = usualConnections } = options;
  const closing = new AbortController();
  const sockets = new Set<Socket>();
  const way: GuardedWay = {
    rules: options.rules,
    plainHttp: options.plainHttp,
    resolve: options.resolve,
    trust: trustFor(options.ca ?? null),
    timeoutMs: options.connectTimeoutMs ?? usualConnectTimeoutMs,
    closed: closing.signal,
    sockets,
  };
  const agents = {
    "https:": new GuardedAgent(way, "https:", { keepAlive, maxConnections }),
    "http:": new GuardedAgent(way, "http:", { keepAlive, maxConnections }),
  };
  const ways = { ...options, agents };
  return {
    ask: (request) => follow(ways, request, (response, at) => answerOf(response, at, request)),
    downloadTo: (path, request) => follow(ways, request, (response, at) => downloaded(path, response, at, request)),
    async [Symbol.asyncDispose]() {
      closing.abort(new WaygateError("unavailable", "Nothing is called any more: the gateway is stopping."));
      for (const agent of Object.values(agents)) agent.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}

type At = { url: URL; patience: Patience };
type Take<T> = (response: IncomingMessage, at: At) => Promise<T>;
type Ways = HttpClientOptions & { agents: Record<"https:" | "http:", GuardedAgent> };

async function follow<T>(ways: Ways, request: HttpRequest, take: Take<T>): Promise<T | Failure> {
  const fault = headerFault(request.headers ?? {});
  if (fault !== null) return { outcome: "refused", reason: fault };
  const { idleMs = usualIdleMs, timeoutMs, signal } = request;
  using patience = createPatience({ idleMs, timeoutMs, signal });
  let step: Step = { ...request, headers: request.headers ?? {}, body: bytesOf(request.body) };
  let url: URL | null = null;
  for (let redirects = 0; ; redirects++) {
    try {
      url = readUrl(step.url, ways);
      const agent = ways.agents[url.protocol === "http:" ? "http:" : "https:"];
      const response = await patience.during(send(step, { url, agent, patience }));
      const next = ways.maxRedirects === 0 ? null : stepAfter({ ...step, url: url.href }, response);
      // It ends by itself when patience does, and clears away what it has begun.
      if (next === null) return await take(response, { url, patience });
      response.destroy();
      if (redirects === ways.maxRedirects) return failed(`${url.host}: it redirects once more than is followed`, false);
      step = next;
    } catch (error) {
      return failureOf(patience.signal.aborted ? patience.signal.reason : error, { url, hasMoved: redirects > 0 });
    }
  }
}

async function answerOf(response: IncomingMessage, { url, patience }: At, { maxBytes }: HttpRequest): Promise<Answer> {
  const { body, isWhole } = await readCapped(response, maxBytes, patience);
  const { statusCode: status = 0, headers } = response;
  return { outcome: "response", status, headers, url: url.href, body, isWhole };
}

async function downloaded(path: string, response: IncomingMessage, at: At, { maxBytes }: HttpRequest) {
  const { url, patience } = at;
  const { statusCode: status = 0, headers } = response;
  const coding = headers["content-encoding"] ?? "identity";
  if (status !== 200 || coding !== "identity") {
    response.destroy();
    if (status === 200) return failed(`${url.host}: it answered compressed, which was not asked for`, false);
    return failed(`${url.host}: it answered ${status}`, status >= 500 || status === 408 || status === 429);
  }
  const written = await writeTo(path, response, { maxBytes, patience });
  if (written !== null) return { outcome: "done", headers, url: url.href, ...written } as const;
  return { outcome: "too_large", reason: `The file is larger than the ${maxBytes} bytes that are allowed.` } as const;
}

function failureOf(error: unknown, { url, hasMoved }: { url: URL | null; hasMoved: boolean }): Failure {
  if (error instanceof WaygateError && error.code === "invalid")
    return {
      outcome: "refused",
      reason: hasMoved ? `It redirects to where it may not: ${error.message}` : error.message,
    };
  // What is wrong here, the disk or this code, is for the caller to hear.
  if (error instanceof TypeError || (error instanceof WaygateError && error.code !== "unavailable")) throw error;
  const sentence = mishapOf(error);
  return failed(url === null || sentence.includes(url.hostname) ? sentence : `${url.host}: ${sentence}`, true);
}

function failed(reason: string, isRetryable: boolean): Failure {
  return { outcome: "failed", isRetryable, reason };
}

function bytesOf(body: Uint8Array | string | undefined): Uint8Array | null {
  return typeof body === "string" ? Buffer.from(body) : (body ?? null);
}
