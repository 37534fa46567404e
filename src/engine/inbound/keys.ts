// The key that names another message within a message. It is written from its sender's view: "mine" is theirs, and the
// chat is whoever they talk to.
import type { proto } from "@whiskeysockets/baileys";
import type { MessageKey } from "../../core/inbound.ts";
import { statusJid } from "./faces.ts";
import type { Reading } from "./finding.ts";

type Author = Pick<MessageKey, "sender" | "isFromMe">;

/** Null where it names nothing. */
export function targetOf(key: proto.IMessageKey | null | undefined, reading: Reading): MessageKey | null {
  if (!key?.id) return null;
  const { chat } = reading.envelope.key;
  // A status is answered and reacted to in the chat with its author.
  const isStatus = key.remoteJid === statusJid;
  return { chat: isStatus ? { kind: "status", jid: statusJid } : chat, waId: key.id, ...authorOf(key, reading) };
}

function authorOf({ fromMe, participant }: proto.IMessageKey, { envelope, faces }: Reading): Author {
  const { chat, sender, isFromMe } = envelope.key;
  if (fromMe) return { sender, isFromMe };
  const named = faces.of(participant);
  if (named !== null) return faces.isMe(named) ? ours : { sender: named, isFromMe: false };
  // Between two it is the other one's, seen from whoever wrote the key.
  if (chat.kind === "person") return isFromMe ? { sender: chat.face, isFromMe: false } : ours;
  return { sender, isFromMe: false };
}

const ours: Author = { sender: null, isFromMe: true };
