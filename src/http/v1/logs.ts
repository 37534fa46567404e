// /api/v1/logs: the last lines of the log; all of them for an admin, one's own account's for everybody else.
import { Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import { type LogLine, logLevels } from "../../core/log.ts";
import { OneOf } from "../../core/one-of.ts";
import { isAdmin } from "../../core/principal.ts";
import { principalOf } from "../call.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { listOf, PageQuery, strict, Time } from "./shapes.ts";

const LogJson = Type.Object(
  {
    time: Time("When it was written."),
    level: OneOf(logLevels),
    message: Type.String({ examples: ["the database has been brought up to date"] }),
    fields: Type.Record(Type.String(), Type.Unknown(), { description: "The data that goes with the message." }),
  },
  { title: "LogLine" },
);
const LogQuery = Type.Object(
  {
    level: Type.Optional(OneOf(logLevels, { default: "info", description: "The least important level to show." })),
    cursor: Type.Optional(
      Type.String({
        maxLength: 20,
        pattern: "^[0-9]+$",
        description: "A number: the `next_cursor` of the page before.",
      }),
    ),
    limit: PageQuery.limit,
  },
  strict,
);
const usualLimit = 50;

export function logRoutes({ services, operation }: Resource) {
  return routes().get(
    "/logs",
    ({ query, call }) => {
      const principal = principalOf(call);
      const limit = query.limit ?? usualLimit;
      const lines = services.logTail.read({
        accountId: isAdmin(principal) ? null : principal.account.id,
        level: query.level ?? "info",
        before: query.cursor === undefined ? null : Number(query.cursor),
        limit: limit + 1,
      });
      const shown = lines.slice(0, limit);
      const next = lines.length > limit ? (shown.at(-1)?.id ?? null) : null;
      return { data: shown.map(logJson), next_cursor: next === null ? null : String(next) };
    },
    operation(
      {
        id: "listLogs",
        summary: "Read the log",
        description:
          "The last few thousand lines since the start, newest first: all of them for an admin, those about your account otherwise. Secrets, numbers and texts are not in it.",
        access: "read",
      },
      { query: LogQuery, response: { 200: listOf(LogJson, "LogList") } },
    ),
  );
}

function logJson({ time, level, message, fields }: LogLine) {
  return { time: isoTime(time), level, message, fields };
}
