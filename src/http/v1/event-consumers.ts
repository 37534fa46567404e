// /api/v1/events/consumers: readers of events that have a name, and whose place is kept here.
import { type Static, Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import type { EventConsumer } from "../../core/event-consumer.ts";
import { readEventPatterns } from "../../core/event-filter.ts";
import { SessionName } from "../../core/session.ts";
import type { Call } from "../call.ts";
import { routes } from "../surface.ts";
import { createEventChoices, EventPatterns, Position } from "./event-choice.ts";
import { createEventPages, EventPage, FeedQuery } from "./events.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import { Id, listOf, NoContent, PageParameters, readPage, showPage, strict, Time, TimeOrNull } from "./shapes.ts";

/** By the same rule as a session's. */
const Name = Type.String({ ...SessionName, examples: ["crm"] });
const SessionNames = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 100 });

const ConsumerJson = Type.Object(
  {
    id: Id("consumer", "The consumer's id."),
    name: Name,
    events: EventPatterns,
    sessions: Type.Union([Type.Array(Type.String()), Type.Null()], {
      description: "Names of the sessions whose events it gets; null is all of the account's.",
      examples: [null],
    }),
    position: Id("event", "Everything up to here is acknowledged."),
    created_at: Time("When it was made."),
    acknowledged_at: TimeOrNull("When it last acknowledged anything."),
  },
  { title: "EventConsumer" },
);

const NewConsumer = Type.Object(
  {
    name: Name,
    events: Type.Optional(EventPatterns),
    sessions: Type.Optional(
      Type.Union([SessionNames, Type.Null()], {
        description: "Sessions by id or name; null is all that the caller sees.",
      }),
    ),
    from: Type.Optional(Position("What comes after this is told; the usual is `latest`.")),
  },
  { ...strict, title: "NewEventConsumer", examples: [{ name: "crm", events: ["message.*"] }] },
);

const Acknowledgement = Type.Object(
  {
    up_to: Type.String({
      maxLength: 60,
      description: "The `next_cursor` of what was read, or the id of the last event that was dealt with.",
    }),
  },
  { ...strict, title: "EventAcknowledgement", examples: [{ up_to: "latest" }] },
);

const params = Type.Object({
  id: Type.String({ maxLength: 64, description: "The id of the consumer, or its name.", examples: ["crm"] }),
});

export function eventConsumerRoutes(resource: Resource) {
  const { services, operation } = resource;
  const { eventConsumers, ids } = services;
  const { reachOf, own } = createSessionAccess(services);
  const { choose, readPosition } = createEventChoices(services);
  const pages = createEventPages(resource);

  const show = (one: EventConsumer): Static<typeof ConsumerJson> => ({
    id: ids.show("consumer", one.id),
    name: one.name,
    events: one.events,
    sessions: one.sessions,
    position: ids.show("event", one.position),
    created_at: isoTime(one.createdAt),
    acknowledged_at: isoTime(one.acknowledgedAt),
  });
  const find = (call: Call, shown: string) => eventConsumers.find(reachOf(call), shown);

  return routes()
    .get(
      "/events/consumers",
      async ({ query, call }) =>
        showPage(await eventConsumers.list(reachOf(call), readPage(query, ids, "consumer")), ids, "consumer", show),
      operation(
        {
          id: "listEventConsumers",
          summary: "List event consumers",
          description: "With the place each has come to.",
          access: "read",
        },
        { query: PageParameters, response: { 200: listOf(ConsumerJson, "EventConsumerList") } },
      ),
    )
    .post(
      "/events/consumers",
      async ({ body, call, status }) => {
        const { name, events = [], sessions = null, from = "latest" } = body;
        const names = sessions && (await Promise.all(sessions.map(async (one) => (await own(call, one)).name)));
        const position = readPosition(from, { in: "body", path: "/from" });
        const input = { name, events: readEventPatterns(events), sessions: names, position };
        return status(201, show(await eventConsumers.create(reachOf(call), input)));
      },
      operation(
        {
          id: "createEventConsumer",
          summary: "Make an event consumer",
          description:
            "A reader whose place in the events is kept here: it reads, deals with what it got, and acknowledges. What it has not acknowledged is told again, over restarts of either side.",
          access: "manage",
          faults: ["not_found", "conflict"],
        },
        { body: NewConsumer, response: { 201: ConsumerJson } },
      ),
    )
    .get(
      "/events/consumers/:id",
      async ({ params, call }) => show(await find(call, params.id)),
      operation(
        {
          id: "getEventConsumer",
          summary: "One event consumer",
          description: "With the place it has come to.",
          access: "read",
          faults: ["not_found"],
        },
        { params, response: { 200: ConsumerJson } },
      ),
    )
    .delete(
      "/events/consumers/:id",
      async ({ params, call, set }) => {
        await eventConsumers.remove(await find(call, params.id));
        set.status = 204;
      },
      operation(
        {
          id: "deleteEventConsumer",
          summary: "Remove an event consumer",
          description: "Its place is forgotten; the events stay.",
          access: "manage",
          faults: ["not_found"],
        },
        { params, response: { 204: NoContent } },
      ),
    )
    .get(
      "/events/consumers/:id/events",
      async ({ params, query, call }) => {
        const { events, sessions, position } = await find(call, params.id);
        const choice = (await choose(call, { events }))();
        const isOurs = (name: string | undefined) =>
          sessions === null || (name !== undefined && sessions.includes(name));
        const narrowed = {
          ...choice,
          wants: (full: Parameters<typeof choice.wants>[0]) => isOurs(full.session?.name) && choice.wants(full),
        };
        return pages.read(call, narrowed, { after: position, ...query });
      },
      operation(
        {
          id: "readEventConsumer",
          summary: "Read as an event consumer",
          description:
            "What it has not acknowledged yet, oldest first: the same again until it has. Deal with it, then acknowledge `next_cursor`.",
          access: "read",
          faults: ["not_found"],
        },
        { params, query: Type.Object(FeedQuery, strict), response: { 200: EventPage } },
      ),
    )
    .post(
      "/events/consumers/:id/ack",
      async ({ params, body, call }) => {
        const consumer = await find(call, params.id);
        const upTo = readPosition(body.up_to, { in: "body", path: "/up_to" });
        return show(await eventConsumers.acknowledge(consumer, upTo));
      },
      operation(
        {
          id: "acknowledgeEvents",
          summary: "Acknowledge events",
          description:
            "These and everything before them are not told to this consumer again. There is no way back: to read again, make another with `from`.",
          access: "read",
          faults: ["not_found"],
        },
        { params, body: Acknowledgement, response: { 200: ConsumerJson } },
      ),
    );
}
