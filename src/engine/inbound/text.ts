// Texts, with the link they show a preview of.
import type { proto } from "@whiskeysockets/baileys";
import type { LinkPreview } from "../../core/content.ts";
import { type Said, said } from "./finding.ts";
import { thumbnailOf } from "./media.ts";

export function readPlainText(text: string): Said {
  return said({ kind: "text", text, preview: null });
}

export function readText(message: proto.Message.IExtendedTextMessage): Said {
  return said({ kind: "text", text: message.text ?? "", preview: previewIn(message) }, message.contextInfo);
}

function previewIn(message: proto.Message.IExtendedTextMessage): LinkPreview | null {
  if (!message.matchedText) return null;
  return {
    url: message.matchedText,
    title: message.title || null,
    description: message.description || null,
    thumbnail: thumbnailOf(message.jpegThumbnail),
  };
}
