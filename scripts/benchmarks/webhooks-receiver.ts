// The receivers of the webhooks benchmark, in a process of their own: all of them answer at once, but those under /hang,
// which never do. What came is told at /came; its times are of the wall clock, in milliseconds.
export type Came = {
  count: number;
  firstAt: number;
  lastAt: number;
  /** Of one delivery, as it came. */
  sample: { headers: Record<string, string>; body: string } | null;
  /** When each was told first, by what its event is about and by the receiver's path; kept where that was asked for. */
  at: Record<string, number>;
};

if (import.meta.main) {
  const [port = "0"] = process.argv.slice(2);
  let came = nothing();
  let keeps = false;
  const now = () => performance.timeOrigin + performance.now();

  async function answer(request: Request): Promise<Response> {
    const url = request.url;
    const path = url.slice(url.indexOf("/", 8));
    if (path.startsWith("/healthz")) return Response.json({ status: "ok" });
    if (path.startsWith("/came")) return Response.json(came);
    if (path.startsWith("/anew")) {
      came = nothing();
      keeps = path.includes("keep");
      return new Response();
    }
    const body = await request.text();
    if (path.startsWith("/hang")) return new Promise(() => {});
    const at = now();
    came.count += 1;
    if (came.count === 1) {
      came.firstAt = at;
      came.sample = { headers: Object.fromEntries(request.headers), body };
    }
    came.lastAt = at;
    if (keeps) came.at[`${JSON.parse(body).data.id} ${path}`] ??= at;
    return new Response("ok");
  }

  Bun.serve({ hostname: "127.0.0.1", port: Number(port), idleTimeout: 0, fetch: answer });
}

function nothing(): Came {
  return { count: 0, firstAt: 0, lastAt: 0, sample: null, at: {} };
}
