// Events as the native API tells them: in webhooks and in every feed the same.
import { type TObject, type TProperties, type TSchema, Type } from "@sinclair/typebox";
import { type EventType, eventTypes } from "../../core/events.ts";
import { idPrefixes } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import { type DisabledReason, disabledReasons } from "../../core/webhook.ts";
import { callEventData } from "./call-events.ts";
import { EventCampaign } from "./campaign-event.ts";
import { ContactJson } from "./chat-shapes.ts";
import { EventPerson, PersonOrNull } from "./event-people.ts";
import { groupEventData } from "./group-events.ts";
import { orNull, textOrNull } from "./message-media.ts";
import { MessageJson } from "./message-shapes.ts";
import { presenceEventData } from "./presence-events.ts";
import { SessionJson } from "./session-shapes.ts";
import { Id, IdOrNull, Time, TimeOrNull } from "./shapes.ts";

const removed = Type.Literal(true, { description: "It is not kept here any more: this is what is still known." });

const RemovedMessage = Type.Object(
  { id: Id("message", "The message's id."), session_id: Id("session", "The session it was in."), removed },
  { title: "RemovedMessage" },
);
const EventMessage = Type.Union([MessageJson, RemovedMessage]);
/** Whole objects: the shapes of routes take no other fields, so that none could be added beside them. */
const eitherWith = (one: TObject, other: TObject, title: string, more: TProperties) =>
  Type.Union([
    Type.Object({ ...one.properties, ...more }, { title }),
    Type.Object({ ...other.properties, ...more }, { title: `Removed${title}` }),
  ]);
const messageWith = (title: string, more: TProperties) => eitherWith(MessageJson, RemovedMessage, title, more);

const late = Type.Boolean({
  description: "It was said a while ago: missed while away, or come late from the phone.",
  examples: [false],
});
const by = PersonOrNull("Who has got it, or read it; null where WhatsApp does not say.");

const told = SessionJson.properties;
const session = {
  ...{ id: told.id, name: told.name, label: told.label, status: told.status, reason: told.reason },
  ...{ phone: told.phone, lid: told.lid, display_name: told.display_name, platform: told.platform },
  ...{ created_at: told.created_at, linked_at: told.linked_at },
};
const RemovedSession = Type.Object(
  { id: told.id, name: told.name, status: told.status, reason: told.reason, phone: told.phone, lid: told.lid, removed },
  { title: "RemovedSession" },
);
const PresentSession = Type.Object(session, { title: "EventSession" });
const EventSession = Type.Union([PresentSession, RemovedSession]);

const RemovedContact = Type.Object(
  { id: ContactJson.properties.id, phone: ContactJson.properties.phone, lid: ContactJson.properties.lid, removed },
  { title: "RemovedContact" },
);
const EventContact = Type.Union([ContactJson, RemovedContact]);
const contactWith = (title: string, more: TProperties) => eitherWith(ContactJson, RemovedContact, title, more);

export const DisabledJson = Type.Union(
  [
    Type.Object({
      code: OneOf(Object.keys(disabledReasons) as DisabledReason[]),
      sentence: Type.String({ description: "What happened, and what to do." }),
    }),
    Type.Null(),
  ],
  { description: "Why it was disabled; null where it was not.", examples: [null] },
);

const EventSchedule = Type.Object(
  {
    schedule_id: Id("schedule", "The schedule."),
    run_id: IdOrNull("scheduleRun", "The time that it ran, or was missed; null where it never came to that."),
    scheduled_at: Time("When it was due."),
    missed_until: TimeOrNull("Of several times that were missed one after the other: the last of them."),
    next_run_at: TimeOrNull("When it is due again; null when that was the last time."),
    error: orNull({ code: Type.String(), sentence: Type.String() }, "ScheduleError", "Why it could not be said."),
    message: Type.Union([EventMessage, Type.Null()], { description: "The message that it made; null for none." }),
  },
  { title: "EventSchedule" },
);

