// The file of a message that came in: fetched from WhatsApp's hosts, or brought back there by the phone first.
import type { WASocket } from "@whiskeysockets/baileys";
import type { MediaLocator as Told } from "../../core/inbound.ts";
import type { FetchOutcome, FileToFetch, LostFile, LostOutcome } from "../../core/ports.ts";
import type { Connection } from "../connection.ts";
import { download, type MediaLocator } from "./download.ts";
import { isMediaKind } from "./kinds.ts";
import { retryNotice as notice } from "./late-answer.ts";
import { type AgainOutcome, askAgain, type LostFile as Lost } from "./re-request.ts";
import type { FileAccess } from "./sealed.ts";

export async function fetchFile({ locator, to, maxBytes }: FileToFetch, access: FileAccess): Promise<FetchOutcome> {
  const known = locatorOf(locator);
  if (known === null) return { outcome: "corrupt", sentence: "The message does not say what kind of file it has." };
  const { wayOut, hosts, signal } = access;
  const outcome = await download({ locator: known, to, wayOut, hosts: await hosts.names(), maxBytes, signal });
  if (outcome.outcome === "done") return { outcome: "done", bytes: outcome.bytes };
  const { reason: sentence } = outcome;
  if (outcome.outcome === "failed") return { outcome: "failed", isRetryable: outcome.isRetryable, sentence };
  return { outcome: outcome.outcome, sentence };
}

/** By each name the phone may know the message under, until it knows one. */
export async function askPhone(file: LostFile, connection: Connection): Promise<LostOutcome> {
  const { awaitedFiles } = connection;
  awaitedFiles.add(file.waId);
  try {
    return await askByEachName(file, connection);
  } finally {
    awaitedFiles.delete(file.waId);
  }
}

async function askByEachName(file: LostFile, { socket, over }: Connection): Promise<LostOutcome> {
  const mediaKey = bytesOf(file.locator.mediaKey);
  if (mediaKey === null) return { outcome: "gone", sentence: "A channel's file cannot be asked for again." };
  let last: AgainOutcome = { outcome: "gone", reason: "Nobody knows whose file it is." };
  for (const message of namesOf(file)) {
    last = await askAgain({
      message,
      mediaKey,
      me: socket.user?.id ?? "",
      sendNode: (node) => socket.sendNode(node),
      onNotification: (listener) => hear(socket, listener),
      signal: over,
    });
    if (last.outcome !== "gone") break;
  }
  if (last.outcome === "done") return { outcome: "back", directPath: last.directPath };
  return { outcome: last.outcome, sentence: last.reason };
}

function hear({ ws }: WASocket, listener: Parameters<Parameters<typeof askAgain>[0]["onNotification"]>[0]) {
  ws.on(notice, listener);
  return () => void ws.off(notice, listener);
}

/** The phone files a chat under the number or under the LID, by how old the chat is. */
function namesOf({ waId: id, isFromMe: fromMe, chat, sender }: LostFile): Lost["message"][] {
  const forms = ["phone", "lid"] as const;
  if ("face" in chat) {
    return forms.flatMap((form) => {
      const jid = jidIn(chat.face, form);
      return jid === null ? [] : [{ id, chat: jid, fromMe, participant: null }];
    });
  }
  if (sender === null) return [{ id, chat: chat.jid, fromMe, participant: null }];
  return forms.flatMap((form) => {
    const participant = jidIn(sender, form);
    return participant === null ? [] : [{ id, chat: chat.jid, fromMe, participant }];
  });
}

function jidIn({ phone, lid }: { phone: string | null; lid: string | null }, form: "phone" | "lid"): string | null {
  if (form === "phone") return phone === null ? null : `${phone}@s.whatsapp.net`;
  return lid === null ? null : `${lid}@lid`;
}

function locatorOf({ type, url, directPath, fileLength, ...told }: Told): MediaLocator | null {
  if (!isMediaKind(type)) return null;
  return {
    kind: type,
    url,
    directPath,
    fileLength,
    mediaKey: bytesOf(told.mediaKey),
    fileEncSha256: bytesOf(told.fileEncSha256),
    fileSha256: bytesOf(told.fileSha256),
  };
}

function bytesOf(base64: string | null): Uint8Array | null {
  return base64 === null || base64 === "" ? null : Buffer.from(base64, "base64");
}
