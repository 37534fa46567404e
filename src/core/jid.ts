// WhatsApp's own addresses: who is meant by one, in whichever form it was given.
import { invalidField } from "./errors.ts";
import { parsePhone } from "./phone.ts";

const personForms = /^(\d{5,20})@(s\.whatsapp\.net|c\.us|lid)$/;
const personRule = "Give a phone number with its country code, or a person's JID (…@s.whatsapp.net, …@c.us, …@lid).";

const chatForms = /^(\d{5,20}(-\d{5,20})?@g\.us|\d{5,25}@newsletter)$/;

/** The JID of a chat: a person's in any of its forms, a group's or a channel's. */
export function readChatJid(text: string, path: string): string {
  const trimmed = text.trim();
  return chatForms.test(trimmed) ? trimmed : readPersonJid(text, path);
}

/** The JID of one person, from a phone number in any usual form or from a JID. */
export function readPersonJid(text: string, path: string): string {
  const [, user, host] = personForms.exec(text.trim()) ?? [];
  if (user !== undefined) return `${user}@${host === "lid" ? "lid" : "s.whatsapp.net"}`;
  if (text.includes("@")) throw invalidField(path, personRule);
  const read = parsePhone(text);
  if ("fault" in read) throw invalidField(path, read.fault);
  return `${read.digits}@s.whatsapp.net`;
}
