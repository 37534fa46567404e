// What comes in of the wapiconnect dialect: their body, our command.
import { type Static, Type } from "@sinclair/typebox";
import { invalidField } from "../../core/errors.ts";
import { OneOf } from "../../core/one-of.ts";
import type { MessageInput } from "../../services/messages.ts";
import { justText, type SaidBody } from "../../services/said.ts";
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
    mediaMimeType: textOrNull(200, "Needed with `mediaBase64`."),
    fileName: textOrNull(255, "Shown with documents."),
    options: OrNull(Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 2, maxItems: 12 })),
    selectableCount: OrNull(Type.Integer({ minimum: 0, maximum: 12 })),
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
/** As its senders see them; a voice note is for those who ask for one by another surface. */
const mediaTypes = { image: "image", video: "video", document: "document", audio: "audio" } as const;

export function readMessage(body: NewMessage): MessageInput {
  const type = body.type ?? "text";
  return { to: body.to, said: { ...justText(""), body: type in mediaTypes ? mediaOf(body) : plainOf(body, type) } };
}

function plainOf(body: NewMessage, type: MessageType): SaidBody {
  if (type !== "poll") return { kind: "text", text: dressed(body), wantsPreview: true };
  const { options, selectableCount } = body;
  if (!options) throw invalidField("/options", "/options: This field is missing.");
  return {
    kind: "poll",
    question: messageOf(body),
    options,
    selectable: selectableCount === 0 ? options.length : (selectableCount ?? 1),
  };
}

function mediaOf(body: NewMessage): SaidBody {
  const { mediaUrl, mediaBase64, mediaMimeType, fileName, message } = body;
  if (!mediaUrl && !mediaBase64) throw invalidField("/mediaUrl", "mediaUrl or mediaBase64 is needed to send a file.");
  if (!mediaUrl && !mediaMimeType) throw invalidField("/mediaMimeType", "mediaMimeType is needed with mediaBase64.");
  return {
    kind: "media",
    as: body.type && body.type in mediaTypes ? mediaTypes[body.type as keyof typeof mediaTypes] : null,
    source: mediaUrl ? { from: "url", url: mediaUrl } : { from: "base64", base64: mediaBase64 ?? "" },
    caption: message ? dressed(body) : null,
    fileName: fileName ?? null,
    mimeType: mediaMimeType ?? null,
    isViewOnce: false,
  };
}

function dressed(body: NewMessage): string {
  const { header, footer } = body;
  return [header ? `*${header}*` : "", messageOf(body), footer ? `_${footer}_` : ""]
    .filter((part) => part !== "")
    .join("\n\n");
}

function messageOf({ message }: NewMessage): string {
  if (message) return message;
  throw invalidField("/message", "/message: This field is missing.");
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
