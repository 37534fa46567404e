// Looking for what should be nowhere: in the database's file, its log, and every other file of the data directory.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Where each text stands, as `file: text`; in any letter case, in UTF-8 and UTF-16. */
export function findTraces(folder: string, texts: readonly string[]): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return files.flatMap((file) => {
    const bytes = readFileSync(file);
    const folded = bytes.toString("latin1").toLowerCase();
    return texts.filter((text) => isIn(folded, text)).map((text) => `${relative(folder, file)}: ${text}`);
  });
}

function isIn(folded: string, text: string): boolean {
  const forms = (["utf8", "utf16le"] as const).map((form) => Buffer.from(text, form).toString("latin1").toLowerCase());
  return forms.some((form) => folded.includes(form));
}
