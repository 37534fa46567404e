// A surface: the paths it owns, and the shape in which it tells of faults. The native one speaks RFC 9457, a dialect as
// the document does that it was written after.

import { type AnyElysia, Elysia } from "elysia";
import { type Call, callOf } from "./call.ts";
import { type Fault, type FaultCode, statuses } from "./faults.ts";
import { problemOf, problemShape } from "./problem.ts";
import type { Resource } from "./v1/resource.ts";

export type Surface = {
  readonly name: string;
  owns(path: string): boolean;
  statusOf(code: FaultCode): number;
  tell(fault: Fault, call: Call): Response;
  readonly shape: FaultShape;
};

/** How a surface's faults look, for the documentation. */
export type FaultShape = {
  type: string;
  /** The schema's name. */
  title: string;
  schema: object;
  example(code: FaultCode): object;
};

/** Somebody else's API on the same services: its routes, below addresses of its own, and its faults. */
export type Dialect = Surface & {
  readonly tag: { name: string; description: string };
  routes(resource: Resource): AnyElysia;
};

/** What every file of routes begins with. Unknown fields are refused, never dropped: `normalize` off. */
export function routes() {
  return new Elysia({ normalize: false }).derive(({ request }) => ({ call: callOf(request) }));
}

export const native: Surface = {
  name: "native",
  owns: () => true,
  statusOf: (code) => statuses[code],
  tell: (fault, call) =>
    new Response(JSON.stringify(problemOf(fault, call.id)), {
      status: statuses[fault.code],
      headers: { "content-type": problemShape.type },
    }),
  shape: problemShape,
};
