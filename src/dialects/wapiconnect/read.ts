// What comes in of the wapiconnect dialect: their body, our command.
import { type Static, Type } from "@sinclair/typebox";
import type { MediaKind } from "../../core/content.ts";
import { invalidField } from "../../core/errors.ts";
import { OneOf } from "../../core/one-of.ts";
import type { MediaSource, Said, SaidBody } from "../../core/said.ts";
import type { MessageInput } from "../../services/messages.ts";
import { lenient, OrNull } from "../shapes.ts";

const textOrNull = (maxLength: number, description: string) => OrNull(Type.String({ maxLength, description }));

export const messageTypes = ["text", "image", "video", "document", "audio", "poll"] as const;
type MessageType = (typeof messageTypes)[number];

export const NewMessage = Type.Object(
  {
    to: Type.String({ minLength: 1, maxLength: 100, description: "A phone number with country code, or a full JID." }),
    message: textOrNull(65_536, "The text; of a poll the question, of media an optional caption."),
    type: OrNull(OneOf(messageTypes, { default: "text" })),
    header: textOrNull(4_096, "Bold, above the text."),
    footer: textOrNull(4_096, "In italics, below the text."),
    mediaUrl: textOrNull(2_048, "A public address of the file."),
    mediaBase64: OrNull(Type.String({ description: "The file itself, in place of an address." })),
    mediaMimeType: textOrNull(
      200,
      "Needed with `mediaBase64`, unless that is a data URL. It is a document's; everything else is told by what is in it.",
    ),
    fileName: textOrNull(255, "Shown with documents."),
    options: OrNull(Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 2, maxItems: 12 })),
    selectableCount: OrNull(Type.Integer({ minimum: 0, maximum: 12, default: 1 })),
  },
  {
    ...lenient,
    title: "WapiconnectNewMessage",
    examples: [
      {
        to: "919876543210",
        header: "Order Update",
        message: "Your order #1234 has been shipped and will arrive by Friday.",
        footer: "WapiConnect Store",
      },
    ],
  },
);
type NewMessage = Static<typeof NewMessage>;
/** What is said, to whomever. */
type Sayable = Omit<NewMessage, "to">;

/** What each type becomes. */
const bodies: Record<MessageType, (fields: Sayable) => SaidBody> = {
  text: (fields) => ({ kind: "text", text: dressed(fields, messageOf(fields)), wantsPreview: true }),
  image: (fields) => mediaOf(fields, "image"),
  video: (fields) => mediaOf(fields, "video"),
  document: (fields) => mediaOf(fields, "document"),
  audio: (fields) => mediaOf(fields, "audio"),
  poll: (fields) => ({ kind: "poll", question: questionOf(fields), ...choicesOf(fields) }),
};

export function readMessage(fields: NewMessage): MessageInput {
  return { to: fields.to, said: saidOf(fields), captionFollows: true };
}

export function saidOf(fields: Sayable): Said {
  const body = bodies[fields.type ?? "text"](fields);
  return { body, mentions: [], replyTo: null, disappearsInSeconds: null };
}

function messageOf({ message }: Sayable): string {
  if (message) return message;
  throw invalidField("/message", "/message: This field is missing.");
}

function dressed({ header, footer }: Sayable, text: string): string {
  return [header ? `*${header}*` : "", text, footer ? `_${footer}_` : ""].filter((part) => part !== "").join("\n\n");
}

function mediaOf(fields: Sayable, as: MediaKind): SaidBody {
  const { message, fileName } = fields;
  return {
    kind: "media",
    as,
    source: sourceOf(fields),
    caption: dressed(fields, message ?? "") || null,
    fileName: fileName || null,
    mimeType: typeOf(fields),
    isViewOnce: false,
  };
}

/** A data URL says it itself. */
function typeOf({ mediaMimeType, mediaBase64 }: Sayable): string | null {
  return mediaMimeType || (/^data:([^;,]{1,200})[;,]/.exec(mediaBase64 ?? "")?.[1] ?? null);
}

function sourceOf(fields: Sayable): MediaSource {
  const { mediaUrl, mediaBase64 } = fields;
  if (mediaUrl) return { from: "url", url: mediaUrl };
  if (!mediaBase64) {
    throw invalidField("/mediaUrl", "Media needs a file: give its mediaUrl, or the file itself as mediaBase64.");
  }
  if (typeOf(fields) === null) throw invalidField("/mediaMimeType", "A mediaBase64 needs its mediaMimeType.");
  return { from: "base64", base64: mediaBase64 };
}

/** As long as WhatsApp shows one. */
const longestQuestion = 255;

function questionOf(fields: Sayable): string {
  const question = messageOf(fields);
  if (question.length <= longestQuestion) return question;
  throw invalidField("/message", `/message: A poll's question has at most ${longestQuestion} characters.`);
}

/** 0 is any number of them, as WhatsApp itself has it. */
function choicesOf({ options, selectableCount }: Sayable) {
  if (!options) throw invalidField("/options", "A poll needs options: 2 to 12 texts.");
  return { options, selectable: selectableCount === 0 ? options.length : (selectableCount ?? 1) };
}

const ways = {
  in: "in",
  inbound: "in",
  incoming: "in",
  received: "in",
  out: "out",
  outbound: "out",
  outgoing: "out",
  sent: "out",
  "": undefined,
} as const;
const wayWords = Object.keys(ways) as (keyof typeof ways)[];

/** Parameters without a value are as good as left out. */
export const LogQuery = Type.Object(
  {
    page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 20 })),
    sessionId: Type.Optional(Type.String({ maxLength: 64, description: "Of this session alone." })),
    direction: Type.Optional(OneOf(wayWords, { description: "Only what came `in`, or went `out`." })),
  },
  lenient,
);
type LogQuery = Static<typeof LogQuery>;

export function readLogQuery({ page = 1, limit = 20, sessionId, direction = "" }: LogQuery) {
  return { page, limit, offset: (page - 1) * limit, session: sessionId || undefined, direction: ways[direction] };
}
