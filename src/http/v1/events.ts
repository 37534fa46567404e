// /api/v1/events: what has happened, oldest first, to be fetched by those whom nobody can call.
import { Type } from "@sinclair/typebox";
import { second } from "../../core/clock.ts";
import type { FeedPage } from "../../services/event-pages.ts";
import type { Call } from "../call.ts";
import { routes } from "../surface.ts";
import { createEventChoices, eventsInQuery, Position, wantedIn } from "./event-choice.ts";
import { EventJson } from "./event-shapes.ts";
import type { Resource } from "./resource.ts";
import { PageQuery, strict } from "./shapes.ts";

const longestWaitSeconds = 60;
const usualLimit = 50;

export const FeedQuery = {
  limit: PageQuery.limit,
  wait: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: longestWaitSeconds,
      default: 0,
      description: "Seconds to wait for the next one if there is none yet.",
    }),
  ),
};

const EventQuery = Type.Object(
  {
    cursor: Type.Optional(Position("`next_cursor` of the page before; from the oldest there is without it.")),
    ...FeedQuery,
    ...eventsInQuery,
  },
  strict,
);

export const EventPage = Type.Object(
  {
    data: Type.Array(EventJson, { description: "Oldest first." }),
    next_cursor: Type.String({
      description: "The place up to where it was looked: give it as `cursor` to read on. There always is one.",
      examples: ["evt_Ab3dE6gH"],
    }),
    has_more: Type.Boolean({ description: "Whether to read on at once.", examples: [false] }),
    missed: Type.Boolean({
      description: "Some events behind the cursor are too old to be kept any more (`event_days`).",
      examples: [false],
    }),
  },
  { title: "EventPage" },
);

/** An answer that may wait; whoever may no longer see it by then gets none. */
export function createEventPages({ services: { eventFeed, ids } }: Pick<Resource, "services">) {
  return {
    async read(
      call: Call,
      choice: Parameters<typeof eventFeed.page>[0],
      from: { after: number; limit?: number; wait?: number },
    ) {
      const { after, limit = usualLimit, wait = 0 } = from;
      const over = call.waits(wait);
      if (wait === 0) return show(await eventFeed.page(choice, { after, limit }));
      const page = await eventFeed.wait(choice, { after, limit }, { ms: wait * second, over });
      await call.again?.();
      return show(page);
    },
  };

  /** Each is JSON already. */
  function show({ events, position, isEnd, hasGap }: FeedPage): Response {
    const about = { next_cursor: ids.show("event", position), has_more: !isEnd, missed: hasGap };
    const text = `{"data":[${events.map(({ text }) => text).join(",")}],${JSON.stringify(about).slice(1)}`;
    return new Response(text, { headers: { "Content-Type": "application/json" } });
  }
}

export function eventRoutes(resource: Resource) {
  const { services, operation } = resource;
  const { choose, readPosition } = createEventChoices(services);
  const pages = createEventPages(resource);

  return routes().get(
    "/events",
    async ({ query, call }) => {
      const { cursor = "earliest", limit, wait } = query;
      const after = readPosition(cursor, { in: "query", path: "cursor" });
      const choice = await choose(call, wantedIn(query));
      return pages.read(call, choice(), {
        after,
        ...(limit === undefined ? {} : { limit }),
        ...(wait === undefined ? {} : { wait }),
      });
    },
    operation(
      {
        id: "listEvents",
        summary: "Read events",
        description:
          "What has happened, oldest first, from a place on: nothing is left out and nothing comes twice, over restarts of either side, for as long as events are kept. With `wait` it answers as soon as there is something. A page may be short, or empty, with more behind it: read on with `next_cursor`. `data` of an event tells of things as they are when it is read. Events named `session.qr` need the scope `manage`.",
        access: "read",
        faults: ["not_found"],
      },
      { query: EventQuery, response: { 200: EventPage } },
    ),
  );
}
