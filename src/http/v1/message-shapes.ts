// A message as the native API shows it.
import { type Static, Type } from "@sinclair/typebox";
import { chatKinds, jidOf } from "../../core/chat.ts";
import { isoTime } from "../../core/clock.ts";
import { type Content, contentKinds, type Face, isMedia } from "../../core/content.ts";
import type { Ids } from "../../core/ids.ts";
import { type Message, messageStates, waitReasons } from "../../core/message.ts";
import { OneOf } from "../../core/one-of.ts";
import { MediaJson, numberOrNull, orNull, showMedia, textOrNull } from "./message-media.ts";
import { Id, Time, TimeOrNull } from "./shapes.ts";

const face = {
  phone: textOrNull("With its +, when it is known.", "+15551000003"),
  lid: textOrNull("WhatsApp's other address of the same person.", "603168028046026"),
};
const Person = Type.Object(face, { title: "Person" });

export const MessageJson = Type.Object(
  {
    id: Id("message", "The message's id."),
    session_id: Id("session", "The session it goes out from or came in at."),
    wa_id: Type.String({ description: "WhatsApp's own id of it.", examples: ["3EB0C767D097B7C7C030"] }),
    chat: Type.Object(
      {
        id: Id("chat", "The chat it is in."),
        type: OneOf(chatKinds, { examples: ["person"] }),
        jid: Type.String({ examples: ["15551000003@s.whatsapp.net"] }),
        ...face,
        name: textOrNull("As it is called here.", "Alice"),
      },
      { title: "MessageChat" },
    ),
    direction: OneOf(["in", "out"], { examples: ["out"] }),
    from: textOrNull("The sender's number with its +, else the LID; null for one's own.", null),
    sender: orNull(
      { contact_id: Id("contact", "The contact."), ...face, name: textOrNull("As they are called here.") },
      "MessageSender",
      "Who wrote it; null for one's own.",
    ),
    to: Type.String({ description: "The chat's address.", examples: ["15551000003@s.whatsapp.net"] }),
    type: OneOf(contentKinds, { examples: ["text"] }),
    text: textOrNull("What it says: a text, a caption, a question.", "Hello!"),
    media: MediaJson,
    location: orNull(
      {
        latitude: Type.Number(),
        longitude: Type.Number(),
        name: textOrNull("The place's."),
        address: textOrNull("The place's."),
        live: Type.Boolean(),
      },
      "MessageLocation",
      "Where, if it is a location.",
    ),
    contacts: Type.Union(
      [
        Type.Array(
          Type.Object(
            { name: Type.String(), vcard: Type.String(), phones: Type.Array(Type.String()) },
            { title: "ContactCard" },
          ),
        ),
        Type.Null(),
      ],
      { description: "The contact cards it carries.", examples: [null] },
    ),
    poll: orNull(
      { question: Type.String(), options: Type.Array(Type.String()), selectable: Type.Integer() },
      "MessagePoll",
      "What it asks, if it is a poll.",
    ),
    details: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
      description: "What the other kinds (event, choice, group_invite, unsupported, placeholder) tell.",
      examples: [null],
    }),
    preview: orNull(
      { url: Type.String(), title: textOrNull("The page's."), description: textOrNull("The page's.") },
      "LinkPreview",
      "Of the link in a text.",
    ),
    mentions: Type.Array(Person, { examples: [[]] }),
    reply_to: orNull(
      { wa_id: Type.String(), sender: Type.Union([Person, Type.Null()]), text: textOrNull("What it said.") },
      "ReplyTo",
      "The message it answers.",
    ),
    forwards: Type.Integer({ description: "How often it was passed on.", examples: [0] }),
    expires_in_seconds: numberOrNull("It disappears so long after it was read."),
    status: OneOf(messageStates, {
      description:
        "`queued` until WhatsApp has it, over restarts and broken connections; `received` is somebody else's.",
      examples: ["sent"],
    }),
    error: orNull({ code: Type.String(), sentence: Type.String() }, "MessageError", "Why it could not be sent."),
    waits: orNull(
      {
        reason: OneOf(waitReasons, {
          description:
            "`offline`: the session is not connected; `order`: one before it in its chat; `pacing`; `cold_quota` and `quiet_hours` are the session's settings; `reach_out_limit` and `rate_limited` are WhatsApp's; `retrying`: it could not be sent a moment ago.",
        }),
        until: TimeOrNull("When it may go; null where nobody knows."),
      },
      "MessageWait",
      "Why a queued message has not gone yet; told of a message that is looked at by itself.",
    ),
    timestamp: Time("When it was said."),
    created_at: Time("When it was accepted, or got here."),
    expires_at: TimeOrNull("It is not sent any more after that."),
    sent_at: TimeOrNull("When WhatsApp took it."),
    delivered_at: TimeOrNull("When it reached a device of its recipient."),
    read_at: TimeOrNull("When it was read."),
    played_at: TimeOrNull("When it was played."),
    failed_at: TimeOrNull("When it turned out not to go out, or was cancelled."),
    edited_at: TimeOrNull("When it was last changed."),
    deleted_at: TimeOrNull("When it was deleted for everybody."),
  },
  { title: "Message" },
);
export type MessageJson = Static<typeof MessageJson>;

