// What WhatsApp tells, translated: every stanza that is taken in becomes one of these, or is ignored with a reason.
import type { ChatRef } from "./chat.ts";
import type { Content, Context, Face } from "./content.ts";

/** A message as everybody in its chat knows it. */
export type MessageKey = {
  chat: ChatRef;
  waId: string;
  isFromMe: boolean;
  /** Who wrote it; null where that is ourselves, and in channels, where nobody is named. */
  sender: Face | null;
};

/** Which of their addresses WhatsApp used for the chat, and among many for who wrote: receipts must name the same. */
export type WireAddress = { chat: string; participant: string | null };

/** Where a file is to be had, and with which key. */
export type MediaLocator = {
  url: string | null;
  directPath: string | null;
  /** In base64; null for channels, whose files are not encrypted. */
  mediaKey: string | null;
  fileEncSha256: string | null;
  fileSha256: string | null;
  fileLength: number | null;
  /** Baileys' word for it, which names its key. */
  type: string;
};

export type ReceivedMessage = {
  type: "message";
  key: MessageKey;
  at: number;
  pushName: string | null;
  verifiedName: string | null;
  content: Content;
  context: Context;
  locator: MediaLocator | null;
  /** Of polls and events: what their answers are encrypted with. */
  secret: Uint8Array | null;
  /** WhatsApp's own form, for answering a retry, quoting, passing on. */
  raw: Uint8Array;
  /** Missed while away, or from history: told of, but not as something that has just happened. */
  isLate: boolean;
  address: WireAddress;
};

export type SealedVote = { payload: Uint8Array; iv: Uint8Array };

export type InboundValue =
  | ReceivedMessage
  | { type: "reaction"; key: MessageKey; target: MessageKey; emoji: string | null; at: number; pushName: string | null }
  | {
      type: "edit";
      key: MessageKey;
      target: MessageKey;
      content: Content;
      context: Context;
      raw: Uint8Array;
      at: number;
    }
  | { type: "deletion"; key: MessageKey; target: MessageKey; at: number }
  | {
      type: "vote";
      key: MessageKey;
      poll: MessageKey;
      /** Opened with the poll's secret, which the store has. */
      encrypted: SealedVote;
      at: number;
    }
  /** From history, where it is open already: the options that were chosen. */
  | { type: "vote"; key: MessageKey; poll: MessageKey; options: string[]; at: number }
  | { type: "ignored"; reason: string };

export type ReceiptKind = "delivered" | "read" | "played";
export type ReceiptValue = { chat: ChatRef; waIds: string[]; by: Face | null; kind: ReceiptKind; at: number };

/** Who is who, in digits. */
export type PeopleView = { lidOf(phone: string): string | null; phoneOf(lid: string): string | null };

/** What a phone tells a new device of the time before it: some messages of a chat, oldest first, or what somebody is called. */
export type PastValue =
  | {
      type: "chat";
      chat: ChatRef;
      name: string | null;
      unread: number;
      values: InboundValue[];
      receipts: ReceiptValue[];
    }
  | { type: "name"; face: Face; pushName: string };
