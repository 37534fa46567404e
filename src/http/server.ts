// Everything that listens, put together: the surfaces behind the front, on one port.
import { chmodSync, rmSync } from "node:fs";
import { type AnyElysia, Elysia } from "elysia";
import type { Network } from "../core/addresses.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf, WaygateError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { SandboxControl } from "../sandbox/control/actions.ts";
import type { Services } from "../services/services.ts";
import { createGatekeeper } from "./auth.ts";
import { type Call, callOf } from "./call.ts";
import { createControl } from "./control.ts";
import { createCookies } from "./cookies.ts";
import { docsPages } from "./docs.ts";
import { makeDocument } from "./document.ts";
import { createFront, type Front } from "./front.ts";
import { createLimits } from "./limits.ts";
import { createOperation } from "./operation.ts";
import { opsRoutes } from "./ops.ts";
import { createCors } from "./origins.ts";
import { createPages, type Page } from "./pages.ts";
import { createRouteTable } from "./route-table.ts";
import { type SocketData, socketHandlers } from "./sockets.ts";
import { createStreams } from "./streams.ts";
import { type Dialect, native } from "./surface.ts";
import { createTokens } from "./tokens.ts";
import { eventSocketPath, eventSocketRoute } from "./v1/event-socket-route.ts";
import { nativeRoutes } from "./v1/index.ts";
import type { DialectLimits, Resource } from "./v1/resource.ts";

export type ServerOptions = {
  services: Services;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  jwtSecret: Uint8Array;
  pages: ReadonlyMap<string, Page>;
  dialects: readonly Dialect[];
  dialectLimits: DialectLimits;
  host: string;
  port: number;
  controlSocket: string;
  publicUrl: URL | null;
  trustedProxies: readonly Network[];
  corsOrigins: readonly string[];
  addressRequestsPerMinute: number;
  bodyLimitBytes: number;
  /** The largest file that may be uploaded. */
  fileLimitBytes: number;
  graceMs: number;
  /** The network in the box, if the gateway runs with it. */
  sandbox: SandboxControl | null;
};

export type HttpServer = AsyncDisposable & { readonly url: URL };

/** Whoever reads a body has a limit of its own, and says so in words; beyond this the connection is cut. */
const leastCutBytes = 256 * 1024 * 1024;
const idleSeconds = 30;
const drainStepMs = 10;
/** Long enough for the last answers to have left. */
const quietMs = 100;

export function startServer(options: ServerOptions): HttpServer {
  const { services, clock, log, metrics, publicUrl, dialects, addressRequestsPerMinute } = options;
  const basePath = publicUrl === null ? "" : publicUrl.pathname.replace(/\/+$/, "");
  const publicOrigin = publicUrl?.origin ?? null;
  const stopping = new AbortController();

  const cookies = createCookies(basePath === "" ? "/" : basePath);
  const tokens = createTokens(options.jwtSecret, clock);
  const limits = createLimits({ counts: services.usageCounts, clock, addressRequestsPerMinute });
  const gatekeeper = createGatekeeper({ credentials: services.credentials, tokens, cookies, limits, publicOrigin });
  const linkTo = (call: Call, path: string) =>
    publicUrl === null ? call.origin + path : publicOrigin + basePath + path;
  const operation = createOperation({ gatekeeper, bodyLimitBytes: options.bodyLimitBytes });
  const streams = createStreams(stopping.signal);
  const { dialectLimits } = options;
  const resource = { services, operation, tokens, cookies, linkTo, dialectLimits, gatekeeper, limits, streams, log };
  const documented = new Elysia({ normalize: false })
    .use(opsRoutes({ services, operation, metrics, isStopping: () => stopping.signal.aborted }))
    .use(nativeRoutes(resource, options.sandbox))
    .use(dialectRoutes(resource, dialects));
  const app = new Elysia({ normalize: false })
    .onError(({ error, request }) => front.tell(error, callOf(request)))
    .use(documented)
    // Else Elysia composes its handler anew for every request.
    .compile();
  const table = createRouteTable(app.routes);
  const pages = createPages(new Map([...docsPages, ...options.pages]));
  const site = createSite(documented, basePath, dialects);
  const socket = eventSocketRoute(resource);

  const front = createFront({
    surfaces: [...dialects, native],
    handle: (request, call) => pages.answer(call) ?? site(call) ?? socket(call) ?? app.fetch(request),
    methodsOf(path) {
      if (path === eventSocketPath) return ["GET"];
      return pages.has(path) || isSite(path) ? ["GET", "HEAD"] : table.methodsOf(path);
    },
    basePath,
    publicOrigin,
    trustedProxies: options.trustedProxies,
    cors: createCors(options.corsOrigins),
    isSetUp: services.setup.isDone,
    lead: createGuide(basePath),
    stopping: stopping.signal,
    log,
    metrics,
  });

  const server = listen(options, front.answer);
  const control = listenForOwner(options.controlSocket, createControl({ services, log }));

  return {
    url: new URL(`http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${server.port}/`),
    /** No new connections; what is under way may end within the grace period. */
    async [Symbol.asyncDispose]() {
      stopping.abort();
      streams[Symbol.dispose]();
      server.stop();
      await control.stop(true);
      rmSync(options.controlSocket, { force: true });
      const deadline = performance.now() + options.graceMs;
      while (front.quietFor() < quietMs && performance.now() < deadline) await Bun.sleep(drainStepMs);
      await server.stop(true);
    },
  };
}

