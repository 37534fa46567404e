// Calls nobody is there to take: rejected, with a word to the caller, where the session is set so.
import type { WACallEvent } from "@whiskeysockets/baileys";
import type { SessionSettings } from "../core/session.ts";
import type { Connection } from "./connection.ts";

export async function rejectCall(
  { socket, turns }: Connection,
  { rejectCalls, rejectMessage }: SessionSettings,
  call: WACallEvent,
): Promise<void> {
  if (!rejectCalls || call.status !== "offer" || call.offline) return;
  await socket.rejectCall(call.id, call.from);
  if (rejectMessage === null || call.isGroup === true) return;
  await turns.without(() => socket.relayMessage(call.chatId, { conversation: rejectMessage }, {}));
}
