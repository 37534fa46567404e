// Which methods a path answers to, for requests that used another: 405 with Allow, and OPTIONS.

export type RouteTable = { methodsOf(path: string): string[] };

export function createRouteTable(routes: readonly { method: string; path: string }[]): RouteTable {
  const known = routes.map(({ method, path }) => ({ method, segments: path.split("/") }));
  return {
    methodsOf(path) {
      const segments = path.split("/");
      const fitting = known.filter((route) => fits(route.segments, segments)).map((route) => route.method);
      const methods = [...new Set(fitting)].flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
      return methods.toSorted();
    },
  };
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.length !== segments.length) return false;
  return pattern.every((part, place) => (part.startsWith(":") ? segments[place] !== "" : part === segments[place]));
}
