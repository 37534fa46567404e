// What every request passes first and every answer last: id, address, base path, set-up gate, CORS, security headers,
// figures. Whatever happens further in, an answer in the surface's own shape comes out here.
import { clientAddress, isInAny, isLoopback, type Network } from "../core/addresses.ts";
import { day } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { randomBase62 } from "../core/key.ts";
import type { Log } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import { type Call, rememberCall } from "./call.ts";
import { type Fault, faultOf, HttpFault } from "./faults.ts";
import type { Cors } from "./origins.ts";
import { rateHeaders } from "./rate-headers.ts";
import type { SocketTalk } from "./sockets.ts";
import type { Surface } from "./surface.ts";

export type FrontOptions = {
  /** Answers a request whose path the front has brought into our own form. */
  handle(request: Request, call: Call): Response | Promise<Response>;
  /** Methods a path answers to, for those it does not. */
  methodsOf(path: string): string[];
  surfaces: readonly Surface[];
  basePath: string;
  publicOrigin: string | null;
  trustedProxies: readonly Network[];
  cors: Cors;
  isSetUp(): boolean | Promise<boolean>;
  /** Where a person with a browser has to go first, or need not go any more; null for programs. */
  lead(call: Call, isSetUp: boolean): Response | null;
  /** Aborted once the gateway stops. */
  stopping: AbortSignal;
  log: Log;
  metrics: Metrics;
};

export type Front = {
  answer(request: Request, peer: Peer): Promise<Response>;
  /** Turns what was thrown into an answer in the shape of the surface that was asked. */
  tell(thrown: unknown, call: Call): Response;
  underWay(): number;
  /** Milliseconds since the last answer went out; none while one is under way. */
  quietFor(): number;
};

/** The other end of a connection. */
export type Peer = {
  /** A system call, so only where it matters. */
  address(): string;
  /** Lets the connection be silent for so long. */
  allowSilence(seconds: number): void;
  /** Makes it a socket; false where it cannot be one. */
  upgrade(talk: SocketTalk): boolean;
};

