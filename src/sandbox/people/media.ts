// Encrypted media as phones make and read it.
import { randomBytes } from "node:crypto";
import { cbcDecrypt, cbcEncrypt, hkdf, hmac, sha256 } from "../crypto/derive.ts";
import type { proto } from "../wire/proto.ts";

export type MediaKind = "image" | "video" | "audio" | "document";
export type SealedMedia = { key: Buffer; file: Buffer; plainHash: Buffer; fileHash: Buffer; bytes: number };

const names: Record<MediaKind, string> = { image: "Image", video: "Video", audio: "Audio", document: "Document" };
const macLength = 10;

export function sealMedia(plain: Buffer, kind: MediaKind): SealedMedia {
  const key = randomBytes(32);
  const { iv, cipher, mac } = mediaKeys(key, kind);
  const body = cbcEncrypt(cipher, iv, plain);
  const file = Buffer.concat([body, hmac(mac, iv, body).subarray(0, macLength)]);
  return { key, file, plainHash: sha256(plain), fileHash: sha256(file), bytes: plain.length };
}

/** The plain bytes, or what does not check. */
export function openMedia(file: Buffer, content: MediaContent, kind: MediaKind): Buffer | { fault: string } {
  const { iv, cipher, mac } = mediaKeys(Buffer.from(content.mediaKey ?? []), kind);
  const body = file.subarray(0, -macLength);
  if (!sha256(file).equals(Buffer.from(content.fileEncSha256 ?? [])))
    return { fault: "fileEncSha256 is not the file's" };
  if (!hmac(mac, iv, body).subarray(0, macLength).equals(file.subarray(-macLength)))
    return { fault: "the MAC does not fit" };
  const plain = cbcDecrypt(cipher, iv, body);
  if (plain === null) return { fault: "the file does not decrypt" };
  if (!sha256(plain).equals(Buffer.from(content.fileSha256 ?? []))) return { fault: "fileSha256 is not the content's" };
  if (Number(content.fileLength ?? plain.length) !== plain.length) return { fault: "fileLength is not the content's" };
  return plain;
}

export type MediaContent = {
  mediaKey?: Uint8Array | null;
  fileSha256?: Uint8Array | null;
  fileEncSha256?: Uint8Array | null;
  fileLength?: number | { toString(): string } | null;
  directPath?: string | null;
  url?: string | null;
  mimetype?: string | null;
};

export function mediaOf(message: proto.IMessage): { content: MediaContent; kind: MediaKind } | null {
  if (message.imageMessage) return { content: message.imageMessage, kind: "image" };
  if (message.stickerMessage) return { content: message.stickerMessage, kind: "image" };
  if (message.videoMessage) return { content: message.videoMessage, kind: "video" };
  if (message.ptvMessage) return { content: message.ptvMessage, kind: "video" };
  if (message.audioMessage) return { content: message.audioMessage, kind: "audio" };
  if (message.documentMessage) return { content: message.documentMessage, kind: "document" };
  return null;
}

function mediaKeys(key: Buffer, kind: MediaKind): { iv: Buffer; cipher: Buffer; mac: Buffer } {
  const keys = hkdf(key, null, `WhatsApp ${names[kind]} Keys`, 112);
  return { iv: keys.subarray(0, 16), cipher: keys.subarray(16, 48), mac: keys.subarray(48, 80) };
}
