// WS /api/v1/ws: where a connection becomes a socket. Whoever brings a credential along is asked for it here; a browser
// that has none but its key says it first thing on the socket.

import { presentedBy } from "../auth.ts";
import type { Call } from "../call.ts";
import { HttpFault } from "../faults.ts";
import { createEventSockets } from "./event-socket.ts";
import type { Resource } from "./resource.ts";

export const eventSocketPath = "/api/v1/ws";
const how = "This address speaks WebSocket: connect to it with ws:// or wss://.";

/** Null for other paths. */
export function eventSocketRoute(resource: Resource): (call: Call) => Promise<Response> | null {
  const { gatekeeper, cookies } = resource;
  const open = createEventSockets(resource);

  async function answer(call: Call): Promise<Response> {
    call.route = eventSocketPath;
    if (call.request.headers.get("upgrade")?.toLowerCase() !== "websocket")
      throw new HttpFault("upgrade_required", how);
    await gatekeeper(call, presentedBy(call.request, cookies) === null ? "public" : "read");
    if (!call.upgrade(open(call))) throw new HttpFault("upgrade_required", how);
    return new Response(null, { status: 101 });
  }
  return (call) => (call.path === eventSocketPath && call.request.method === "GET" ? answer(call) : null);
}
