// Getting a file ready to be sent: told by what is in it, made into what WhatsApp shows where it is something else, and
// fixed in everything that its message says of it.
import { rm } from "node:fs/promises";
import type { MediaKind } from "../../../core/content.ts";
import { maxBytes, maxBytesBefore } from "../../../core/media-limits.ts";
import type { FileToPrepare, PreparedFile } from "../../../core/ports.ts";
import { sealedFacts } from "../crypto.ts";
import type { MediaKind as WireKind } from "../kinds.ts";
import { prepareAudio, prepareVoice } from "./audio.ts";
import { prepareDocument } from "./document.ts";
import { prepareImage } from "./image.ts";
import { checkSize } from "./limits.ts";
import type { Made, Material, Tools } from "./material.ts";
import { readPicture } from "./picture.ts";
import { refused } from "./refusal.ts";
import { sniff } from "./sniff.ts";
import { openSource, type Source } from "./source.ts";
import { prepareSticker } from "./sticker.ts";
import { type FileType, familyOf } from "./types.ts";
import { prepareGif, prepareVideo } from "./video.ts";

const makers: Record<MediaKind, (material: Material) => Promise<Made>> = {
  image: prepareImage,
  sticker: prepareSticker,
  video: prepareVideo,
  video_note: prepareVideo,
  gif: prepareGif,
  audio: prepareAudio,
  voice: prepareVoice,
  document: prepareDocument,
};

const wireKinds: Record<MediaKind, WireKind> = {
  image: "image",
  sticker: "sticker",
  video: "video",
  video_note: "ptv",
  gif: "gif",
  audio: "audio",
  voice: "ptt",
  document: "document",
};

export async function prepareFile(order: FileToPrepare, tools: Tools): Promise<PreparedFile> {
  await using source = await openSource(order.path);
  if (source.bytes === 0) throw refused("This file is empty.");
  const type = await sniff(source);
  const kind = order.kind ?? (await suitableKind(source, type, tools));
  checkSize(kind, source.bytes, maxBytesBefore[kind]);
  try {
    const { path, media } = await makers[kind]({ source, type, order, tools });
    return { kind, path, ...(await fixed(kind, path, media)) };
  } catch (error) {
    await rm(order.to, { force: true });
    throw error;
  }
}

/**
 * What people would expect of a file that comes without a word: to be seen or heard in the chat if WhatsApp can show it,
 * and to be there to be opened if not. A GIF that moves, and that cannot be made into a video here, still moves when it
 * is opened as a document; as a picture it would not.
 */
async function suitableKind(source: Source, type: FileType, { transcode }: Tools): Promise<MediaKind> {
  const isAnimated = (type === "gif" || type === "webp") && (await readPicture(source, type))?.isAnimated === true;
  if (isAnimated && type === "gif") return transcode === null ? "document" : "gif";
  if (isAnimated) return source.bytes <= maxBytes.sticker ? "sticker" : "document";
  if (["jpeg", "png", "webp", "gif"].includes(type)) return "image";
  if (["mp4", "mov", "3gp"].includes(type)) return "video";
  if (["mp3", "m4a", "aac", "amr", "opus", "webm_opus"].includes(type)) return "audio";
  const family = familyOf(type);
  if (transcode !== null && family === "video") return "video";
  return transcode !== null && family === "sound" ? "audio" : "document";
}

/** The key is made here, and with it everything that depends on it: each attempt to send brings the same bytes. */
async function fixed(kind: MediaKind, path: string, media: Made["media"]) {
  const wireKind = wireKinds[kind];
  const sealed = await sealedFacts(path, wireKind);
  checkSize(kind, sealed.fileLength);
  const sha256 = Buffer.from(sealed.fileSha256).toString("hex");
  return {
    media: { ...media, seconds: wholeSeconds(media.seconds), bytes: sealed.fileLength, sha256 },
    file: {
      url: null,
      directPath: null,
      mediaKey: base64(sealed.mediaKey),
      fileEncSha256: base64(sealed.fileEncSha256),
      fileSha256: base64(sealed.fileSha256),
      fileLength: sealed.fileLength,
      type: wireKind,
    },
  };
}

/** As messages tell them; even the shortest sound has one. */
function wholeSeconds(seconds: number | null): number | null {
  return seconds === null ? null : Math.max(1, Math.round(seconds));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