function dialectRoutes(resource: Resource, dialects: readonly Dialect[]): AnyElysia {
  const all: AnyElysia = new Elysia({ normalize: false });
  return dialects.reduce(
    (app, { tag, routes }) => app.group("", { detail: { tags: [tag.name] } }, (group) => group.use(routes(resource))),
    all,
  );
}

function listen({ host, port, fileLimitBytes, bodyLimitBytes }: ServerOptions, answer: Front["answer"]) {
  try {
    return Bun.serve<SocketData>({
      hostname: host,
      port,
      development: false,
      reusePort: false,
      maxRequestBodySize: Math.max(leastCutBytes, 2 * fileLimitBytes),
      idleTimeout: idleSeconds,
      websocket: socketHandlers(bodyLimitBytes),
      async fetch(request, server) {
        let isSocket = false;
        const response = await answer(request, {
          address: () => server.requestIP(request)?.address ?? "unknown",
          // Zero is for ever.
          allowSilence: (seconds) => server.timeout(request, Number.isFinite(seconds) ? seconds + idleSeconds : 0),
          upgrade(talk) {
            isSocket = server.upgrade(request, { data: { talk } });
            return isSocket;
          },
        });
        return isSocket ? undefined : response;
      },
    });
  } catch (cause) {
    throw new WaygateError("unavailable", `Cannot listen on ${host}:${port}: ${messageOf(cause)}`, {}, cause);
  }
}

/** A command may take as long as it takes, a backup for one. Bun goes by this here too, though its types deny it. */
const patience: object = { idleTimeout: 0 };

/** Owner-only: whoever can open the socket's file owns the data anyway. */
function listenForOwner(socket: string, answer: (request: Request) => Promise<Response>) {
  rmSync(socket, { force: true });
  const server = Bun.serve({ unix: socket, development: false, ...patience, fetch: answer });
  chmodSync(socket, 0o600);
  return server;
}

/**
 * To the set-up page until there is an admin, and away from it afterwards. By redirect: behind a proxy that strips its
 * path `/wa` and `/wa/` look alike from here, and only one of them would find what a page names relatively.
 */
function createGuide(basePath: string) {
  return ({ path, request }: Call, isSetUp: boolean): Response | null => {
    const isLooking = /^(GET|HEAD)$/.test(request.method) && request.headers.get("accept")?.includes("text/html");
    if (!isLooking || !/^\/(setup|docs\/?)?$/.test(path) || isSetUp !== (path === "/setup")) return null;
    // The empty fragment keeps the browser from carrying the used token along.
    return new Response(null, { status: 302, headers: { Location: `${basePath}${isSetUp ? "/docs#" : "/setup"}` } });
  };
}

const isSite = (path: string) => path === "/" || path === "/openapi.json" || path === "/docs/";

/** What is neither a page nor a route of the API: the way to the pages, and the API's document. */
function createSite(documented: AnyElysia, basePath: string, dialects: readonly Dialect[]) {
  let document: Promise<string> | undefined;
  const go = (to: string) => new Response(null, { status: 302, headers: { Location: `${basePath}${to}` } });

  return (call: Call): Response | Promise<Response> | null => {
    if (!isSite(call.path) || !/^(GET|HEAD)$/.test(call.request.method)) return null;
    if (call.path !== "/openapi.json") return go("/docs");
    document ??= makeDocument(documented, basePath, dialects).then((made) => JSON.stringify(made));
    return document.then((text) => new Response(text, { headers: { "Content-Type": "application/json" } }));
  };
}