/** What answers before there is an admin. */
const openBeforeSetUp = /^\/(setup(\/.*)?|api\/v1\/setup|healthz|readyz)$/;
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What keeps browsers careful with any answer; pages carry more. */
const securityHeaders: [string, string][] = [
  ["X-Content-Type-Options", "nosniff"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
];
const hostPattern = /^[\w.:[\]-]*$/;
const maxMeters = 5_000;
const usualPolicy = "default-src 'none'; frame-ancestors 'none'";

export function createFront(options: FrontOptions): Front {
  const { surfaces, basePath, publicOrigin, trustedProxies, cors, log, metrics } = options;
  const requests = metrics.counter("waygate_http_requests_total", "Requests by route and status.");
  const durations = metrics.histogram("waygate_http_request_seconds", "Time to answer, by route.", buckets);
  const isHttps = publicOrigin?.startsWith("https:") === true;
  const idHead = randomBase62(6);
  const meters = new Map<string, { count(seconds: number): void }>();
  let idCount = 0;
  let isSetUp = false;
  let underWay = 0;
  let lastAnswerAt = performance.now();
  let hasWarnedOfProxy = false;
  metrics.gauge("waygate_http_requests_under_way", "Requests being answered.", () => underWay);

  /** Kept by route: to find the right series anew for every request would cost more than counting. */
  function meterOf(method: string, route: string, status: number): { count(seconds: number): void } {
    const name = `${status} ${method} ${route}`;
    const known = meters.get(name);
    if (known !== undefined) return known;
    const counter = requests.of({ method, route, status: String(status) });
    const histogram = durations.of({ method, route });
    const meter = {
      count(seconds: number) {
        counter.add();
        histogram.observe(seconds);
      },
    };
    if (meters.size < maxMeters) meters.set(name, meter);
    return meter;
  }

  function callFor(request: Request, peer: Peer): Call {
    const { headers } = request;
    const isProxied = trustedProxies.length > 0 && isInAny(peer.address(), trustedProxies);
    if (!hasWarnedOfProxy && trustedProxies.length === 0) hasWarnedOfProxy = warnOfProxy(request, peer, log);
    const given = isProxied ? headers.get("x-request-id") : null;
    const url = request.url;
    const start = url.indexOf("/", url.indexOf("//") + 2);
    const end = url.indexOf("?", start);
    return {
      id: given !== null && /^[\w.-]{8,64}$/.test(given) ? given : `req_${idHead}${(++idCount).toString(36)}`,
      request,
      path: withoutBase(start < 0 ? "/" : url.slice(start, end < 0 ? undefined : end), basePath),
      get address() {
        return clientAddress(peer.address(), headers.get("x-forwarded-for"), trustedProxies);
      },
      get origin() {
        if (isProxied) return forwardedOrigin(headers, url.slice(0, start));
        // A page of the public address itself says so, even through a proxy that nobody has named.
        return isHttps && headers.get("origin") === publicOrigin ? publicOrigin : url.slice(0, start);
      },
      startedAt: performance.now(),
      takes: (seconds) => peer.allowSilence(seconds),
      upgrade: (talk) => peer.upgrade(talk),
      waits(seconds) {
        peer.allowSilence(seconds);
        return AbortSignal.any([request.signal, options.stopping]);
      },
      route: null,
      known: null,
      again: null,
      headers: [],
    };
  }

  async function route(call: Call): Promise<Response> {
    if (!hostPattern.test(call.request.headers.get("host") ?? "")) {
      throw new WaygateError("malformed", "The Host header names no host.");
    }
    const preflight = cors.preflight(call);
    if (preflight !== null) return preflight;
    // Once it is done it stays done, and nobody waits for the answer.
    isSetUp ||= await options.isSetUp();
    const elsewhere = options.lead(call, isSetUp);
    if (elsewhere !== null) return elsewhere;
    if (!isSetUp && !openBeforeSetUp.test(call.path)) {
      throw new WaygateError(
        "setup_required",
        "Waygate is not set up yet: open the link that it printed when it started.",
      );
    }
    if (call.request.method === "OPTIONS") return allowed(options.methodsOf(call.path));
    const request = inOwnForm(call);
    rememberCall(request, call);
    return options.handle(request, call);
  }

  function tell(thrown: unknown, call: Call): Response {
    const methods = isUnanswered(thrown, call) ? options.methodsOf(call.path) : [];
    const fault = faultOf(methods.length === 0 ? thrown : wrongMethod(call, methods));
    if (fault.inside !== null)
      log.error({ request: call.id, route: call.route, error: fault.inside }, "a request failed");
    const surface = surfaces.find((candidate) => candidate.owns(call.path)) ?? surfaces.at(-1);
    if (surface === undefined) throw new Error("there is no surface");
    const response = surface.tell(fault, call);
    for (const [name, value] of faultHeaders(fault, methods)) response.headers.set(name, value);
    return response;
  }

  function finish(response: Response, call: Call): Response {
    const { headers } = response;
    headers.set("X-Request-Id", call.id);
    for (const [name, value] of securityHeaders) if (!headers.has(name)) headers.set(name, value);
    // Nobody's next request shall meet a connection that is about to be closed.
    if (options.stopping.aborted) headers.set("Connection", "close");
    if (isHttps) headers.set("Strict-Transport-Security", "max-age=31536000");
    if (!headers.has("Content-Security-Policy")) headers.set("Content-Security-Policy", usualPolicy);
    if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
    for (const [name, value] of call.headers) headers.append(name, value);
    for (const [name, value] of cors.headersFor(call)) headers.append(name, value);
    measure(response.status, call);
    return response;
  }

  function measure(status: number, call: Call): void {
    const seconds = (performance.now() - call.startedAt) / 1_000;
    const { method } = call.request;
    const route = call.route ?? "none";
    meterOf(method, route, status).count(seconds);
    if (!log.tells("debug")) return;
    const accountId = call.known?.account.id;
    const ms = Math.round(seconds * 1e4) / 10;
    log.debug({ request: call.id, method, route, status, ms, accountId }, "request answered");
  }

  return {
    tell,
    underWay: () => underWay,
    quietFor: () => (underWay > 0 ? 0 : performance.now() - lastAnswerAt),
    async answer(request, peer) {
      underWay += 1;
      const call = callFor(request, peer);
      try {
        return finish(await route(call), call);
      } catch (error) {
        return finish(tell(error, call), call);
      } finally {
        underWay -= 1;
        lastAnswerAt = performance.now();
      }
    },
  };
}

function warnOfProxy(request: Request, peer: Peer, log: Log): boolean {
  if (!request.headers.has("x-forwarded-for") || !isLoopback(peer.address())) return false;
  const message =
    "a proxy on this machine forwards requests, but WAYGATE_TRUSTED_PROXIES does not name it: everybody looks like one address, and limits count them together";
  log.warn({ peer: peer.address() }, message);
  return true;
}

/** `/wa/api/v1/me` and `/api/v1/me` are the same place, whether the proxy in front strips its path or not. */
function withoutBase(path: string, basePath: string): string {
  if (basePath === "" || !path.startsWith(basePath)) return path;
  const rest = path.slice(basePath.length);
  return rest === "" ? "/" : rest.startsWith("/") ? rest : path;
}

/** Elysia looks for the path from here on, beyond which a short host like `nas` has ended already. */
const elysiaLooksFrom = 11;

function inOwnForm(call: Call): Request {
  const { request, path } = call;
  const url = request.url;
  const start = url.indexOf("/", url.indexOf("//") + 2);
  if (url.startsWith(path, start) && start >= elysiaLooksFrom) return request;
  const query = url.indexOf("?", start);
  return new Request(`http://localhost${path}${query < 0 ? "" : url.slice(query)}`, request);
}

function forwardedOrigin(headers: Headers, own: string): string {
  const [scheme, host] = own.split("://");
  const proto = headers.get("x-forwarded-proto")?.split(",", 1)[0]?.trim();
  return `${proto === "https" || proto === "http" ? proto : scheme}://${headers.get("x-forwarded-host") ?? host}`;
}

function isUnanswered(thrown: unknown, call: Call): boolean {
  return call.route === null && faultOf(thrown).code === "not_found";
}

function wrongMethod(call: Call, methods: string[]): HttpFault {
  return new HttpFault("method_not_allowed", `${call.request.method} is not possible here; ${methods.join(", ")} is.`);
}

function allowed(methods: string[]): Response {
  if (methods.length === 0) throw new WaygateError("not_found", "There is nothing at this address.");
  return new Response(null, { status: 204, headers: { Allow: methods.join(", ") } });
}

function faultHeaders(fault: Fault, methods: string[]): [string, string][] {
  const headers: [string, string][] = [];
  if (methods.length > 0) headers.push(["Allow", methods.join(", ")]);
  if (fault.code === "unauthenticated") headers.push(["WWW-Authenticate", 'Bearer realm="Waygate"']);
  if (fault.code === "upgrade_required") headers.push(["Upgrade", "websocket"]);
  if (fault.retryAfterMs !== null) headers.push(["Retry-After", String(Math.ceil(fault.retryAfterMs / 1_000))]);
  if (fault.quota?.resetsAt != null && fault.retryAfterMs !== null) {
    const { limit, used } = fault.quota;
    headers.push(...rateHeaders({ policy: "messages", limit, windowMs: day, used, resetMs: fault.retryAfterMs }));
  }
  return headers;
}
