// What the phone's owner does with chats and people, as app state tells it: kept how, read, called what.
import type { proto } from "@whiskeysockets/baileys";
import { second } from "../../core/clock.ts";
import type { ToldValue } from "../../core/told.ts";
import type { Faces } from "./faces.ts";
import { msOf, numberOf, positive } from "./numbers.ts";

/** One entry, as Baileys has decrypted it. */
export type SyncAction = { value: proto.ISyncActionValue; index: readonly (string | undefined)[] };
type Range = proto.SyncActionValue.ISyncActionMessageRange;

/** The end of the year 9999. */
const forGood = 253_402_300_799_000;

export function readSyncAction({ value, index }: SyncAction, faces: Faces, isFirst: boolean): ToldValue[] {
  const [, jid] = index;
  const { contactAction, lidContactAction } = value;
  if (contactAction != null) {
    const face = faces.of(jid, contactAction.lidJid, contactAction.pnJid);
    const name = contactAction.fullName || contactAction.firstName || null;
    return face === null ? [] : [{ type: "contact", face, name, isPast: isFirst }];
  }
  if (lidContactAction != null) {
    const face = faces.of(jid);
    const name = lidContactAction.fullName || lidContactAction.firstName || null;
    return face === null ? [] : [{ type: "contact", face, name, isPast: isFirst }];
  }
  const chat = faces.chatOf(jid);
  if (chat === null) return [];
  const { markChatAsReadAction: read } = value;
  // A mark to come back to it later says nothing of what is in it.
  if (read != null) return read.read === true ? [{ type: "read", chat, ...upTo(read.messageRange, value) }] : [];
  const kept = keptIn(value);
  return kept === null ? [] : [{ type: "chat", chat, ...kept }];
}

function keptIn({ archiveChatAction, pinAction, muteAction, timestamp }: proto.ISyncActionValue) {
  if (archiveChatAction != null) return { isArchived: archiveChatAction.archived === true };
  if (pinAction != null) return { pinnedAt: pinAction.pinned === true ? (msOf(timestamp) ?? 0) : null };
  if (muteAction == null) return null;
  if (muteAction.muted !== true) return { mutedUntil: null };
  const until = numberOf(muteAction.muteEndTimestamp) ?? 0;
  return { mutedUntil: until > 0 ? Math.min(msOf(until) ?? 0, forGood) : forGood };
}

/** What came after is not read, however late this is heard. */
function upTo(range: Range | null | undefined, { timestamp }: proto.ISyncActionValue) {
  const seconds = positive(range?.lastMessageTimestamp) ?? positive(range?.lastSystemMessageTimestamp);
  const keys = (range?.messages ?? []).flatMap(({ key }) => (key?.id && key.fromMe !== true ? [key.id] : []));
  return { waIds: keys, until: seconds === null ? msOf(timestamp) : seconds * second + second - 1 };
}
