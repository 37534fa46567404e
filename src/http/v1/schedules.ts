// /api/v1/schedules: messages that are to be said later, once or again and again.
import { type Static, Type } from "@sinclair/typebox";
import { second } from "../../core/clock.ts";
import { longestFetchMs } from "../../core/media-limits.ts";
import { OneOf } from "../../core/one-of.ts";
import { type Schedule, scheduleStates } from "../../core/schedule.ts";
import type { Call } from "../call.ts";
import { readIdempotencyKey, replayed } from "../idempotency.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { NewSchedule, readNewSchedule, readScheduleChanges, ScheduleChanges } from "./schedule-input.ts";
import { ScheduleJson, ScheduleRunJson, showRun, showSchedule } from "./schedule-shapes.ts";
import { createSessionAccess } from "./session-access.ts";
import {
  given,
  idParameter,
  listOf,
  NoContent,
  PageParameters,
  PageQuery,
  readId,
  readPage,
  readTime,
  showPage,
  strict,
  TimeInput,
} from "./shapes.ts";

/** With a file that has to be fetched from somewhere. */
const longestSeconds = longestFetchMs / second + 30;

const ListQuery = Type.Object(
  {
    ...PageQuery,
    session: Type.Optional(Type.String({ maxLength: 64, description: "Of this session, by id or name." })),
    status: Type.Optional(OneOf(scheduleStates, { description: "Only those that stand so." })),
    since: Type.Optional(TimeInput("Due at this time or later: next, or where they are over, last.")),
    until: Type.Optional(TimeInput("Due before this time.")),
  },
  strict,
);

export function scheduleRoutes({ services, operation }: Resource) {
  const { schedules, sessions, ids } = services;
  const { reachOf } = createSessionAccess(services);
  const params = idParameter("schedule", "schedule");
  const show = (schedule: Schedule) => showSchedule(schedule, ids);
  const own = (call: Call, shown: string) => schedules.get(reachOf(call), readId(ids, "schedule", shown));
  const answer = { params, response: { 200: ScheduleJson } };

  async function filterOf({ session, status, since, until }: Static<typeof ListQuery>, call: Call) {
    const reach = reachOf(call);
    return {
      accountId: reach.accountId,
      sessionIds: await sessions.idsWithin(reach, session),
      ...given({
        state: status,
        dueFrom: since === undefined ? undefined : readTime(since, "since"),
        dueUntil: until === undefined ? undefined : readTime(until, "until"),
      }),
    };
  }

  return routes()
    .get(
      "/schedules",
      async ({ query, call }) => {
        const page = await schedules.list(await filterOf(query, call), readPage(query, ids, "schedule"));
        return showPage(page, ids, "schedule", show);
      },
      operation(
        {
          id: "listSchedules",
          summary: "List schedules",
          description:
            "What waits to be said and what was, newest first, and with `since` or `until` by that time, the latest first; narrowed by whatever is given.",
          access: "read",
          faults: ["not_found"],
        },
        { query: ListQuery, response: { 200: listOf(ScheduleJson, "ScheduleList") } },
      ),
    )
    .post(
      "/schedules",
      async ({ body, call, status }) => {
        call.takes(longestSeconds);
        const session = await sessions.get(reachOf(call), body.session_id);
        const key = readIdempotencyKey(call);
        const { schedule, isReplayed } = await schedules.create(session, readNewSchedule(body, ids), key);
        if (isReplayed) call.headers.push(replayed);
        return status(201, show(schedule));
      },
      operation(
        {
          id: "createSchedule",
          isRepeatable: true,
          summary: "Say something later",
          description:
            "A message as `POST /messages` takes it, and when: once (`send_at`), or again and again (`cron` and `time_zone`). It is checked now as if it went out now, and its file is kept until then; a file by address is fetched anew each time where it recurs. At its time it becomes a message, once, over restarts and clocks that are set, and goes out as any message does: a session that is not connected is waited for. An `Idempotency-Key` header makes it safe to ask again.",
          access: "send",
          carriesFiles: true,
          faults: ["not_found", "conflict", "unavailable"],
        },
        { body: NewSchedule, response: { 201: ScheduleJson } },
      ),
    )
    .get(
      "/schedules/:id",
      async ({ params, call }) => show(await own(call, params.id)),
      operation(
        {
          id: "getSchedule",
          summary: "One schedule",
          description: "What it says, when it does next, and what came of it last.",
          access: "read",
          faults: ["not_found"],
        },
        answer,
      ),
    )
    .patch(
      "/schedules/:id",
      async ({ params, body, call }) => {
        call.takes(longestSeconds);
        const schedule = await own(call, params.id);
        return show(await schedules.update(schedule, readScheduleChanges(body, ids)));
      },
      operation(
        {
          id: "updateSchedule",
          summary: "Change a schedule",
          description:
            "While a time is yet to come. What is given changes, the rest stays; but what it says (text, file, poll and what goes along) is replaced as a whole where any of that is given. One for a single time stays that, and one that recurs too.",
          access: "send",
          carriesFiles: true,
          faults: ["not_found", "conflict", "unavailable"],
        },
        { params, body: ScheduleChanges, response: { 200: ScheduleJson } },
      ),
    )
    .post(
      "/schedules/:id/cancel",
      async ({ params, call }) => show(await schedules.cancel(await own(call, params.id))),
      operation(
        {
          id: "cancelSchedule",
          summary: "Call a schedule off",
          description:
            "It says nothing more, and what it made and waits still is cancelled too; it stays in the list. 409 where its last message is on its way just now, or it is over.",
          access: "send",
          faults: ["not_found", "conflict"],
        },
        answer,
      ),
    )
    .delete(
      "/schedules/:id",
      async ({ params, call, set }) => {
        await schedules.remove(await own(call, params.id));
        set.status = 204;
      },
      operation(
        {
          id: "deleteSchedule",
          summary: "Delete a schedule",
          description: "Calls it off if it is not over, and takes it out of the list with all its runs.",
          access: "send",
          faults: ["not_found", "conflict"],
        },
        { params, response: { 204: NoContent } },
      ),
    )
    .post(
      "/schedules/:id/run",
      async ({ params, call, status }) => {
        call.takes(longestSeconds);
        const { run, isReplayed } = await schedules.run(await own(call, params.id), readIdempotencyKey(call));
        if (isReplayed) call.headers.push(replayed);
        return status(201, showRun(run, ids));
      },
      operation(
        {
          id: "runSchedule",
          isRepeatable: true,
          summary: "Say it now",
          description:
            "One for a single time has had it with that; one that recurs goes on as before, and this run does not count.",
          access: "send",
          faults: ["not_found", "conflict", "daily_limit_reached", "unavailable"],
        },
        { params, response: { 201: ScheduleRunJson } },
      ),
    )
    .get(
      "/schedules/:id/runs",
      async ({ params, query, call }) => {
        const page = await schedules.listRuns(await own(call, params.id), readPage(query, ids, "scheduleRun"));
        return showPage(page, ids, "scheduleRun", (run) => showRun(run, ids));
      },
      operation(
        {
          id: "listScheduleRuns",
          summary: "How a schedule ran",
          description: "Every time that it ran or was missed, newest first, for as long as events are kept.",
          access: "read",
          faults: ["not_found"],
        },
        { params, query: PageParameters, response: { 200: listOf(ScheduleRunJson, "ScheduleRunList") } },
      ),
    );
}
