// What a ZIP really is: office documents are ZIPs, and say so by the names of what is in them.
import { cursorIn, type Source } from "./source.ts";
import type { FileType } from "./types.ts";

const opened: Record<string, FileType> = {
  "application/vnd.oasis.opendocument.text": "odt",
  "application/vnd.oasis.opendocument.spreadsheet": "ods",
  "application/vnd.oasis.opendocument.presentation": "odp",
  "application/epub+zip": "epub",
};
const folders: [string, FileType][] = [
  ["word/", "docx"],
  ["xl/", "xlsx"],
  ["ppt/", "pptx"],
];

const localHeader = 0x04034b50;
const headerBytes = 30;
/** The names that matter are among the first. */
const mostEntries = 64;

export async function zipType(source: Source): Promise<FileType> {
  const cursor = cursorIn(source);
  let isOffice = false;
  for (let entry = 0; entry < mostEntries; entry++) {
    const header = await cursor.take(headerBytes);
    if (header.length < headerBytes || header.readUInt32LE(0) !== localHeader) break;
    const name = (await cursor.take(header.readUInt16LE(26))).toString("latin1");
    cursor.skip(header.readUInt16LE(28));
    const bytes = header.readUInt32LE(18);
    if (entry === 0 && name === "mimetype") return opened[(await cursor.take(bytes)).toString("latin1")] ?? "zip";
    isOffice ||= name === "[Content_Types].xml";
    const found = folders.find(([folder]) => name.startsWith(folder));
    if (isOffice && found !== undefined) return found[1];
    // Its length comes after it: what follows cannot be found without unpacking.
    if ((header.readUInt16LE(6) & 8) !== 0 && bytes === 0) return officeInside(source);
    cursor.skip(bytes);
  }
  return "zip";
}

/** The directory at the end has every name. */
async function officeInside(source: Source): Promise<FileType> {
  const tail = (await source.read(Math.max(0, source.bytes - 64 * 1024), 64 * 1024)).toString("latin1");
  if (!tail.includes("[Content_Types].xml")) return "zip";
  return folders.find(([folder]) => tail.includes(folder))?.[1] ?? "zip";
}
