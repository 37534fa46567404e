// Contacts that were passed on: each a vCard, with the numbers in it.
import type { proto } from "@whiskeysockets/baileys";
import type { ContactCard } from "../../core/content.ts";
import { type Said, said } from "./finding.ts";

export function readContact(contact: proto.Message.IContactMessage): Said {
  return said({ kind: "contacts", contacts: [cardOf(contact)] }, contact.contextInfo);
}

export function readContacts({ contacts, contextInfo }: proto.Message.IContactsArrayMessage): Said {
  return said({ kind: "contacts", contacts: (contacts ?? []).map(cardOf) }, contextInfo);
}

function cardOf({ displayName, vcard }: proto.Message.IContactMessage): ContactCard {
  const lines = linesOf(vcard ?? "");
  return { name: displayName || nameIn(lines) || "", vcard: vcard ?? "", phones: phonesIn(lines) };
}

/** A line that goes on in the next one begins there with a space. */
function linesOf(vcard: string): string[] {
  return vcard.replace(/\r?\n[ \t]/g, "").split(/\r?\n/);
}

function nameIn(lines: readonly string[]): string | null {
  return lines.find((line) => /^FN[;:]/i.test(line))?.replace(/^[^:]*:/, "") ?? null;
}

/** As WhatsApp knows it, where the line says so; else as it was written. */
function phonesIn(lines: readonly string[]): string[] {
  const phones = lines.flatMap((line) => {
    const [, parameters = "", value = ""] = /^(?:[\w-]+\.)?TEL([^:]*):(?:tel:)?(.*)$/i.exec(line) ?? [];
    const phone = /;waid=(\d+)/i.exec(parameters)?.[1] ?? value.replace(/\D/g, "");
    return phone === "" ? [] : [phone];
  });
  return [...new Set(phones)];
}
