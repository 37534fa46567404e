// What only a tool for media can do, such as ffmpeg: it is handed in where there is one, and done without where not.

/** Each says what is made of the file. */
export const transcodings = {
  voice: "mono Opus in OGG",
  audio: "AAC in M4A",
  video: "H.264 and AAC in MP4",
  gif: "H.264 in MP4, without sound, of even sides",
  frame: "a JPEG of what is seen first",
} as const;
export type Transcoding = keyof typeof transcodings;

/** Settles when `to` is whole; throws for what it cannot make anything of. */
export type Transcode = (order: { from: string; to: string; as: Transcoding }) => Promise<void>;
