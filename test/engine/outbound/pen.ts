// Composing in tests: who writes to whom, and what came of it, decoded.
import { proto } from "@whiskeysockets/baileys";
import { bareContext, type Content, type Context, type MediaKind } from "../../../src/core/content.ts";
import type { MediaLocator } from "../../../src/core/inbound.ts";
import type { Writing } from "../../../src/core/ports.ts";
import { compose } from "../../../src/engine/outbound/compose.ts";

export const me = { phone: "15550001111", lid: "111222333444555" };
export const alice = { phone: "15551000001", lid: "222333444555666" };
export const bob = { phone: "15551000002", lid: null };
export const chat = `${alice.phone}@s.whatsapp.net`;
export const lidChat = `${alice.lid}@lid`;
export const group = "120363000000000001@g.us";
export const channel = "120363000000000002@newsletter";
export const at = Date.parse("2026-03-04T05:06:07.890Z");

export function writingTo(target: string, more: Partial<Writing> = {}): Writing {
  return { target, me, members: "lid", quoted: null, file: null, ...more };
}

export function written(content: Content, context: Partial<Context> = {}, writing: Partial<Writing> = {}) {
  const composed = compose(content, { ...bareContext, ...context }, writingTo(chat, writing), at);
  return { ...composed, message: proto.Message.decode(composed.raw) };
}

export const text = (said: string): Content => ({ kind: "text", text: said, preview: null });

const file: MediaLocator = {
  url: null,
  directPath: null,
  mediaKey: Buffer.alloc(32, 1).toString("base64"),
  fileEncSha256: Buffer.alloc(32, 2).toString("base64"),
  fileSha256: Buffer.alloc(32, 3).toString("base64"),
  fileLength: 1_234,
  type: "image",
};

/** A message with a file, everything of which is told. */
export function medium(kind: MediaKind, more: { caption?: string; isViewOnce?: boolean } = {}) {
  const content: Content = {
    kind,
    caption: more.caption ?? null,
    isViewOnce: more.isViewOnce ?? false,
    media: {
      mimeType: "a/b",
      fileName: "a file.b",
      bytes: 1_234,
      sha256: null,
      width: 30,
      height: 40,
      seconds: 6,
      pages: 7,
      thumbnail: Buffer.from("small").toString("base64"),
      waveform: Array.from({ length: 64 }, (_, step) => step),
      isAnimated: true,
    },
  };
  return { content, file };
}
