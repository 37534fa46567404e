// The words of a text as they are searched: folded, and scripts that are written without spaces taken apart, so that any
// run of their characters is found.

/** Han, Kana, Hangul, Thai, Lao, Khmer, Burmese: each character a word of its own. */
const spaceless =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu;
const mostLength = 20_000;
const mostTerms = 20;

export function wordsOf(text: string): string {
  return text.slice(0, mostLength).normalize("NFKC").replace(spaceless, " $& ");
}

/**
 * A query as FTS5 understands it: every word somewhere, the last one perhaps only begun; runs of characters of a
 * spaceless script next to each other. Null when there is nothing to look for.
 */
export function queryOf(text: string): string | null {
  const terms = text.normalize("NFKC").match(/"[^"]+"|\S+/gu) ?? [];
  const phrases = terms.slice(0, mostTerms).flatMap((term, place) => {
    const inner = wordsOf(term)
      .replaceAll(/"|\p{Cc}/gu, " ")
      .trim()
      .replace(/\s+/g, " ");
    if (!/[\p{L}\p{N}]/u.test(inner)) return [];
    const isLast = place === terms.length - 1 && !term.startsWith('"');
    return [`"${inner}"${isLast ? " *" : ""}`];
  });
  return phrases.length === 0 ? null : phrases.join(" ");
}
