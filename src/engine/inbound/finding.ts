// What one field of WhatsApp's message turned out to be, and what is told to whoever reads it.
import type { proto } from "@whiskeysockets/baileys";
import type { Content, Context } from "../../core/content.ts";
import type { InboundValue, MediaLocator } from "../../core/inbound.ts";
import type { Envelope } from "./envelope.ts";
import type { Faces } from "./faces.ts";

export type Ignored = Extract<InboundValue, { type: "ignored" }>;

/** Something that somebody said. */
export type Said = {
  is: "said";
  content: Content;
  about: proto.IContextInfo | null;
  locator: MediaLocator | null;
  secret: Uint8Array | null;
  /** Where it is not told of in `about`. */
  replyTo: Context["replyTo"];
  /** Where it is not the whole message that came. */
  raw: Uint8Array | null;
};

export type Finding =
  | Said
  /** Only how it is to be shown; what is said is within. */
  | { is: "wrapper"; message: proto.IMessage | null | undefined; isViewOnce: boolean }
  /** Goes along with what is said beside it. */
  | { is: "beside" }
  /** Not said but done: a reaction, an edit, a vote. */
  | { is: "done"; value: InboundValue };

export type Reading = {
  faces: Faces;
  envelope: Envelope;
  /** History holds the last version of a message where a live one comes as a change of it. */
  isHistory: boolean;
  isViewOnce: boolean;
  /** Of the message and what it is wrapped in. */
  secret: Uint8Array | null;
  association: proto.IMessageAssociation | null;
  /** What a message within the message says; null where it says nothing, or nests too deeply. */
  within(message: proto.IMessage | null | undefined): Said | null;
};

export const beside: Finding = { is: "beside" };

export function said(content: Content, about?: proto.IContextInfo | null, more: Partial<Said> = {}): Said {
  return { is: "said", content, about: about ?? null, locator: null, secret: null, replyTo: null, raw: null, ...more };
}

/** What is to be read in it is kept. */
export function unsupported(type: string, about?: proto.IContextInfo | null, ...words: Words): Said {
  return said({ kind: "unsupported", type, text: linesOf(words) }, about);
}

export function ignored(reason: string): Ignored {
  return { type: "ignored", reason };
}

export function passedOver(reason: string): Finding {
  return { is: "done", value: ignored(reason) };
}

export function wrapper(wrapped: proto.Message.IFutureProofMessage, isViewOnce = false): Finding {
  return { is: "wrapper", message: wrapped.message, isViewOnce };
}

export type Words = (string | null | undefined)[];

/** Null where there are none. */
export function linesOf(words: Words): string | null {
  return words.filter((word) => word).join("\n") || null;
}
