// WhatsApp's own addresses: who is meant by one, in whichever form it was given.
import { invalidField } from "./errors.ts";
import { parsePhone } from "./phone.ts";

const personForms = /^(\d{5,20})@(s\.whatsapp\.net|c\.us|lid)$/;
const personRule = "Give a phone number with its country code, or a person's JID (…@s.whatsapp.net, …@c.us, …@lid).";

/** The JID of one person, from a phone number in any usual form or from a JID. */
export function readPersonJid(text: string, path: string): string {
  const [, user, host] = personForms.exec(text.trim()) ?? [];
  if (user !== undefined) return `${user}@${host === "lid" ? "lid" : "s.whatsapp.net"}`;
  if (text.includes("@")) throw invalidField(path, personRule);
  const read = parsePhone(text);
  if ("fault" in read) throw invalidField(path, read.fault);
  return `${read.digits}@s.whatsapp.net`;
}
