// Phone numbers as people write them, read into the digits that WhatsApp knows them by.
import { invalidField } from "./errors.ts";

export const phoneRule =
  "Give the number with its country code, 7 to 15 digits, like +49 151 23456789; spaces, dots, dashes, slashes and brackets do not matter.";
const nationalRule =
  "This number begins with 0, as within one country: give it with the country code in place of that 0, like +49 151 23456789.";

const fewestDigits = 7;
const mostDigits = 15;
/** Marks that come along when a number is copied from a contact or a page, and are not to be seen. */
const invisible = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
const separators = /[\s./()[\]\p{Pd}]/gu;
/** The national 0 that some write after the country code: +49 (0) 151 …. */
const nationalZero = /\(\s*0\s*\)/;

export type ReadPhone = { digits: string } | { fault: string };

export function parsePhone(text: string): ReadPhone {
  const bare = text.replace(invisible, "").replace(nationalZero, "").replace(separators, "");
  const [, isInternational, digits] = /^(\+|00)?(\d+)$/.exec(bare) ?? [];
  if (digits === undefined) return { fault: phoneRule };
  if (digits.startsWith("0")) return { fault: isInternational === undefined ? nationalRule : phoneRule };
  if (digits.length < fewestDigits || digits.length > mostDigits) return { fault: phoneRule };
  return { digits };
}

/** The digits, or a fault that names the field. */
export function readPhone(text: string, path: string): string {
  const read = parsePhone(text);
  if ("fault" in read) throw invalidField(path, read.fault);
  return read.digits;
}