export function showMessage(message: Message, ids: Ids): MessageJson {
  const { chat, sender, content, context, isFromMe } = message;
  const jid = chat.jid ?? jidOf(chat.face ?? nobody);
  return {
    id: ids.show("message", message.id),
    session_id: ids.show("session", message.sessionId),
    wa_id: message.waId,
    chat: { id: ids.show("chat", chat.id), type: chat.kind, jid, ...showFace(chat.face ?? nobody), name: chat.name },
    direction: isFromMe ? "out" : "in",
    from: sender === null ? null : (showFace(sender).phone ?? sender.lid),
    sender:
      sender === null
        ? null
        : { contact_id: ids.show("contact", sender.contactId), ...showFace(sender), name: sender.name },
    to: jid,
    type: content.kind,
    text: message.deletedAt === null ? message.text : null,
    ...(message.deletedAt === null ? showContent(message, ids) : nothing),
    mentions: context.mentions.map(showFace),
    reply_to:
      context.replyTo === null
        ? null
        : {
            wa_id: context.replyTo.waId,
            sender: context.replyTo.sender === null ? null : showFace(context.replyTo.sender),
            text: context.replyTo.text,
          },
    forwards: context.forwards,
    expires_in_seconds: context.expiresInSeconds,
    status: message.state,
    error: message.fault,
    waits: message.wait === null ? null : { reason: message.wait.reason, until: isoTime(message.wait.until) },
    ...timesOf(message),
  };
}

const nobody: Face = { phone: null, lid: null };
const nothing = { media: null, location: null, contacts: null, poll: null, details: null, preview: null };

export function showFace({ phone, lid }: Face): Face {
  return { phone: phone === null ? null : `+${phone}`, lid };
}

function timesOf(message: Message) {
  return {
    timestamp: isoTime(message.saidAt),
    created_at: isoTime(message.createdAt),
    expires_at: isoTime(message.expiresAt),
    sent_at: isoTime(message.sentAt),
    delivered_at: isoTime(message.deliveredAt),
    read_at: isoTime(message.readAt),
    played_at: isoTime(message.playedAt),
    failed_at: isoTime(message.failedAt),
    edited_at: isoTime(message.editedAt),
    deleted_at: isoTime(message.deletedAt),
  };
}

function showContent(message: Message, ids: Ids) {
  const { content } = message;
  switch (content.kind) {
    case "text":
      return { ...nothing, preview: showPreview(content.preview) };
    case "location": {
      const { latitude, longitude, name, address, isLive } = content;
      return { ...nothing, location: { latitude, longitude, name, address, live: isLive } };
    }
    case "contacts":
      return { ...nothing, contacts: content.contacts };
    case "poll": {
      const { question, options, selectable } = content;
      return { ...nothing, poll: { question, options, selectable } };
    }
    default:
      return isMedia(content)
        ? { ...nothing, media: showMedia(message, content, ids) }
        : { ...nothing, details: showDetails(content) };
  }
}

function showPreview(preview: Extract<Content, { kind: "text" }>["preview"]) {
  if (preview === null) return null;
  const { url, title, description } = preview;
  return { url, title, description };
}

function showDetails(content: Content): Record<string, unknown> | null {
  switch (content.kind) {
    case "event": {
      const { name, description, startsAt, location } = content;
      return { name, description, starts_at: isoTime(startsAt), location };
    }
    case "group_invite": {
      const { group, name, code, expiresAt } = content;
      return { group, name, code, expires_at: isoTime(expiresAt) };
    }
    case "choice":
      return { id: content.id };
    case "unsupported":
      return { type: content.type };
    case "placeholder":
      return { reason: content.reason };
    default:
      return null;
  }
}
