// /api/v1/event-types: every event there is, with its shape and an example.
import { Type } from "@sinclair/typebox";
import { type EventType, eventTypes } from "../../core/events.ts";
import { OneOf } from "../../core/one-of.ts";
import { plainSchema } from "../schema.ts";
import { routes } from "../surface.ts";
import { exampleOf } from "./event-examples.ts";
import { eventShapes } from "./event-shapes.ts";
import type { Resource } from "./resource.ts";

const names = Object.keys(eventTypes) as EventType[];

const EventTypeJson = Type.Object(
  {
    type: OneOf(names, { examples: ["message.received"] }),
    description: Type.String({
      description: "When it happens, and what to do.",
      examples: [eventTypes["message.received"]],
    }),
    schema: Type.Record(Type.String(), Type.Unknown(), {
      description: "JSON Schema of its body.",
      examples: [{ type: "object" }],
    }),
    example: Type.Record(Type.String(), Type.Unknown(), { examples: [exampleOf("message.received")] }),
  },
  { title: "EventType" },
);
const EventTypes = Type.Object(
  { data: Type.Array(EventTypeJson), next_cursor: Type.Null({ description: "There are never more." }) },
  { title: "EventTypeList" },
);

export function eventTypeRoutes({ operation }: Resource) {
  const data = names.map((type) => ({
    type,
    description: eventTypes[type],
    schema: plainSchema(eventShapes[type]),
    example: exampleOf(type),
  }));
  return routes().get(
    "/event-types",
    () => ({ data, next_cursor: null }),
    operation(
      {
        id: "listEventTypes",
        summary: "List event types",
        description:
          "Every event there is: when it happens, the JSON Schema of its body and an example. Webhooks and all feeds tell them in this form.",
        access: "read",
      },
      { response: { 200: EventTypes } },
    ),
  );
}
