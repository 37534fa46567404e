// Contact cards as phones write them.
import type { ContactCard } from "./content.ts";

/** `phones` in digits. */
export function contactCard(name: string, phones: readonly string[]): ContactCard {
  const numbers = phones.map((digits) => `TEL;type=CELL;type=VOICE;waid=${digits}:+${digits}`);
  const lines = [
    "BEGIN:VCARD",
    "VERSION:3.0",
    `N:;${escaped(name)};;;`,
    `FN:${escaped(name)}`,
    ...numbers,
    "END:VCARD",
  ];
  return { name, vcard: lines.join("\n"), phones: phones.map((digits) => `+${digits}`) };
}

function escaped(text: string): string {
  return text.replace(/[\\;,]/g, (sign) => `\\${sign}`).replace(/\r?\n/g, "\\n");
}
