// Whether a file is as large as WhatsApp takes it, and a sentence where it is not.
import type { MediaKind } from "../../../core/content.ts";
import { maxBytes } from "../../../core/media-limits.ts";
import { tooLarge } from "./refusal.ts";

const kb = 1024;
const mb = 1024 * kb;

/** Of a picture when it is decoded: a small file may claim to be a huge one. */
export const maxPixels = 40_000_000;

const names: Record<MediaKind, string> = {
  image: "A picture",
  video: "A video",
  gif: "A GIF",
  video_note: "A video note",
  audio: "An audio file",
  voice: "A voice note",
  document: "A document",
  sticker: "A sticker",
};

export function checkSize(kind: MediaKind, bytes: number, most: number = maxBytes[kind]): void {
  if (bytes <= most) return;
  const shown = most >= mb ? `${most / mb} MB` : `${most / kb} KB`;
  const advice = kind === "document" ? "" : " As a document it may be larger.";
  throw tooLarge(`${names[kind]} may have at most ${shown} on WhatsApp.${advice}`);
}
