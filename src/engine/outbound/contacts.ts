// Contact cards: as they were given, or made from a name and its numbers.
import type { proto } from "@whiskeysockets/baileys";
import type { ContactCard, Content } from "../../core/content.ts";
import { WaygateError } from "../../core/errors.ts";
import type { Pen } from "./compose.ts";

const mostCards = 257;

export function contactsMessage(
  { contacts }: Extract<Content, { kind: "contacts" }>,
  { contextInfo }: Pen,
): proto.IMessage {
  if (contacts.length > mostCards) throw new WaygateError("invalid", `A message has at most ${mostCards} contacts.`);
  const [first, ...others] = contacts.map(cardOf);
  if (first === undefined) throw new WaygateError("invalid", "A message of contacts needs at least one.");
  if (others.length === 0) return { contactMessage: { ...first, contextInfo } };
  const displayName = `${contacts.length} contacts`;
  return { contactsArrayMessage: { displayName, contacts: [first, ...others], contextInfo } };
}

function cardOf({ name, vcard, phones }: ContactCard): proto.Message.IContactMessage {
  if (name === "") throw new WaygateError("invalid", "A contact needs a name.");
  return { displayName: name, vcard: vcard === "" ? vcardOf(name, phones) : vcard };
}

/** With `waid`, by which WhatsApp offers to write to the number. */
function vcardOf(name: string, phones: string[]): string {
  const numbers = phones.map((phone) => phone.replace(/\D/g, ""));
  const lines = numbers.map((digits) => `TEL;type=CELL;type=VOICE;waid=${digits}:+${digits}`);
  return ["BEGIN:VCARD", "VERSION:3.0", `N:;${escaped(name)};;;`, `FN:${escaped(name)}`, ...lines, "END:VCARD"].join(
    "\n",
  );
}

function escaped(text: string): string {
  return text.replace(/[\\;,]/g, "\\$&").replace(/\r?\n|\r/g, "\\n");
}
