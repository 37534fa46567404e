// What may be sent: one of a text, a file, a place, contacts or a poll, and what goes along with each.
import { type Static, Type } from "@sinclair/typebox";
import { mediaKinds } from "../../core/content.ts";
import { invalidField } from "../../core/errors.ts";
import type { Ids } from "../../core/ids.ts";
import { OneOf } from "../../core/one-of.ts";
import type { MediaSource, Said, SaidBody } from "../../core/said.ts";
import { readId, strict } from "./shapes.ts";

export const saidKinds = ["text", ...mediaKinds, "location", "contacts", "poll"] as const;

const MediaInput = Type.Object(
  {
    url: Type.Optional(Type.String({ maxLength: 2_048, description: "Where it is fetched from, http or https." })),
    base64: Type.Optional(Type.String({ description: "The file itself, up to 24 MB; a data URL will do." })),
    upload_id: Type.Optional(Type.String({ maxLength: 60, description: "What `PUT /api/v1/media` has answered." })),
    message_id: Type.Optional(
      Type.String({ maxLength: 60, description: "The file of this message of the same session." }),
    ),
    file_name: Type.Optional(Type.String({ maxLength: 255, description: "As its receiver sees it." })),
    mime_type: Type.Optional(
      Type.String({ maxLength: 200, description: "Of a document; everything else is told by what is in it." }),
    ),
    view_once: Type.Optional(Type.Boolean({ description: "Shown once; pictures, videos and voice notes." })),
  },
  { ...strict, title: "NewMedia", description: "A file: one of `url`, `base64`, `upload_id` and `message_id`." },
);

const coordinate = (most: number) => Type.Number({ minimum: -most, maximum: most });
const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });

export const messageInput = {
  type: Type.Optional(
    OneOf(saidKinds, {
      description:
        "What it is to be; without it a file becomes what suits it, and everything else what it is. `voice` needs Opus in OGG or WebM; `gif` and `video_note` are videos that are shown so.",
    }),
  ),
  text: Type.Optional(
    Type.String({
      maxLength: 65_536,
      description: "The text; of a file, its caption, which sounds and stickers have none of.",
    }),
  ),
  media: Type.Optional(MediaInput),
  location: Type.Optional(
    Type.Object(
      {
        latitude: coordinate(90),
        longitude: coordinate(180),
        name: Type.Optional(text(500)),
        address: Type.Optional(text(1_000)),
      },
      { ...strict, title: "NewLocation" },
    ),
  ),
  contacts: Type.Optional(
    Type.Array(
      Type.Object(
        { name: text(200), phones: Type.Array(text(60), { minItems: 1, maxItems: 10 }) },
        { ...strict, title: "NewContactCard" },
      ),
      { minItems: 1, maxItems: 50, description: "Contact cards." },
    ),
  ),
  poll: Type.Optional(
    Type.Object(
      {
        question: text(255),
        options: Type.Array(text(100), { minItems: 2, maxItems: 12 }),
        selectable: Type.Optional(
          Type.Integer({ minimum: 1, maximum: 12, default: 1, description: "At most so many." }),
        ),
      },
      { ...strict, title: "NewPoll" },
    ),
  ),
  mentions: Type.Optional(
    Type.Array(text(100), {
      maxItems: 1_024,
      description: "People whom the text names, as numbers or JIDs; the text has them as `@15551000003`.",
    }),
  ),
  reply_to: Type.Optional(Type.String({ maxLength: 60, description: "The message that this one answers." })),
  preview: Type.Optional(
    Type.Boolean({ default: true, description: "Whether a link is shown with its page's title and picture." }),
  ),
  disappears_in_seconds: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 7_776_000,
      description: "It disappears for everybody so long after it was sent.",
    }),
  ),
};

const Input = Type.Object(messageInput);
export type MessageFields = Static<typeof Input>;

const isMediaKind = (type: string | undefined) => (mediaKinds as readonly (string | undefined)[]).includes(type);

export function readSaid(fields: MessageFields, ids: Ids): Said {
  const { mentions = [], reply_to, disappears_in_seconds = null } = fields;
  return {
    body: bodyOf(fields, ids),
    mentions,
    replyTo: reply_to === undefined ? null : readId(ids, "message", reply_to),
    disappearsInSeconds: disappears_in_seconds,
  };
}

function bodyOf(fields: MessageFields, ids: Ids): SaidBody {
  const { type, media, location, contacts, poll } = fields;
  const given = Object.entries({ media, location, contacts, poll }).filter(([, value]) => value !== undefined);
  const [other] = given.slice(1);
  if (other !== undefined)
    throw invalidField(`/${other[0]}`, "A message is one thing: a text, a file, a place, contacts or a poll.");
  const kind = given[0]?.[0] ?? "text";
  const isOne = type === undefined || (kind === "media" ? isMediaKind(type) : type === kind);
  if (!isOne) throw invalidField("/type", `Something else is given: ${kind}.`);
  if (media !== undefined) return mediaOf(fields, media, ids);
  if (location !== undefined) return { kind: "location", name: null, address: null, ...location };
  if (contacts !== undefined) return { kind: "contacts", contacts };
  if (poll !== undefined) return { kind: "poll", selectable: 1, ...poll };
  const { text: words = "", preview = true } = fields;
  if (words === "") throw invalidField("/text", "Say something: a text, a file, a place, contacts or a poll.");
  return { kind: "text", text: words, wantsPreview: preview };
}

function mediaOf(
  { type, text: caption }: MessageFields,
  media: NonNullable<MessageFields["media"]>,
  ids: Ids,
): SaidBody {
  const { file_name = null, mime_type = null, view_once = false } = media;
  return {
    kind: "media",
    as: mediaKinds.find((kind) => kind === type) ?? null,
    source: sourceOf(media, ids),
    caption: caption ?? null,
    fileName: file_name,
    mimeType: mime_type,
    isViewOnce: view_once,
  };
}

function sourceOf({ url, base64, upload_id, message_id }: NonNullable<MessageFields["media"]>, ids: Ids): MediaSource {
  const sources: MediaSource[] = [
    ...(url === undefined ? [] : [{ from: "url", url } as const]),
    ...(base64 === undefined ? [] : [{ from: "base64", base64 } as const]),
    ...(upload_id === undefined ? [] : [{ from: "upload", uploadId: readId(ids, "upload", upload_id) } as const]),
    ...(message_id === undefined ? [] : [{ from: "message", messageId: readId(ids, "message", message_id) } as const]),
  ];
  const [source] = sources;
  if (source === undefined || sources.length > 1)
    throw invalidField("/media", "Give one of url, base64, upload_id and message_id.");
  return source;
}
