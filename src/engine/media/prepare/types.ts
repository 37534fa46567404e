// The types of files that are told apart, by what is in them: their names for people, and WhatsApp's for them.

const types = {
  jpeg: { family: "picture", mimeType: "image/jpeg", extension: "jpg", name: "a JPEG picture" },
  png: { family: "picture", mimeType: "image/png", extension: "png", name: "a PNG picture" },
  webp: { family: "picture", mimeType: "image/webp", extension: "webp", name: "a WebP picture" },
  gif: { family: "picture", mimeType: "image/gif", extension: "gif", name: "a GIF" },
  bmp: { family: "picture", mimeType: "image/bmp", extension: "bmp", name: "a BMP picture" },
  tiff: { family: "picture", mimeType: "image/tiff", extension: "tiff", name: "a TIFF picture" },
  heic: { family: "picture", mimeType: "image/heic", extension: "heic", name: "a HEIC picture" },
  avif: { family: "picture", mimeType: "image/avif", extension: "avif", name: "an AVIF picture" },
  mp4: { family: "video", mimeType: "video/mp4", extension: "mp4", name: "an MP4 video" },
  mov: { family: "video", mimeType: "video/quicktime", extension: "mov", name: "a QuickTime video" },
  "3gp": { family: "video", mimeType: "video/3gpp", extension: "3gp", name: "a 3GP video" },
  webm: { family: "video", mimeType: "video/webm", extension: "webm", name: "a WebM video" },
  matroska: { family: "video", mimeType: "video/x-matroska", extension: "mkv", name: "a Matroska video" },
  avi: { family: "video", mimeType: "video/x-msvideo", extension: "avi", name: "an AVI video" },
  m4a: { family: "sound", mimeType: "audio/mp4", extension: "m4a", name: "M4A audio" },
  aac: { family: "sound", mimeType: "audio/aac", extension: "aac", name: "AAC audio" },
  mp3: { family: "sound", mimeType: "audio/mpeg", extension: "mp3", name: "MP3 audio" },
  amr: { family: "sound", mimeType: "audio/amr", extension: "amr", name: "AMR audio" },
  opus: { family: "sound", mimeType: "audio/ogg; codecs=opus", extension: "ogg", name: "OGG-Opus audio" },
  ogg: { family: "sound", mimeType: "audio/ogg", extension: "ogg", name: "OGG audio that is not Opus" },
  webm_opus: { family: "sound", mimeType: "audio/webm", extension: "webm", name: "WebM-Opus audio" },
  webm_sound: { family: "sound", mimeType: "audio/webm", extension: "webm", name: "WebM audio that is not Opus" },
  wav: { family: "sound", mimeType: "audio/wav", extension: "wav", name: "WAV audio" },
  flac: { family: "sound", mimeType: "audio/flac", extension: "flac", name: "FLAC audio" },
  pdf: { family: "other", mimeType: "application/pdf", extension: "pdf", name: "a PDF" },
  docx: {
    family: "other",
    mimeType: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    extension: "docx",
    name: "a Word document",
  },
  xlsx: {
    family: "other",
    mimeType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    extension: "xlsx",
    name: "an Excel sheet",
  },
  pptx: {
    family: "other",
    mimeType: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    extension: "pptx",
    name: "a PowerPoint presentation",
  },
  odt: { family: "other", mimeType: "application/vnd.oasis.opendocument.text", extension: "odt", name: "a document" },
  ods: {
    family: "other",
    mimeType: "application/vnd.oasis.opendocument.spreadsheet",
    extension: "ods",
    name: "a spreadsheet",
  },
  odp: {
    family: "other",
    mimeType: "application/vnd.oasis.opendocument.presentation",
    extension: "odp",
    name: "a presentation",
  },
  epub: { family: "other", mimeType: "application/epub+zip", extension: "epub", name: "an EPUB" },
  rtf: { family: "other", mimeType: "application/rtf", extension: "rtf", name: "an RTF document" },
  gzip: { family: "other", mimeType: "application/gzip", extension: "gz", name: "a gzip archive" },
  "7z": { family: "other", mimeType: "application/x-7z-compressed", extension: "7z", name: "a 7-Zip archive" },
  rar: { family: "other", mimeType: "application/vnd.rar", extension: "rar", name: "a RAR archive" },
  /** These say little: whoever sends such a file may know better what it is. */
  zip: { family: "other", mimeType: "application/zip", extension: "zip", name: "a ZIP archive" },
  ole: { family: "other", mimeType: "application/octet-stream", extension: null, name: "an older Office file" },
  text: { family: "other", mimeType: "text/plain", extension: "txt", name: "a text" },
  unknown: { family: "other", mimeType: "application/octet-stream", extension: null, name: "of an unknown type" },
} as const;

export type FileType = keyof typeof types;
export type Family = "picture" | "video" | "sound" | "other";

const vague: readonly FileType[] = ["zip", "ole", "text", "unknown"];

export const familyOf = (type: FileType): Family => types[type].family;
export const mimeTypeOf = (type: FileType): string => types[type].mimeType;
/** Null for what may have any. */
export const extensionOf = (type: FileType): string | null => types[type].extension;
/** As it stands in a sentence. */
export const nameOf = (type: FileType): string => types[type].name;
export const isVague = (type: FileType): boolean => vague.includes(type);