/** What stands in `data`. */
const data = {
  "session.qr": eitherWith(PresentSession, RemovedSession, "SessionWithQr", {
    qr: Type.String({ description: "What the QR says; as a picture it is at the session's `qr`." }),
    qr_expires_at: TimeOrNull("Then the next one comes."),
  }),
  "session.connected": EventSession,
  "session.disconnected": EventSession,
  "session.logged_out": EventSession,
  "session.failed": EventSession,
  "session.stalled": EventSession,
  "message.received": messageWith("ReceivedMessage", { late }),
  "message.queued": EventMessage,
  "message.sent": EventMessage,
  "message.delivered": messageWith("DeliveredMessage", { by }),
  "message.read": messageWith("DeliveredMessage", { by }),
  "message.failed": EventMessage,
  "message.reaction": messageWith("MessageWithReaction", {
    reaction: Type.Object(
      { by: EventPerson, emoji: textOrNull("Null takes it back.", "👍") },
      { title: "EventReaction", description: "To this message." },
    ),
  }),
  "message.edited": EventMessage,
  "message.deleted": EventMessage,
  "message.unsupported": messageWith("ReceivedMessage", { late }),
  "poll.vote": messageWith("MessageWithVote", {
    vote: Type.Object(
      {
        by: EventPerson,
        options: Type.Array(Type.String(), { description: "All that is chosen now; none takes it back." }),
      },
      { title: "EventVote", description: "In this poll." },
    ),
  }),
  ...callEventData,
  ...groupEventData,
  ...presenceEventData,
  "contact.created": EventContact,
  "contact.updated": contactWith("UpdatedContact", {
    changed: Type.Array(Type.String(), { description: "Which of these are new.", examples: [["push_name"]] }),
  }),
  "contact.merged": contactWith("MergedContact", {
    merged_id: Id("contact", "The contact that is now this one, and is no more itself."),
  }),
  "contact.forgotten": RemovedContact,
  "schedule.sent": EventSchedule,
  "schedule.failed": EventSchedule,
  "schedule.missed": EventSchedule,
  "contact.opted_out": contactWith("OptedOutContact", {
    word: Type.String({ description: "What they wrote.", examples: ["STOP"] }),
    campaign_id: Id("campaign", "The campaign that they had been written to by."),
  }),
  "campaign.started": EventCampaign,
  "campaign.progress": EventCampaign,
  "campaign.paused": EventCampaign,
  "campaign.completed": EventCampaign,
  "webhook.disabled": Type.Object(
    {
      id: Id("webhook", "The webhook's id."),
      host: Type.String({ description: "Of its address.", examples: ["hooks.example"] }),
      reason: DisabledJson,
    },
    { title: "EventWebhook" },
  ),
  "webhook.test": Type.Object(
    { id: Id("webhook", "The webhook that is tried."), message: Type.String({ examples: ["This is a test."] }) },
    { title: "EventTest" },
  ),
} satisfies Record<EventType, TSchema>;

function bodyOf(type: EventType) {
  return Type.Object(
    {
      event: Type.Literal(type, { description: eventTypes[type] }),
      id: Id("event", "The event's own id, the same however often it is told; also its place, to read on from."),
      session_id: Type.Union([Type.String({ maxLength: 40 }), Type.Null()], {
        description: "The session it happened in; null where it concerns the whole account.",
        examples: [`${idPrefixes.session}_Ab3dE6gH`],
      }),
      sequence: Type.Integer({
        description: "Grows with every event of the account. It counts the whole gateway's, so there are gaps.",
        examples: [1_024],
      }),
      timestamp: Time("When it happened."),
      from: textOrNull(
        "Who wrote or did it: their number with its +, else their LID. The session's own number for its own.",
        "+15551000003",
      ),
      group_id: Type.Optional(Type.String({ description: "The group's JID, where it is in one." })),
      text: Type.Optional(Type.String({ description: "What a message says, where it says something." })),
      data: data[type],
    },
    { title: titleOf(type), description: eventTypes[type] },
  );
}

/** `message.received` is a MessageReceivedEvent. */
function titleOf(type: EventType): string {
  const words = type.split(/[._]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join("")}Event`;
}

export const eventShapes = Object.fromEntries(
  (Object.keys(eventTypes) as EventType[]).map((type) => [type, bodyOf(type)]),
) as Record<EventType, ReturnType<typeof bodyOf>>;

export const EventJson = Type.Union(Object.values(eventShapes), { title: "Event" });
