// A small reverse proxy on loopback, as people put in front of the gateway: below a path, which it strips or passes on.

export type ProxyOptions = {
  /** Where the gateway is found, like `/wa`; empty for the root. */
  path: string;
  strips: boolean;
};

export type Proxy = AsyncDisposable & {
  /** With the path, without a slash at its end. */
  readonly url: string;
  /** The gateway learns the proxy's address before it has one of its own, so it comes later. */
  forwardTo(gatewayUrl: string): void;
};

/** Of one connection only; the client's fetch sets its own. */
const hopByHop = ["connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "host"];

export function startProxy({ path, strips }: ProxyOptions): Proxy {
  let target: string | null = null;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    fetch(request, server) {
      const url = new URL(request.url);
      const isOurs = path === "" || url.pathname === path || url.pathname.startsWith(`${path}/`);
      if (!isOurs) return new Response("The proxy has nothing here.", { status: 404 });
      if (target === null) return new Response("The proxy leads nowhere yet.", { status: 502 });
      const inside = strips ? url.pathname.slice(path.length) || "/" : url.pathname;
      return forward(request, target + inside + url.search, server.requestIP(request)?.address ?? "unknown");
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}${path}`,
    forwardTo(gatewayUrl) {
      target = gatewayUrl;
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

async function forward(request: Request, to: string, client: string): Promise<Response> {
  const from = new URL(request.url);
  const headers = without(hopByHop, request.headers);
  headers.set("X-Forwarded-For", client);
  headers.set("X-Forwarded-Proto", from.protocol.replace(":", ""));
  headers.set("X-Forwarded-Host", from.host);
  const {
    status,
    body,
    headers: answered,
  } = await fetch(to, {
    method: request.method,
    headers,
    body: request.body,
    redirect: "manual",
    decompress: false,
  });
  return new Response(body, { status, headers: without(hopByHop, answered) });
}

function without(names: string[], headers: Headers): Headers {
  const kept = new Headers(headers);
  for (const name of names) kept.delete(name);
  return kept;
}
