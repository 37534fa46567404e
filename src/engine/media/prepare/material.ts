// What the makers of each kind are given, and what they make of it.
import type { MediaFacts } from "../../../core/content.ts";
import type { FileToPrepare } from "../../../core/ports.ts";
import type { Source } from "./source.ts";
import type { Transcode } from "./transcode.ts";
import type { FileType } from "./types.ts";

export type Tools = { transcode: Transcode | null };
export type Material = { source: Source; type: FileType; order: FileToPrepare; tools: Tools };
export type Made = { path: string; media: Omit<MediaFacts, "bytes" | "sha256"> };

/** What a kind does not have. */
export const noFacts: Made["media"] = {
  mimeType: "application/octet-stream",
  fileName: null,
  width: null,
  height: null,
  seconds: null,
  pages: null,
  thumbnail: null,
  waveform: null,
  isAnimated: false,
};
