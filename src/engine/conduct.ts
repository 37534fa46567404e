// What a session does by itself because it is set so: calls are rejected, messages read, its presence shown.
import { isJidBroadcast, isJidGroup, isJidNewsletter, type WAMessage } from "@whiskeysockets/baileys";
import type { SessionSettings } from "../core/session.ts";
import type { CallValue, RejectedCall, ToldValue } from "../core/told.ts";
import type { Connection } from "./connection.ts";

/** Null for what is none of its business: that it stopped ringing, what rang while it was away. */
export async function rejectCall(
  { socket }: Connection,
  { rejectCalls }: SessionSettings,
  call: CallValue,
): Promise<RejectedCall | null> {
  if (!rejectCalls || call.type !== "call_offered" || call.isLate) return null;
  await socket.rejectCall(call.waId, call.address);
  return { ...call, type: "call_rejected" };
}

export async function readAll({ socket }: Connection, settings: SessionSettings, messages: WAMessage[]): Promise<void> {
  if (!settings.readAutomatically) return;
  const keys = messages
    .filter(({ key, message }) => message != null && key.fromMe !== true && !isIgnored(settings, key.remoteJid ?? ""))
    .map(({ key }) => key);
  if (keys.length > 0) await socket.readMessages(keys);
}

export async function showPresence({ socket }: Connection, { markOnline }: SessionSettings): Promise<void> {
  await socket.sendPresenceUpdate(markOnline ? "available" : "unavailable");
}

/** What is heard of groups, where the session is set to have nothing to do with them. */
export function isUnwanted({ ignoreGroups }: SessionSettings, value: ToldValue): boolean {
  const isOfGroup = value.type === "group_news" || (value.type === "presence" && value.chat.kind === "group");
  return ignoreGroups && isOfGroup;
}

/** Acknowledged like everything else, and then let go. */
export function isIgnored({ ignoreGroups, ignoreStatus, ignoreChannels }: SessionSettings, chat: string): boolean {
  if (isJidGroup(chat)) return ignoreGroups;
  if (isJidNewsletter(chat)) return ignoreChannels;
  return isJidBroadcast(chat) === true && ignoreStatus;
}
