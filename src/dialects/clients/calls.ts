// /api/incoming-calls and /api/call-logs: who called.
import { Type } from "@sinclair/typebox";
import { type ListedCall, secondsSpoken } from "../../core/call.ts";
import { isoTime } from "../../core/clock.ts";
import type { Session } from "../../core/session.ts";
import { routes } from "../../http/surface.ts";
import type { Resource } from "../../http/v1/resource.ts";
import { clientParameter, createClientAccess } from "./read.ts";
import { personId, StringOrNull } from "./write.ts";

/** As many as the document says of each list. */
const mostOfClient = 100;
const mostOfAll = 50;

const CallRows = Type.Object(
  {
    status: Type.Literal("success", { examples: ["success"] }),
    calls: Type.Array(
      Type.Object({
        id: Type.Integer(),
        client_id: Type.String(),
        call_from: Type.String(),
        is_video: Type.Boolean(),
        start_time: Type.String(),
        end_time: StringOrNull,
        duration: Type.Union([Type.Integer(), Type.Null()], { description: "In seconds." }),
        created_at: Type.String(),
      }),
      { examples: [[]] },
    ),
  },
  { title: "ClientsCalls" },
);

export function callRoutes({ services, operation }: Resource) {
  const clients = createClientAccess(services);

  async function newest(sessions: readonly Session[], limit: number) {
    const [first] = sessions;
    const names = new Map(sessions.map(({ id, name }) => [id, name]));
    const sessionIds = [...names.keys()];
    const { rows } =
      first === undefined
        ? { rows: [] }
        : await services.calls.list({ accountId: first.accountId, sessionIds }, { before: null, limit });
    return { status: "success" as const, calls: rows.map((call) => showCall(call, names.get(call.sessionId) ?? "")) };
  }

  return routes()
    .get(
      "/api/incoming-calls/:clientId",
      async ({ params, call }) => newest([await clients.get(call, params.clientId)], mostOfClient),
      operation(
        {
          id: "clientsListIncomingCalls",
          summary: "Who called a client",
          description: "The last hundred calls of this client, newest first.",
          access: "read",
          faults: ["not_found"],
        },
        { params: clientParameter, response: { 200: CallRows } },
      ),
    )
    .get(
      "/api/call-logs",
      async ({ call }) => newest(await clients.list(call), mostOfAll),
      operation(
        {
          id: "clientsListCalls",
          summary: "Who called",
          description: "The last fifty calls of all your clients, newest first.",
          access: "read",
        },
        { response: { 200: CallRows } },
      ),
    );
}

function showCall(call: ListedCall, clientId: string) {
  return {
    id: call.id,
    client_id: clientId,
    call_from: personId(call.caller),
    is_video: call.isVideo,
    start_time: isoTime(call.startedAt),
    end_time: isoTime(call.endedAt),
    duration: secondsSpoken(call),
    created_at: isoTime(call.createdAt),
  };
}
