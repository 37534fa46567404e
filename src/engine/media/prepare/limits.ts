// How large a file may be, for each kind: more than WhatsApp takes, its clients would not fetch.
import type { MediaKind } from "../../../core/content.ts";
import { tooLarge } from "./refusal.ts";

const kb = 1024;
const mb = 1024 * kb;

export const maxBytes = {
  image: 16 * mb,
  video: 64 * mb,
  gif: 64 * mb,
  video_note: 64 * mb,
  audio: 16 * mb,
  voice: 16 * mb,
  document: 2_000 * mb,
  sticker: 500 * kb,
} as const satisfies Record<MediaKind, number>;

/** A still sticker; one that moves may be as large as the table says. */
export const maxStillStickerBytes = 100 * kb;

/** What is made into something smaller may be larger before that. */
export const maxBytesBefore = {
  ...maxBytes,
  image: 64 * mb,
  sticker: 64 * mb,
} as const satisfies Record<MediaKind, number>;

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
