// Every event that a story brings about must be one of the catalogue: read through the API, each is held against its shape.
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import type { EventType } from "../../src/core/events.ts";
import { eventShapes } from "../../src/http/v1/event-shapes.ts";
import type { Services } from "../../src/services/services.ts";
import type { Answer } from "./gateway.ts";

type Call = (path: string) => Promise<Answer>;
type Told = { id: string; event: EventType; sequence: number };

const checks = new Map<EventType, TypeCheck<(typeof eventShapes)[EventType]>>();

/** All that the account was told, oldest first; throws at the first that is not what the catalogue says. */
export async function checkedEvents(call: Call): Promise<Told[]> {
  const all: Told[] = [];
  for (let cursor = "earliest"; ; ) {
    const { status, json, text } = await call(`/events?limit=200&cursor=${cursor}`);
    if (status !== 200) throw new Error(`the events cannot be read: ${status} ${text}`);
    for (const event of json.data) check(event);
    all.push(...json.data);
    if (!json.has_more) return all;
    cursor = json.next_cursor;
  }
}

/** The same of every account, whatever has become of its keys. */
export async function checkAllEvents({ accounts, eventFeed }: Services): Promise<void> {
  const { rows } = await accounts.list({ before: null, limit: 200 });
  for (const { id: accountId } of rows) {
    const choice = { accountId, mayWant: () => true, wants: () => true };
    for (let after = 0, isEnd = false; !isEnd; ) {
      const page = await eventFeed.page(choice, { after, limit: 200 });
      for (const { text } of page.events) check(JSON.parse(text));
      ({ position: after, isEnd } = page);
    }
  }
}

export function check(told: Told): void {
  const shape = eventShapes[told.event];
  if (shape === undefined) throw new Error(`${told.event} is not in the catalogue`);
  const compiled = checks.get(told.event) ?? TypeCompiler.Compile(shape);
  checks.set(told.event, compiled);
  const [fault] = [...compiled.Errors(told)];
  if (fault === undefined) return;
  throw new Error(
    `${told.event} is not as the catalogue says at ${fault.path}: ${fault.message} ${JSON.stringify(told)}`,
  );
}
