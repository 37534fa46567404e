// The file of a message as the native API shows it, and what shapes of messages are made of.
import { type TProperties, Type } from "@sinclair/typebox";
import type { Content } from "../../core/content.ts";
import type { Ids } from "../../core/ids.ts";
import { type Message, mediaStates } from "../../core/message.ts";
import { OneOf } from "../../core/one-of.ts";

export const textOrNull = (description: string, example: unknown = null) =>
  Type.Union([Type.String(), Type.Null()], { description, examples: [example] });
export const numberOrNull = (description: string) =>
  Type.Union([Type.Number(), Type.Null()], { description, examples: [null] });
export const orNull = (fields: TProperties, title: string, description: string) =>
  Type.Union([Type.Object(fields, { title }), Type.Null()], { description, examples: [null] });

export const MediaJson = orNull(
  {
    status: OneOf(mediaStates, {
      description: "`wanted` while it is being fetched, or until somebody asks for it; `stored` when it is here.",
    }),
    error: orNull({ code: Type.String(), sentence: Type.String() }, "MediaError", "Why it could not be had."),
    url: Type.String({
      description: "Where its bytes are, below the public URL; for a link without a key, see `media-url`.",
      examples: ["/api/v1/messages/msg_Ab3dE6gH/media"],
    }),
    mime_type: Type.String({ examples: ["image/jpeg"] }),
    file_name: textOrNull("As its sender named it."),
    size: numberOrNull("Bytes."),
    sha256: textOrNull("Of the file, in hex."),
    width: numberOrNull("Pixels."),
    height: numberOrNull("Pixels."),
    seconds: numberOrNull("How long it plays."),
    pages: numberOrNull("Of a document."),
    thumbnail: textOrNull("A small JPEG, in base64."),
    waveform: Type.Union([Type.Array(Type.Number()), Type.Null()], {
      description: "Of a voice note.",
      examples: [null],
    }),
    animated: Type.Boolean({ examples: [false] }),
    view_once: Type.Boolean({ examples: [false] }),
  },
  "MessageMedia",
  "The file it carries.",
);

export function showMedia({ id, media }: Message, content: Extract<Content, { media: unknown }>, ids: Ids) {
  const { media: facts, isViewOnce } = content;
  return {
    status: media?.state ?? ("gone" as const),
    error: media?.fault ?? null,
    url: `/api/v1/messages/${ids.show("message", id)}/media`,
    mime_type: facts.mimeType,
    file_name: facts.fileName,
    size: media?.bytes ?? facts.bytes,
    sha256: facts.sha256,
    width: facts.width,
    height: facts.height,
    seconds: facts.seconds,
    pages: facts.pages,
    thumbnail: facts.thumbnail,
    waveform: facts.waveform,
    animated: facts.isAnimated,
    view_once: isViewOnce,
  };
}
