// Which chats a webhook is told of, and where an event happened: what is compared, and what is told in order. Pure.
import { invalidField } from "./errors.ts";
import { chatIdOf, type EventInFull } from "./events.ts";
import { readChatJid } from "./jid.ts";

/** As they are kept: a JID in its one form. */
export function readChats(given: readonly string[], path: string): string[] {
  const read = given.map((text, place) => readChatJid(text, `${path}/${place}`));
  if (new Set(read).size < read.length) throw invalidField(path, "A chat is named twice.");
  return read;
}

/** What is told in the order in which it happened: a chat; else a session, with a minus; else the account. */
export function laneOf(full: EventInFull): number {
  return chatIdOf(full) ?? -(full.event.sessionId ?? 0);
}

/** Whether it happened in one of these chats, under any name of it. */
export function isIn({ event, message, contact }: EventInFull, chats: readonly string[] | null): boolean {
  if (chats === null) return true;
  const { groupJid } = event.data;
  if (typeof groupJid === "string") return chats.includes(groupJid);
  const face = message === null ? contact : message.chat.face;
  const names = [
    message?.chat.jid ?? null,
    face?.phone == null ? null : `${face.phone}@s.whatsapp.net`,
    face?.lid == null ? null : `${face.lid}@lid`,
  ];
  return names.some((name) => name !== null && chats.includes(name));
}
