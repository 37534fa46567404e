// /api/v1/events/stream: events as they happen, over one HTTP answer that does not end (server-sent events).
import { Type } from "@sinclair/typebox";
import { second } from "../../core/clock.ts";
import type { Subscription, Taken } from "../../services/event-subscription.ts";
import type { Call } from "../call.ts";
import { routes } from "../surface.ts";
import { createEventChoices, eventsInQuery, Position, wantedIn } from "./event-choice.ts";
import type { Resource } from "./resource.ts";
import { strict } from "./shapes.ts";

/** Short enough for proxies that cut what is silent for half a minute. */
const heartbeatMs = 15 * second;
const reconnectMs = 2 * second;
const type = "text/event-stream";
/** Neither kept, nor packed, nor held back on its way. */
const headers = { "Content-Type": type, "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no" };
const lastIdHeader = "last-event-id";

const StreamQuery = Type.Object(
  {
    after: Type.Optional(Position("From which place on; from now on without it.")),
    ...eventsInQuery,
  },
  strict,
);

export function eventStreamRoutes({ services, operation, streams }: Resource) {
  const { eventFeed, ids } = services;
  const { choose, readPosition } = createEventChoices(services);
  const placeOf = (position: number) => ids.show("event", position);

  /** The browser's own word on where it was, where there is one: it comes with the address of the first time. */
  function readPlace(call: Call, after = "latest"): number {
    const last = call.request.headers.get(lastIdHeader)?.trim();
    if (last === undefined || last === "") return readPosition(after, { in: "query", path: "after" });
    return readPosition(last, { in: "header", path: "Last-Event-ID" });
  }

  function textOf({ events, hasGap }: Taken): string {
    const gap = hasGap ? "event: missed\ndata: {}\n\n" : "";
    return gap + events.map(({ full, text }) => `id: ${placeOf(full.event.id)}\ndata: ${text}\n\n`).join("");
  }

  function streamOf(call: Call, subscription: Subscription): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    const stream = streams.open(call, "read", () => subscription.close());
    let next: Promise<Taken | null> | undefined;
    const close = () => {
      stream.close();
      subscription.close();
    };
    return new ReadableStream({
      start(sink) {
        // At once, so that whoever asked sees an answer, and comes back to this very place.
        sink.enqueue(encoder.encode(`retry: ${reconnectMs}\n${placeLine(subscription)}\n`));
      },
      async pull(sink) {
        next ??= subscription.next();
        const taken = await within(next, heartbeatMs).catch((error) => {
          close();
          throw error;
        });
        if (taken === "nothing yet") return sink.enqueue(encoder.encode(`: still here\n${placeLine(subscription)}\n`));
        next = undefined;
        if (taken !== null) return sink.enqueue(encoder.encode(textOf(taken)));
        close();
        sink.close();
      },
      cancel: close,
    });
  }

  /** By itself it is no event, only where to go on. */
  const placeLine = (subscription: Subscription) => `id: ${placeOf(subscription.position())}\n`;

  return routes().get(
    "/events/stream",
    async ({ query, call }) => {
      const after = readPlace(call, query.after);
      const choice = await choose(call, wantedIn(query));
      // Whoever asks only for the headers waits for no event.
      if (call.request.method === "HEAD") return new Response(null, { headers });
      call.takes(Number.POSITIVE_INFINITY);
      const subscription = eventFeed.subscribe({ choice, after, whenSlow: "reread" });
      return new Response(streamOf(call, subscription), { headers });
    },
    operation(
      {
        id: "streamEvents",
        summary: "Stream events",
        description:
          "Server-sent events, for `EventSource` and anything else that reads lines: each has the event's id as `id` and its body as `data`. After a break come back with the last `id` in `Last-Event-ID` (browsers do) or `after`: nothing is left out and nothing comes twice. Every 15 seconds there is a sign of life. An `event: missed` says that some are too old to be kept any more. It ends when the credential does, and when the gateway stops.",
        access: "read",
        faults: ["not_found"],
        types: [type],
      },
      {
        query: StreamQuery,
        response: {
          200: Type.String({
            description: "Events.",
            examples: ['id: evt_Ab3dE6gH\ndata: {"event":"message.received"}\n\n'],
          }),
        },
      },
    ),
  );
}

function within<T>(promise: Promise<T>, ms: number): Promise<T | "nothing yet"> {
  const { promise: over, resolve } = Promise.withResolvers<"nothing yet">();
  const timer = setTimeout(resolve, ms, "nothing yet");
  return Promise.race([promise, over]).finally(() => clearTimeout(timer));
}
