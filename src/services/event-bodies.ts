// What others are told of an event: the journal's entry with the rows that it speaks of, read as they are when it is told.
// Where a row is gone (deleted, forgotten, too old) the event is told all the same, with what is known.
import type { EventBody, EventInFull, JournalEvent } from "../core/events.ts";
import type { Ids } from "../core/ids.ts";
import type { Store } from "../store/store.ts";

/** The form of one surface, which owns the names. */
export type ShowEvent = (event: EventInFull, ids: Ids) => EventBody;
export type EventBodies = ReturnType<typeof createEventBodies>;

type Needs = { store: Pick<Store, "sessions" | "messages" | "contacts">; ids: Ids; show: ShowEvent };

export function createEventBodies({ store, ids, show }: Needs) {
  async function one(event: JournalEvent): Promise<EventInFull> {
    const { messageId, contactId, actorId } = namedBy(event);
    const [session, message, contact, actor] = await Promise.all([
      event.sessionId === null ? null : store.sessions.find(event.sessionId),
      messageId === null ? null : store.messages.find(messageId),
      contactId === null ? null : store.contacts.find(contactId),
      actorId === null ? null : store.contacts.find(actorId),
    ]);
    return { event, session, message, contact, actor };
  }

  async function many(events: readonly JournalEvent[]): Promise<EventInFull[]> {
    const named = events.map(namedBy);
    const [messages, contacts, sessions] = await Promise.all([
      store.messages.findMany(eachOnce(named.map(({ messageId }) => messageId))),
      store.contacts.findMany(eachOnce(named.flatMap(({ contactId, actorId }) => [contactId, actorId]))),
      Promise.all(eachOnce(events.map(({ sessionId }) => sessionId)).map((id) => store.sessions.find(id))),
    ]);
    const [messageOf, contactOf, sessionOf] = [byId(messages), byId(contacts), byId(sessions)];
    return events.map((event, place) => ({
      event,
      session: sessionOf(event.sessionId),
      message: messageOf(named[place]?.messageId ?? null),
      contact: contactOf(named[place]?.contactId ?? null),
      actor: contactOf(named[place]?.actorId ?? null),
    }));
  }

  /** In the order of the events; for those who choose among them, or tell them in a form of their own. */
  const read = async (events: readonly JournalEvent[]): Promise<EventInFull[]> => {
    const [first] = events;
    return events.length === 1 && first !== undefined ? [await one(first)] : many(events);
  };
  return {
    read,
    show: (event: EventInFull): EventBody => show(event, ids),
    of: async (event: JournalEvent): Promise<EventBody> => show(await one(event), ids),
    /** Many at the price of a few. */
    ofMany: async (events: readonly JournalEvent[]): Promise<EventBody[]> =>
      (await read(events)).map((event) => show(event, ids)),
  };
}

type Named = { messageId: number | null; contactId: number | null; actorId: number | null };

function namedBy({ data }: JournalEvent): Named {
  const number = (value: unknown) => (typeof value === "number" ? value : null);
  return { messageId: number(data.messageId), contactId: number(data.contactId), actorId: number(data.actorId) };
}

function eachOnce(ids: readonly (number | null)[]): number[] {
  return [...new Set(ids.filter((id) => id !== null))];
}

function byId<T extends { id: number }>(rows: readonly (T | null)[]): (id: number | null) => T | null {
  const found = new Map(rows.flatMap((row) => (row === null ? [] : [[row.id, row] as const])));
  return (id) => (id === null ? null : (found.get(id) ?? null));
}
