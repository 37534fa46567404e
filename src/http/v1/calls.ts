// /api/v1/calls: who called.
import { Type } from "@sinclair/typebox";
import { callOutcomes } from "../../core/call.ts";
import { OneOf } from "../../core/one-of.ts";
import { routes } from "../surface.ts";
import { CallJson, showCall } from "./call-shapes.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import { given, listOf, PageQuery, readPage, readTime, showPage, strict, TimeInput } from "./shapes.ts";

const CallQuery = Type.Object(
  {
    ...PageQuery,
    session: Type.Optional(Type.String({ maxLength: 64, description: "Of this session, by id or name." })),
    outcome: Type.Optional(OneOf(callOutcomes, { description: "Only those that came to this." })),
    since: Type.Optional(TimeInput("Rang at this time or later.")),
    until: Type.Optional(TimeInput("Rang before this time.")),
  },
  strict,
);

export function callRoutes({ services, operation }: Resource) {
  const { calls, sessions, ids } = services;
  const { reachOf } = createSessionAccess(services);

  return routes().get(
    "/calls",
    async ({ query, call }) => {
      const { session, outcome, since, until } = query;
      const reach = reachOf(call);
      const filter = {
        accountId: reach.accountId,
        sessionIds: await sessions.idsWithin(reach, session),
        ...given({
          outcome,
          startedFrom: since === undefined ? undefined : readTime(since, "since"),
          startedUntil: until === undefined ? undefined : readTime(until, "until"),
        }),
      };
      return showPage(await calls.list(filter, readPage(query, ids, "call")), ids, "call", (one) => showCall(one, ids));
    },
    operation(
      {
        id: "listCalls",
        summary: "List calls",
        description:
          "Who called these numbers, newest first, and what became of it. WhatsApp tells of calls as well as it can: nobody speaks here, and how long others spoke is known only where it says so. They are kept as long as events.",
        access: "read",
        faults: ["not_found"],
      },
      { query: CallQuery, response: { 200: listOf(CallJson, "CallList") } },
    ),
  );
}
