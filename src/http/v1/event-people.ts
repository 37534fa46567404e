// People in events: who it is about, and who has done it.
import { type Static, Type } from "@sinclair/typebox";
import type { Contact } from "../../core/chat.ts";
import type { Face } from "../../core/content.ts";
import type { EventInFull } from "../../core/events.ts";
import type { Ids } from "../../core/ids.ts";
import { textOrNull } from "./message-media.ts";
import { showFace } from "./message-shapes.ts";
import { IdOrNull } from "./shapes.ts";

export const EventPerson = Type.Object(
  {
    contact_id: IdOrNull("contact", "The contact; null for oneself, and for who is none here (any more)."),
    from_me: Type.Boolean({ description: "It is the session's own number.", examples: [false] }),
    phone: textOrNull("With its +, when it is known.", "+15551000003"),
    lid: textOrNull("WhatsApp's other address of the same person.", "603168028046026"),
    name: textOrNull("As they are called here.", "Alice"),
  },
  { title: "EventPerson" },
);
export type EventPerson = Static<typeof EventPerson>;

export const PersonOrNull = (description: string) => Type.Union([EventPerson, Type.Null()], { description });

/** What a surface's own fields say of an event. */
export type Told = { from: string | null; data: Record<string, unknown> };

const nobody: Face = { phone: null, lid: null };
const unknown = { contact_id: null, from_me: false, ...nobody, name: null };

export const addressOf = ({ phone, lid }: Face) => phone ?? lid;

/** Nobody's contact is oneself. */
export function personOf(full: EventInFull, ids: Ids): EventPerson {
  const { contactId } = full.event.data;
  return typeof contactId === "number" ? shownContact(full.contact, ids) : ourselves(full);
}

/** Somebody who may be no contact: then the event itself says who it is. Null where nobody knows. */
export function anyoneIn(full: EventInFull, ids: Ids): EventPerson | null {
  const { contactId, face, isMe } = full.event.data;
  if (isMe === true) return ourselves(full);
  return typeof contactId === "number" ? shownContact(full.contact, ids) : shownFace(face);
}

/** Who has done it; null where nobody knows. */
export function actorOf(full: EventInFull, ids: Ids): EventPerson | null {
  const { actorId, actorFace, isByMe } = full.event.data;
  if (isByMe === true) return ourselves(full);
  return typeof actorId === "number" ? shownContact(full.actor, ids) : shownFace(actorFace);
}

function ourselves({ session }: EventInFull): EventPerson {
  const { identity } = session ?? { identity: null };
  const name = identity?.displayName ?? null;
  return { contact_id: null, from_me: true, ...showFace(identity ?? nobody), name };
}

function shownContact(contact: Contact | null, ids: Ids): EventPerson {
  if (contact === null) return unknown;
  const name = contact.name ?? contact.pushName;
  return { contact_id: ids.show("contact", contact.id), from_me: false, ...showFace(contact), name };
}

function shownFace(face: unknown): EventPerson | null {
  if (typeof face !== "object" || face === null) return null;
  const { phone, lid } = face as Face;
  return { ...unknown, ...showFace({ phone, lid }) };
}
