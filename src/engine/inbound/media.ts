// Files in messages: what is told of them, and where they are to be had.
import type { proto } from "@whiskeysockets/baileys";
import type { MediaFacts, MediaKind } from "../../core/content.ts";
import type { MediaLocator } from "../../core/inbound.ts";
import type { MediaKind as MediaType } from "../media/kinds.ts";
import { type Said, said } from "./finding.ts";
import { type AnyNumber, base64Of, numberOf, positive } from "./numbers.ts";

type Bytes = Uint8Array | null | undefined;
type Text = string | null | undefined;

/** What the messages with files have in common, each as far as it has it. */
type File = {
  url?: Text;
  directPath?: Text;
  mediaKey?: Bytes;
  fileEncSha256?: Bytes;
  fileSha256?: Bytes;
  fileLength?: AnyNumber;
  mimetype?: Text;
  caption?: Text;
  width?: AnyNumber;
  height?: AnyNumber;
  seconds?: AnyNumber;
  pageCount?: AnyNumber;
  jpegThumbnail?: Bytes;
  viewOnce?: boolean | null;
  contextInfo?: proto.IContextInfo | null;
};
type How = { isViewOnce: boolean };

/** How Baileys calls each, which names its keys, and what it is taken for when nobody says. */
const types: Record<MediaKind, { type: MediaType; mimeType: string }> = {
  image: { type: "image", mimeType: "image/jpeg" },
  video: { type: "video", mimeType: "video/mp4" },
  gif: { type: "gif", mimeType: "video/mp4" },
  audio: { type: "audio", mimeType: "audio/mpeg" },
  voice: { type: "ptt", mimeType: "audio/ogg; codecs=opus" },
  document: { type: "document", mimeType: "application/octet-stream" },
  sticker: { type: "sticker", mimeType: "image/webp" },
  video_note: { type: "ptv", mimeType: "video/mp4" },
};

/** In a list; real ones have a few kilobytes. */
const largestThumbnail = 64 * 1_024;
const steps = 64;
const loudest = 100;

export function readImage(image: proto.Message.IImageMessage, how: How): Said {
  return saidOf("image", image, how);
}

export function readVideo(video: proto.Message.IVideoMessage, how: How): Said {
  return video.gifPlayback ? saidOf("gif", video, how, { isAnimated: true }) : saidOf("video", video, how);
}

export function readVideoNote(video: proto.Message.IVideoMessage, how: How): Said {
  return saidOf("video_note", video, how);
}

export function readAudio(audio: proto.Message.IAudioMessage, how: How): Said {
  return audio.ptt ? saidOf("voice", audio, how, { waveform: waveformIn(audio) }) : saidOf("audio", audio, how);
}

export function readDocument(document: proto.Message.IDocumentMessage, how: How): Said {
  return saidOf("document", document, how, { fileName: document.fileName || document.title || null });
}

export function readSticker(sticker: proto.Message.IStickerMessage, how: How): Said {
  return saidOf("sticker", sticker, how, { isAnimated: sticker.isAnimated === true || sticker.isLottie === true });
}

/** Only what is a JPEG, as it is shown as one. */
export function thumbnailOf(bytes: Bytes): string | null {
  const isJpeg = bytes?.[0] === 0xff && bytes[1] === 0xd8;
  return isJpeg && bytes.length <= largestThumbnail ? base64Of(bytes) : null;
}

function saidOf(kind: MediaKind, file: File, how: How, more: Partial<MediaFacts> = {}): Said {
  const content = {
    kind,
    caption: file.caption || null,
    media: { ...factsOf(kind, file), ...more },
    isViewOnce: how.isViewOnce || file.viewOnce === true,
  };
  return said(content, file.contextInfo, { locator: locatorOf(kind, file) });
}

function factsOf(kind: MediaKind, file: File): MediaFacts {
  return {
    mimeType: file.mimetype || types[kind].mimeType,
    fileName: null,
    bytes: positive(file.fileLength),
    sha256: file.fileSha256?.length ? Buffer.from(file.fileSha256).toString("hex") : null,
    width: positive(file.width),
    height: positive(file.height),
    seconds: numberOf(file.seconds),
    pages: positive(file.pageCount),
    thumbnail: thumbnailOf(file.jpegThumbnail),
    waveform: null,
    isAnimated: false,
  };
}

/** Null where nobody could fetch it: what is to be seen once is not given to linked devices. */
function locatorOf(kind: MediaKind, file: File): MediaLocator | null {
  if (!file.url && !file.directPath) return null;
  return {
    url: file.url || null,
    directPath: file.directPath || null,
    mediaKey: base64Of(file.mediaKey),
    fileEncSha256: base64Of(file.fileEncSha256),
    fileSha256: base64Of(file.fileSha256),
    fileLength: positive(file.fileLength),
    type: types[kind].type,
  };
}

function waveformIn({ waveform }: proto.Message.IAudioMessage): number[] | null {
  return waveform?.length ? [...waveform.subarray(0, steps)].map((step) => Math.min(step, loudest)) : null;
}
