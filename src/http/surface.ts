// A surface: the paths it owns, and the shape in which it tells of faults. The native one speaks RFC 9457.

import { Elysia } from "elysia";
import { type Call, callOf } from "./call.ts";
import { type Fault, titles } from "./faults.ts";

export type Surface = {
  readonly name: string;
  owns(path: string): boolean;
  tell(fault: Fault, call: Call): Response;
};

/** What every file of routes begins with. Unknown fields are refused, never dropped: `normalize` off. */
export function routes() {
  return new Elysia({ normalize: false }).derive(({ request }) => ({ call: callOf(request) }));
}

export const native: Surface = {
  name: "native",
  owns: () => true,
  tell(fault, call) {
    const problem = {
      type: `urn:waygate:problem:${fault.code}`,
      title: titles[fault.code],
      status: fault.status,
      code: fault.code,
      detail: fault.sentence,
      request_id: call.id,
      ...(fault.fields.length > 0 ? { errors: fault.fields } : {}),
    };
    return new Response(JSON.stringify(problem), {
      status: fault.status,
      headers: { "content-type": "application/problem+json" },
    });
  },
};
