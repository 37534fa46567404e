// How a file is called by whoever hands it over, as HTTP says it.

/** RFC 6266: `filename*` before `filename`. */
export function fileNameIn(disposition: string | null | undefined): string | null {
  const [, encoded] = /filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(disposition ?? "") ?? [];
  const [, quoted, bare] = /filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))/i.exec(disposition ?? "") ?? [];
  return decodedName(encoded) ?? quoted?.replace(/\\(.)/g, "$1") ?? bare ?? null;
}

/** Null for what is not encoded as it should be. */
export function decodedName(text: string | undefined): string | null {
  try {
    return text === undefined ? null : decodeURIComponent(text);
  } catch {
    return null;
  }
}
