// What a session does by itself because it is set so: calls are rejected, messages read, its presence shown.
import { isJidBroadcast, isJidGroup, isJidNewsletter, type WACallEvent, type WAMessage } from "@whiskeysockets/baileys";
import type { SessionSettings } from "../core/session.ts";
import type { RejectedCall } from "../core/told.ts";
import type { Connection } from "./connection.ts";

/** Null for what is none of its business: that it stopped ringing, what rang while it was away. */
export async function rejectCall(
  { socket, faces }: Connection,
  { rejectCalls }: SessionSettings,
  call: WACallEvent,
): Promise<RejectedCall | null> {
  if (!rejectCalls || call.status !== "offer" || call.offline) return null;
  await socket.rejectCall(call.id, call.from);
  const caller = faces().of(call.from, call.callerPn);
  if (caller === null) return null;
  return {
    type: "call_rejected",
    waId: call.id,
    caller,
    isVideo: call.isVideo === true,
    isGroup: call.isGroup === true,
  };
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

/** Acknowledged like everything else, and then let go. */
export function isIgnored({ ignoreGroups, ignoreStatus, ignoreChannels }: SessionSettings, chat: string): boolean {
  if (isJidGroup(chat)) return ignoreGroups;
  if (isJidNewsletter(chat)) return ignoreChannels;
  return isJidBroadcast(chat) === true && ignoreStatus;
}
