// How deep a JSON text is, and how many things are in it, counted before it is parsed: a list of sixteen million zeros, or
// as many brackets, would take gigabytes and half a minute to become a value that nobody wants.

export const maxDepth = 32;
/** Of one list, or the fields of one object. */
export const maxItems = 10_000;
/** Of all lists and objects together. */
export const maxValues = 250_000;

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const isOpening = (sign: number) => sign === 0x5b || sign === 0x7b;
const isClosing = (sign: number) => sign === 0x5d || sign === 0x7d;

/** A sentence for what is too much; null for what may be parsed, be it JSON or not. */
export function shapeFault(text: string): string | null {
  const items = new Uint32Array(maxDepth + 1);
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at);
    if (sign === quote) at = endOfString(text, at);
    else if (sign === comma) {
      values += 1;
      items[depth] = (items[depth] ?? 0) + 1;
      // So many commas stand between one item more.
      if ((items[depth] ?? 0) >= maxItems) return `The body has a list of more than ${maxItems} items.`;
      if (values >= maxValues) return `The body has more than ${maxValues} things in it.`;
    } else if (isOpening(sign)) {
      depth += 1;
      if (depth > maxDepth) return `The body is nested more than ${maxDepth} levels deep.`;
      items[depth] = 0;
      values += 1;
    } else if (isClosing(sign)) depth = Math.max(0, depth - 1);
  }
  return null;
}

/** Where its closing quote stands; the end of the text where there is none. Files in base64 are leapt over. */
function endOfString(text: string, begins: number): number {
  for (let at = text.indexOf('"', begins + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}
