// What somebody wants to say, before it is a message: files by where they are, people by their numbers.
import type { MediaKind } from "./content.ts";

export type MediaSource =
  | { from: "url"; url: string }
  | { from: "base64"; base64: string }
  /** Brought before, for this. */
  | { from: "upload"; uploadId: number }
  /** The file of a message of the same session. */
  | { from: "message"; messageId: number }
  /** Kept until it is to be sent, by its name in the store. */
  | { from: "kept"; path: string; fileName: string | null; mimeType: string | null };

export type SaidBody =
  | { kind: "text"; text: string; wantsPreview: boolean }
  | {
      kind: "media";
      /** Null for what suits the file. */
      as: MediaKind | null;
      source: MediaSource;
      caption: string | null;
      fileName: string | null;
      mimeType: string | null;
      isViewOnce: boolean;
    }
  | { kind: "location"; latitude: number; longitude: number; name: string | null; address: string | null }
  | { kind: "contacts"; contacts: { name: string; phones: string[] }[] }
  | { kind: "poll"; question: string; options: string[]; selectable: number };

export type Said = {
  body: SaidBody;
  /** Numbers or JIDs of those who are named in it. */
  mentions: string[];
  /** A message of the same session. */
  replyTo: number | null;
  disappearsInSeconds: number | null;
};

/** A text and nothing else. */
export function justText(text: string): Said {
  return {
    body: { kind: "text", text, wantsPreview: true },
    mentions: [],
    replyTo: null,
    disappearsInSeconds: null,
  };
}
