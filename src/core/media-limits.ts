// How large a file may be, for each kind: more than WhatsApp takes, its clients would not fetch.
import { second } from "./clock.ts";
import type { MediaKind } from "./content.ts";

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

/**
 * How long a file may take to be fetched from the address that it is to be sent from. Whoever asked waits for it, and Bun
 * keeps a connection silent for 255 seconds at most, whatever it is told; what takes longer is better uploaded.
 */
export const longestFetchMs = 200 * second;

/** A still sticker; one that moves may be as large as the table says. */
export const maxStillStickerBytes = 100 * kb;

/** What is made into something smaller may be larger before that. */
export const maxBytesBefore = {
  ...maxBytes,
  image: 64 * mb,
  audio: 64 * mb,
  voice: 64 * mb,
  sticker: 64 * mb,
} as const satisfies Record<MediaKind, number>;
