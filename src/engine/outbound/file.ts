// The file that an encoded message carries: what it must be, and where it is once it has been brought there.
import { normalizeMessageContent, type proto } from "@whiskeysockets/baileys";
import type { MediaKind } from "../media/kinds.ts";
import type { UploadOutcome } from "../media/upload.ts";
import { decode, encode } from "./encoded.ts";

export type CarriedFile = {
  kind: MediaKind;
  /** Null where it is not encrypted, as in channels. */
  mediaKey: Uint8Array | null;
  fileEncSha256: Uint8Array | null;
  fileSha256: Uint8Array;
};
export type Place = Pick<Extract<UploadOutcome, { outcome: "done" }>, "url" | "directPath">;

type FileFields = Pick<proto.Message.IImageMessage, "mediaKey" | "fileEncSha256" | "fileSha256" | "url" | "directPath">;

/** Null when it carries none. */
export function fileOf(raw: Uint8Array): CarriedFile | null {
  const found = mediumIn(decode(raw));
  if (found === null) return null;
  const { kind, fields } = found;
  return {
    kind,
    mediaKey: fields.mediaKey ?? null,
    fileEncSha256: fields.fileEncSha256 ?? null,
    fileSha256: fields.fileSha256 ?? Buffer.alloc(0),
  };
}

/** The same message, with the file's place in it; the one it may have had before is forgotten. */
export function fillPlace(raw: Uint8Array, { url, directPath }: Place): Uint8Array {
  const message = decode(raw);
  const found = mediumIn(message);
  if (found !== null) Object.assign(found.fields, { url, directPath });
  return encode(message);
}

function mediumIn(message: proto.IMessage): { kind: MediaKind; fields: FileFields } | null {
  const inner = normalizeMessageContent(message);
  const { imageMessage, videoMessage, ptvMessage, audioMessage, documentMessage, stickerMessage } = inner ?? {};
  if (imageMessage != null) return { kind: "image", fields: imageMessage };
  if (videoMessage != null) return { kind: videoMessage.gifPlayback === true ? "gif" : "video", fields: videoMessage };
  if (ptvMessage != null) return { kind: "ptv", fields: ptvMessage };
  if (audioMessage != null) return { kind: audioMessage.ptt === true ? "ptt" : "audio", fields: audioMessage };
  if (documentMessage != null) return { kind: "document", fields: documentMessage };
  return stickerMessage == null ? null : { kind: "sticker", fields: stickerMessage };
}
