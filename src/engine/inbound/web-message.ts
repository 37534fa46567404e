// Messages as WhatsApp's web clients keep them: from history, sent once more by our own phone, and what Baileys makes up
// for what has no message in it. Keys are in our own view here.
import { proto, type WAMessageKey } from "@whiskeysockets/baileys";
import type { InboundValue } from "../../core/inbound.ts";
import type { Envelope } from "./envelope.ts";
import type { Faces } from "./faces.ts";
import { type Ignored, ignored } from "./finding.ts";
import { readMessage } from "./message.ts";
import { msOf } from "./numbers.ts";
import { placeholderOf } from "./placeholder.ts";
import { type Plain, plainOf } from "./plain.ts";

export type Around = { faces: Faces; isLate: boolean; isHistory: boolean };
/** With what Baileys adds to it. */
export type WebMessage = proto.IWebMessageInfo & { key?: WAMessageKey | null; category?: string };

const { StubType } = proto.WebMessageInfo;
/** Baileys' word for a stanza with nothing to decrypt. */
const absent = "Message absent from node";

export function readWebMessage(info: WebMessage, around: Around): InboundValue[] {
  const envelope = envelopeOf(info, around);
  if ("type" in envelope) return [envelope];
  const plain = plainFrom(info);
  if (plain === null) return [withoutMessage(info, envelope)];
  return [readMessage({ plain, envelope, faces: around.faces, isHistory: around.isHistory })];
}

function envelopeOf(info: WebMessage, { faces, isLate }: Around): Envelope | Ignored {
  const { key } = info;
  if (!key?.id || !key.remoteJid) return ignored("a message without a key");
  const participant = faces.of(key.participant ?? info.participant, key.participantAlt);
  const isFromMe = key.fromMe === true || (participant !== null && faces.isMe(participant));
  const named = faces.chatOf(key.remoteJid, ...otherNameOf(key, faces));
  if (named === null) return ignored("a message in a chat of an unknown kind");
  const isBetweenTwo = named.kind === "broadcast" && !isFromMe && participant !== null;
  const chat = isBetweenTwo ? { kind: "person" as const, face: participant } : named;
  const sender = participant ?? (chat.kind === "person" ? chat.face : null);
  return {
    key: { chat, waId: key.id, isFromMe, sender: isFromMe ? null : sender },
    at: msOf(info.messageTimestamp) ?? 0,
    pushName: info.pushName || null,
    verifiedName: info.verifiedBizName || null,
    isLate,
    address: { chat: key.remoteJid, participant: key.participant || info.participant || null },
  };
}

/** Of what we wrote ourselves it may be our own. */
function otherNameOf({ remoteJid, remoteJidAlt }: WAMessageKey, faces: Faces): string[] {
  if (!remoteJidAlt) return [];
  const isOurs = faces.isMe(faces.of(remoteJidAlt)) && !faces.isMe(faces.of(remoteJid));
  return isOurs ? [] : [remoteJidAlt];
}

/** Null for what is none. The secret may be kept beside the message. */
function plainFrom({ message, messageSecret }: WebMessage): Plain | null {
  const inner = message?.deviceSentMessage?.message ?? message;
  if (inner == null) return null;
  const about = inner.messageContextInfo;
  const isMissing = messageSecret?.length && !about?.messageSecret?.length;
  const whole = isMissing ? { ...inner, messageContextInfo: { ...about, messageSecret } } : inner;
  const plain = plainOf(proto.Message.encode(whole).finish());
  return plain.numbers.length === 0 ? null : plain;
}

function withoutMessage(info: WebMessage, envelope: Envelope): InboundValue {
  const type = info.messageStubType ?? StubType.UNKNOWN;
  if (info.key?.isViewOnce) return placeholderOf(envelope, "view_once");
  if (info.category === "peer") return ignored("a peer's message that cannot be read");
  if (type === StubType.CIPHERTEXT) {
    return placeholderOf(envelope, info.messageStubParameters?.[0] === absent ? "unavailable" : "undecryptable");
  }
  const { key, at } = envelope;
  if (type === StubType.REVOKE || type === StubType.ADMIN_REVOKE) return { type: "deletion", key, target: key, at };
  return ignored(`stub.${StubType[type] ?? type}`);
}
