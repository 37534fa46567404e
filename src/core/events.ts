// Every event Waygate can tell of: when it happens, and what whoever hears of it may do.
import type { Contact } from "./chat.ts";
import type { Message } from "./message.ts";
import type { Session } from "./session.ts";

export const eventTypes = {
  "session.qr": "A session shows a new QR; scan it before it expires.",
  "session.connected": "A session is connected to WhatsApp.",
  "session.disconnected": "A session lost its connection and is making it again by itself; nothing need be done.",
  "session.logged_out": "A session was unlinked; it must be linked again.",
  "session.failed": "A session cannot go on by itself; `data.reason` says why and what to do.",
  "session.stalled": "A session was connected and heard nothing; its connection was made anew.",
  "message.received": "Somebody wrote. History and what was missed while away come with `late`.",
  "message.queued": "A message to send is kept; it goes out as soon as the session can.",
  "message.sent": "WhatsApp has taken a message.",
  "message.delivered": "A message reached a device of its recipient.",
  "message.read": "A message was read.",
  "message.failed": "A message could not be sent; `data.error` says why.",
  "message.reaction": "Somebody reacted to a message, or took a reaction back.",
  "message.edited": "A message was changed by who wrote it.",
  "message.deleted": "A message was deleted for everybody.",
  "message.unsupported": "A message of a kind that is not known here; its type is named.",
  "poll.vote": "Somebody voted in a poll, or changed a vote.",
  "call.received": "Somebody calls. What rang while the session was away comes with `late`.",
  "call.rejected": "Somebody called, and the session has rejected it because it is set so.",
  "call.ended":
    "A call rings here no more: nobody took it, it was rejected, or another device has it; `data.outcome` says which.",
  "member.joined": "Somebody is in a group now, oneself perhaps; `data.how` says whether somebody else has added them.",
  "member.left": "Somebody is no longer in a group; `data.how` says whether somebody else has removed them.",
  "member.promoted": "Somebody became an admin of a group.",
  "member.demoted": "Somebody is no longer an admin of a group.",
  "group.updated": "A group was changed: its name, description, picture or settings; `data.changes` says what is new.",
  "presence.updated":
    "Somebody types, records, comes or goes. True for a moment only: kept for an hour, and nobody is told all of it.",
  "contact.created": "Somebody wrote, called or was written to for the first time.",
  "contact.updated": "More is known of a contact.",
  "contact.merged": "Two contacts turned out to be one person: a phone number and its LID.",
  "contact.forgotten": "Somebody was forgotten here, with all they said; forget them as well.",
  "schedule.sent": "WhatsApp has taken what a schedule said.",
  "schedule.failed": "A schedule could not say what it was to, this time or at all; `data.error` says why.",
  "schedule.missed": "The gateway was off when a schedule was due, for longer than that may be late.",
  "contact.opted_out":
    "Somebody answered a campaign with one of its words for it: campaigns do not write to them any more.",
  "campaign.started": "A campaign was set going.",
  "campaign.progress":
    "How far a campaign has come: with every hundredth of it, or every half minute, and once a second at most.",
  "campaign.paused": "A campaign stopped by itself; `data.reason` says why and what to do.",
  "campaign.completed": "A campaign has written to everybody; `data` says what became of how many.",
  "webhook.disabled": "A webhook is told nothing more; `data.reason` says why. What happens meanwhile waits for it.",
  "webhook.test": "Somebody tries a webhook; it is told to that one alone, and once.",
} as const;

/** Names that the documents have and that nothing happens under yet: whoever asks for them is told once it does. */
export const comingEventTypes: readonly string[] = [
  ...["conversation.created", "conversation.waiting", "conversation.closed"],
  "workflow.failed",
];

export type EventType = keyof typeof eventTypes;

/** An event as it is written down: with the rows it speaks of, in one transaction. */
export type NewEvent = {
  accountId: number;
  sessionId: number | null;
  type: EventType;
  at: number;
  /** Core values, not any surface's JSON. */
  data: Record<string, unknown>;
};

/** As it is read back; `id` is its place in the journal and never changes. */
export type JournalEvent = NewEvent & { id: number };

/** With the rows that it speaks of, as they are now; null for what is gone, or was not named. */
export type EventInFull = {
  event: JournalEvent;
  session: Session | null;
  message: Message | null;
  /** Whom it is about, or who has done it; null for oneself. */
  contact: Contact | null;
  /** Who has done it to them. */
  actor: Contact | null;
};

/** The chat it happened in, where it says; null also for what has to do with several, or with none. */
export function chatIdOf({ event, message }: EventInFull): number | null {
  const { chatId } = event.data;
  return message?.chat.id ?? (typeof chatId === "number" ? chatId : null);
}

/** As others are told of it: the native form, flat above and everything in `data`. */
export type EventBody = {
  id: string;
  event: EventType;
  session_id: string | null;
  /** Grows with every event; what lies between two may be others'. */
  sequence: number;
  timestamp: string;
  /** Who wrote or did it. */
  from: string | null;
  group_id?: string;
  text?: string;
  data: Record<string, unknown>;
};
