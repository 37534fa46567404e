// The catalogue of events: what its examples look like, and what becomes of an event whose rows are gone.
import { expect, test } from "bun:test";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { type EventType, eventTypes } from "../../src/core/events.ts";
import { createIds, makeIdAlphabet } from "../../src/core/ids.ts";
import { exampleOf } from "../../src/http/v1/event-examples.ts";
import { showEvent } from "../../src/http/v1/event-json.ts";
import { eventShapes } from "../../src/http/v1/event-shapes.ts";

const types = Object.keys(eventTypes) as EventType[];
const ids = createIds(makeIdAlphabet(() => 0));

function faultsIn(type: EventType, body: unknown): string[] {
  return [...TypeCompiler.Compile(eventShapes[type]).Errors(body)].map(({ path, message }) => `${path}: ${message}`);
}

test.each(types)("the example of %s is one", (type) => {
  const example = JSON.parse(JSON.stringify(exampleOf(type)));
  expect(faultsIn(type, example)).toEqual([]);
  expect(example.event).toBe(type);
});

test("an event of another kind, and one without its data, is none", () => {
  expect(faultsIn("message.sent", exampleOf("message.received"))).not.toEqual([]);
  expect(faultsIn("message.sent", { ...exampleOf("message.sent"), data: {} })).not.toEqual([]);
});

/** The others speak of rows that may be gone by the time they are told. */
const ofThemselves: readonly EventType[] = [
  ...(["call.received", "call.rejected", "call.ended"] as const),
  ...([
    "member.joined",
    "member.left",
    "member.promoted",
    "member.demoted",
    "group.updated",
    "presence.updated",
  ] as const),
  ...(["webhook.disabled", "webhook.test"] as const),
  ...(["schedule.sent", "schedule.failed", "schedule.missed"] as const),
  ...(["campaign.started", "campaign.progress", "campaign.paused", "campaign.completed"] as const),
];

test.each(types.filter((type) => !ofThemselves.includes(type)))(
  "%s is told with what is known where its rows are gone",
  (type) => {
    const data = { messageId: 3, contactId: 5, mergedId: 6, changed: ["name"], options: [], emoji: null, qr: "2@x" };
    const event = { id: 9, accountId: 1, sessionId: 2, type, at: 0, data };
    const body = showEvent({ event, session: null, message: null, contact: null, actor: null }, ids);
    expect(faultsIn(type, JSON.parse(JSON.stringify(body)))).toEqual([]);
    expect(body.data).toMatchObject({ removed: true });
  },
);

test("a message's event says on top who wrote it, what, and where", () => {
  const body = exampleOf("message.received");
  expect(body).toMatchObject({ from: "+15551000003", text: "Hi bot", timestamp: "2026-11-20T09:30:00.000Z" });
  expect(exampleOf("message.sent").from).toBe("+4915123456789");
  // It is not Alice who said what she reacted to.
  expect(exampleOf("message.reaction")).toMatchObject({ from: "+15551000003", data: { text: "Hello!" } });
  expect(exampleOf("message.reaction").text).toBeUndefined();
});
