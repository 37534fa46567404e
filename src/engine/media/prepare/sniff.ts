// What a file is, told from what is in it and never from what it is called.
import { zipType } from "./archive.ts";
import { readMovie } from "./movie.ts";
import type { Source } from "./source.ts";
import type { FileType } from "./types.ts";
import { readWebm } from "./webm.ts";

/** The first bytes of most types. */
const beginnings: [FileType, string][] = [
  ["jpeg", "\xff\xd8\xff"],
  ["png", "\x89PNG\r\n\x1a\n"],
  ["gif", "GIF87a"],
  ["gif", "GIF89a"],
  ["bmp", "BM"],
  ["tiff", "II*\0"],
  ["tiff", "MM\0*"],
  ["flac", "fLaC"],
  ["amr", "#!AMR"],
  ["mp3", "ID3"],
  ["pdf", "%PDF-"],
  ["rtf", "{\\rtf"],
  ["gzip", "\x1f\x8b\x08"],
  ["7z", "7z\xbc\xaf\x27\x1c"],
  ["rar", "Rar!\x1a\x07"],
  ["ole", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"],
];

const headBytes = 4 * 1024;

export async function sniff(source: Source): Promise<FileType> {
  const head = await source.read(0, headBytes);
  const start = head.toString("latin1");
  if (start.startsWith("RIFF")) return riffType(start);
  if (start.startsWith("OggS")) return oggType(start);
  if (start.startsWith("\x1a\x45\xdf\xa3")) return ebmlType(source, start);
  if (start.startsWith("PK\x03\x04") || start.startsWith("PK\x05\x06")) return zipType(source);
  if (start.slice(4, 8) === "ftyp") return isoType(source, start);
  const known = beginnings.find(([type, begins]) => start.startsWith(begins) && isNoAccident(type, head));
  return known?.[0] ?? frameType(head) ?? (isText(head) ? "text" : "unknown");
}

/** Two letters are soon found at the beginning of a text. */
function isNoAccident(type: FileType, head: Buffer): boolean {
  return type !== "bmp" || (head.length >= 30 && head.readUInt32LE(6) === 0 && head.readUInt16LE(26) === 1);
}

function riffType(start: string): FileType {
  const form = start.slice(8, 12);
  if (form === "WEBP") return "webp";
  if (form === "WAVE") return "wav";
  return form === "AVI " ? "avi" : "unknown";
}

function oggType(start: string): FileType {
  return start.slice(0, 512).includes("OpusHead") ? "opus" : "ogg";
}

async function ebmlType(source: Source, start: string): Promise<FileType> {
  if (!start.slice(0, 64).includes("webm")) return "matroska";
  const recording = await readWebm(source);
  if (recording.hasVideo) return "webm";
  return recording.opus === null ? "webm_sound" : "webm_opus";
}

async function isoType(source: Source, start: string): Promise<FileType> {
  const brand = start.slice(8, 12);
  if (/^(avif|avis)$/.test(brand)) return "avif";
  if (/^(hei[cfmsx]|hev[cmsx]|mif1|msf1)$/.test(brand)) return "heic";
  const movie = await readMovie(source);
  if (movie !== null && !movie.hasVideo && movie.hasSound) return "m4a";
  if (brand === "qt  ") return "mov";
  return /^3g[2egps]/.test(brand) ? "3gp" : "mp4";
}

/** MPEG audio without a tag before it: the sync word, and a header that makes sense. */
function frameType(head: Buffer): FileType | null {
  const [first = 0, second = 0, third = 0] = head;
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return null;
  if ((second & 0xf6) === 0xf0) return "aac";
  const isReserved = (second & 0x18) === 0x08 || (second & 0x06) !== 0x02;
  return isReserved || (third & 0xf0) === 0xf0 || (third & 0x0c) === 0x0c ? null : "mp3";
}

/** Tabulator, line feed, vertical tabulator, form feed, carriage return, escape. */
const textual = [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1b];

function isText(head: Buffer): boolean {
  if (head.length === 0 || head.some((byte) => byte < 0x20 && !textual.includes(byte))) return false;
  try {
    // The last character may be cut in two.
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
