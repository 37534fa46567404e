// /schedule-message and /scheduled-messages: texts that go out later.
import { type Static, Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import { invalidField, WaygateError } from "../../core/errors.ts";
import { parseInstant } from "../../core/instant.ts";
import { justText, type Said } from "../../core/said.ts";
import type { Schedule } from "../../core/schedule.ts";
import type { Call } from "../../http/call.ts";
import { readIdempotencyKey } from "../../http/idempotency.ts";
import { routes } from "../../http/surface.ts";
import type { Resource } from "../../http/v1/resource.ts";
import { createSessionAccess } from "../../http/v1/session-access.ts";
import { lenient } from "../shapes.ts";
import type { Limits } from "./limits.ts";
import { createClientAccess } from "./read.ts";
import { StringOrNull } from "./write.ts";

const listed = 1_000;

const NewScheduled = Type.Object(
  {
    clientId: Type.String({ minLength: 1, maxLength: 64 }),
    number: Type.String({ minLength: 1, maxLength: 100, description: "With its country code." }),
    message: Type.String({ minLength: 1, maxLength: 65_536 }),
    scheduleTime: Type.String({ maxLength: 40, description: "ISO-8601, in UTC unless it says otherwise." }),
  },
  {
    ...lenient,
    title: "ClientsNewScheduledMessage",
    examples: [
      {
        clientId: "another-client",
        number: "9721234567",
        message: "Scheduled hello",
        scheduleTime: "2030-10-06T18:30:00Z",
      },
    ],
  },
);
const ScheduledRow = Type.Object(
  {
    id: Type.Integer({ examples: [1] }),
    clientId: Type.String({ examples: ["client-id"] }),
    recipient: Type.String({ examples: ["+9721234567"] }),
    message: Type.String({ examples: ["Scheduled hello"] }),
    scheduleTime: Type.String({ examples: ["2030-10-06T18:30:00Z"] }),
    status: Type.String({
      description: "`pending`, `sent` or `cancelled`; beyond the document `failed` and `missed`.",
      examples: ["pending"],
    }),
    createdAt: Type.String({ examples: ["2030-10-06T17:30:00Z"] }),
    sentTime: StringOrNull,
  },
  { title: "ClientsScheduledMessage" },
);
const Cancelled = Type.Object(
  { message: Type.Literal("Schedule cancelled.", { examples: ["Schedule cancelled."] }) },
  { title: "ClientsScheduleCancelled" },
);
const params = Type.Object({ id: Type.String({ maxLength: 20, description: "Its number.", examples: ["123"] }) });

export function scheduleRoutes({ services, operation }: Resource, limits: Limits) {
  const { schedules } = services;
  const { reachOf } = createSessionAccess(services);
  const clients = createClientAccess(services);

  async function create(body: Static<typeof NewScheduled>, call: Call): Promise<Row> {
    const session = await clients.get(call, body.clientId);
    const sendAt = readScheduleTime(body.scheduleTime);
    const input = { to: body.number, said: justText(body.message), sendAt };
    const { schedule } = await schedules.create(session, input, readIdempotencyKey(call));
    return show(schedule, session.name);
  }

  async function list(call: Call): Promise<Row[]> {
    const { accountId } = reachOf(call);
    const names = new Map((await clients.list(call)).map(({ id, name }) => [id, name]));
    const filter = { accountId, sessionIds: [...names.keys()] };
    const { rows } = await schedules.list(filter, { before: null, limit: listed });
    return rows.flatMap((row) => {
      const name = names.get(row.sessionId);
      return name === undefined ? [] : [show(row, name)];
    });
  }

  async function cancel(id: string, call: Call): Promise<void> {
    limits.deletions(call);
    if (!/^\d{1,15}$/.test(id)) throw noSuchSchedule();
    const schedule = await schedules.get(reachOf(call), Number(id)).catch((error) => {
      throw error instanceof WaygateError && error.code === "not_found" ? noSuchSchedule(error) : error;
    });
    await schedules.cancel(schedule).catch((error) => {
      if (!(error instanceof WaygateError && error.code === "conflict")) throw error;
      throw new WaygateError("conflict", error.message, { named: "SCHEDULE_NOT_PENDING" }, error);
    });
  }

  return routes()
    .post(
      "/schedule-message",
      async ({ body, call, status }) => status(201, await create(body, call)),
      operation(
        {
          id: "clientsScheduleMessage",
          summary: "Schedule a message",
          description:
            "A text that goes out then, or as soon after it as the client is connected. An `Idempotency-Key` header makes it safe to ask again.",
          access: "send",
          faults: ["not_found", "conflict", "unavailable"],
        },
        { body: NewScheduled, response: { 201: ScheduledRow } },
      ),
    )
    .get(
      "/scheduled-messages",
      ({ call }) => list(call),
      operation(
        {
          id: "clientsListScheduled",
          summary: "Scheduled messages",
          description: "Those of your clients, newest first: the last thousand.",
          access: "read",
        },
        { response: { 200: Type.Array(ScheduledRow, { title: "ClientsScheduled" }) } },
      ),
    )
    .delete(
      "/scheduled-messages/:id",
      async ({ params, call }) => {
        await cancel(params.id, call);
        return { message: "Schedule cancelled." as const };
      },
      operation(
        {
          id: "clientsCancelScheduled",
          summary: "Cancel a scheduled message",
          description: "While it is pending.",
          access: "login",
          faults: ["not_found", "conflict"],
        },
        { params, response: { 200: Cancelled } },
      ),
    );
}

type Row = Static<typeof ScheduledRow>;

/** Programs that write no offset mean UTC: the document says so. */
function readScheduleTime(text: string): number {
  const read = parseInstant(text);
  const inUtc = "fault" in read && read.fault === "offset" ? parseInstant(`${text.trim()}Z`) : read;
  if ("at" in inUtc) return inUtc.at;
  throw invalidField("/scheduleTime", "scheduleTime must be an ISO-8601 time, like 2025-10-06T18:30:00Z.");
}

function show(schedule: Schedule, clientId: string): Row {
  const { id, target, said, dueAt, state, createdAt, lastRun } = schedule;
  return {
    id,
    clientId,
    recipient: recipientOf(target),
    message: textOf(said),
    scheduleTime: timeOf(dueAt),
    status: state,
    createdAt: timeOf(createdAt),
    sentTime: state === "sent" ? timeOf(lastRun?.settledAt ?? dueAt) : null,
  };
}

/** As the document prints it: to the second. */
const timeOf = (ms: number) => isoTime(ms).replace(/\.\d+Z$/, "Z");

function recipientOf(target: string): string {
  const [digits, host] = target.split("@");
  return host === "s.whatsapp.net" ? `+${digits}` : target;
}

function textOf({ body }: Said): string {
  if (body.kind === "text") return body.text;
  if (body.kind === "poll") return body.question;
  return body.kind === "media" ? (body.caption ?? "") : "";
}

function noSuchSchedule(cause?: unknown): WaygateError {
  return new WaygateError("not_found", "There is no such scheduled message.", { named: "SCHEDULE_NOT_FOUND" }, cause);
}
