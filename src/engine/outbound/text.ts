// Texts, with the preview of a link where one was made.
import type { proto } from "@whiskeysockets/baileys";
import type { Content } from "../../core/content.ts";
import { WaygateError } from "../../core/errors.ts";
import type { Pen } from "./compose.ts";

/** WhatsApp's own clients take no more. */
const maxCharacters = 65_536;

export function textMessage({ text, preview }: Extract<Content, { kind: "text" }>, pen: Pen): proto.IMessage {
  if (text === "") throw new WaygateError("invalid", "A text message needs a text.");
  if (text.length > maxCharacters)
    throw new WaygateError("invalid", `A text message has at most ${maxCharacters} characters.`);
  const shown = preview === null ? {} : previewOf(preview);
  return { extendedTextMessage: { text: pen.say(text), ...shown, contextInfo: pen.contextInfo } };
}

function previewOf({ url, title, description, thumbnail }: NonNullable<Extract<Content, { kind: "text" }>["preview"]>) {
  return {
    matchedText: url,
    title,
    description,
    previewType: 0,
    jpegThumbnail: thumbnail === null ? null : Buffer.from(thumbnail, "base64"),
  };
}
