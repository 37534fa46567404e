// ffmpeg, where the operator names one: a program of its own, which gets one file to read, so much time, and no say in
// anything else. What it was given by a stranger may be anything.
import { rm, stat } from "node:fs/promises";
import { minute, second } from "../../../core/clock.ts";
import { maxBytes } from "../../../core/media-limits.ts";
import { createGate } from "../../gate.ts";
import { refused } from "./refusal.ts";
import { type Transcode, type Transcoding, transcodings } from "./transcode.ts";

export type FfmpegOptions = { program: string; timeoutMs?: number };

const usualTimeoutMs = 2 * minute;
/** Of all sessions together: each takes what it gets of the processors. */
const atOnce = 2;
const mostComplaintBytes = 16 * 1024;
/** Whatever refers to other files or addresses, as playlists do, is none of these. */
const readFormats =
  "wav,w64,flac,ogg,mp3,aac,ac3,eac3,amr,amrnb,amrwb,aiff,au,caf,ape,wv,tta,asf,mov,mp4,matroska,webm,avi,flv,mpeg,mpegts,mpegvideo,gif,image2,gif_pipe";

const video = [
  "-c:v",
  "libx264",
  "-preset",
  "veryfast",
  "-pix_fmt",
  "yuv420p",
  "-vf",
  evenSides(),
  "-movflags",
  "+faststart",
];
const makers: Record<Transcoding, { most: number; as: string[] }> = {
  voice: {
    most: maxBytes.voice,
    as: [
      "-vn",
      "-map",
      "0:a:0",
      "-ac",
      "1",
      "-ar",
      "48000",
      "-c:a",
      "libopus",
      "-b:a",
      "32k",
      "-application",
      "voip",
      "-f",
      "ogg",
    ],
  },
  audio: {
    most: maxBytes.audio,
    as: ["-vn", "-map", "0:a:0", "-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart", "-f", "mp4"],
  },
  video: {
    most: maxBytes.video,
    as: ["-map", "0:v:0", "-map", "0:a:0?", ...video, "-c:a", "aac", "-b:a", "128k", "-f", "mp4"],
  },
  gif: { most: maxBytes.gif, as: ["-an", "-map", "0:v:0", ...video, "-f", "mp4"] },
  frame: { most: maxBytes.image, as: ["-an", "-map", "0:v:0", "-frames:v", "1", "-c:v", "mjpeg", "-f", "image2pipe"] },
};

export function createFfmpeg({ program, timeoutMs = usualTimeoutMs }: FfmpegOptions): Transcode {
  const gate = createGate(atOnce);
  return async ({ from, to, as }) => {
    const leave = await gate.enter(new AbortController().signal);
    try {
      const { most, as: how } = makers[as];
      const run = await runToEnd([program, ...reading(from), ...how, ...writing(to, most)], timeoutMs);
      const made = await stat(to).catch(() => null);
      if (run === "late")
        throw refused(`${within(timeoutMs)} was not enough to make ${transcodings[as]} of this file.${advice}`);
      if (run.code !== 0)
        throw refused(`ffmpeg cannot make ${transcodings[as]} of this file${said(run.complaint, from, to)}.${advice}`);
      if (made === null || made.size === 0) throw refused(`ffmpeg made nothing of this file.${advice}`);
      if (made.size > most)
        throw refused(`Made into ${transcodings[as]} this file is too large for WhatsApp.${advice}`);
    } catch (error) {
      await rm(to, { force: true });
      throw error;
    } finally {
      leave();
    }
  };
}

const advice = " Convert it yourself, or send it as a document.";
const within = (ms: number) => (ms >= second ? `${Math.round(ms / second)} seconds` : `${ms} milliseconds`);

function reading(from: string): string[] {
  const quiet = ["-hide_banner", "-nostdin", "-loglevel", "error", "-threads", "2"];
  return [...quiet, "-protocol_whitelist", "file", "-format_whitelist", readFormats, "-i", `file:${from}`];
}

/** A little more than may be: so that what is cut off there is known to be too large. */
function writing(to: string, most: number): string[] {
  return ["-sn", "-dn", "-map_metadata", "-1", "-fs", String(most + 64 * 1024), "-y", `file:${to}`];
}

/** WhatsApp's players want them even. */
function evenSides(): string {
  return "scale=trunc(iw/2)*2:trunc(ih/2)*2";
}

type Run = { code: number; complaint: string };

/** No shell, nothing of our own surroundings, and an end in any case. */
async function runToEnd(command: string[], timeoutMs: number): Promise<Run | "late"> {
  const child = start(command);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  try {
    // Read as it comes, else the program waits for us; little of it is kept.
    const complaint = lastOf(child.stderr);
    const code = await child.exited;
    // Whatever it may have started itself could hold it open for ever.
    return isLate ? "late" : { code, complaint: await Promise.race([complaint, Bun.sleep(second).then(() => "")]) };
  } finally {
    clearTimeout(timer);
  }
}

function start(command: string[]) {
  try {
    return Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "pipe", env: {} });
  } catch {
    throw refused(`The ffmpeg that this gateway is set to cannot be started.${advice}`);
  }
}

async function lastOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  let kept = Buffer.alloc(0);
  for await (const piece of stream) kept = Buffer.concat([kept, piece]).subarray(-mostComplaintBytes);
  return kept.toString();
}

/** Its last line, without where files lie here. */
function said(complaint: string, ...paths: string[]): string {
  const [last] = complaint
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .slice(-1);
  const plain = paths.reduce((text, path) => text.replaceAll(path, "it"), last ?? "").replace(/[\p{Cc}]/gu, "");
  return plain === "" ? "" : ` (${plain.slice(0, 200)})`;
}
