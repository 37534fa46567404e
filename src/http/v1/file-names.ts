// How a file is called that is saved: as its sender named it, else by what it is.
import type { ServedFile } from "../../services/media.ts";

const endings: Record<string, string> = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/gif": "gif",
  "image/webp": "webp",
  "video/mp4": "mp4",
  "video/3gpp": "3gp",
  "audio/ogg": "ogg",
  "audio/mpeg": "mp3",
  "audio/mp4": "m4a",
  "audio/aac": "aac",
  "audio/amr": "amr",
  "application/pdf": "pdf",
};

export function nameOfFile({ fileName, kind, mimeType }: ServedFile, id: string): string {
  const named = fileName?.trim().slice(0, 255) ?? "";
  if (named !== "") return named;
  const ending = endings[mimeType.split(";", 1)[0]?.trim().toLowerCase() ?? ""];
  return `${kind}-${id}${ending === undefined ? "" : `.${ending}`}`;
}
