// What is written around a message: who said it where and when, from the attributes of its stanza.
import { type BinaryNode, getBinaryNodeChild, proto } from "@whiskeysockets/baileys";
import type { ChatRef } from "../../core/chat.ts";
import type { Face } from "../../core/content.ts";
import type { MessageKey, WireAddress } from "../../core/inbound.ts";
import { type Faces, isPerson, serverOf } from "./faces.ts";
import { type Ignored, ignored } from "./finding.ts";
import { msOf } from "./numbers.ts";

export type Envelope = {
  key: MessageKey;
  /** 0 where it is not told. */
  at: number;
  pushName: string | null;
  verifiedName: string | null;
  isLate: boolean;
  address: WireAddress;
};

type Attributes = BinaryNode["attrs"];
type Place = { chat: ChatRef; sender: Face | null; isFromMe: boolean };

export function envelopeOf(stanza: BinaryNode, faces: Faces): Envelope | Ignored {
  const { attrs } = stanza;
  if (!attrs.id) return ignored("a message without an id");
  if (!attrs.from) return ignored("a message from nowhere");
  const place = placeOf(attrs, attrs.from, faces);
  if ("type" in place) return place;
  return {
    key: { ...place, sender: place.isFromMe ? null : place.sender, waId: attrs.id },
    at: msOf(Number(attrs.t)) ?? 0,
    pushName: attrs.notify || null,
    verifiedName: verifiedNameIn(stanza),
    // "0" is the last one, and was missed all the same.
    isLate: attrs.offline !== undefined,
    address: { chat: attrs.from, participant: attrs.participant ?? null },
  };
}

function placeOf(attrs: Attributes, from: string, faces: Faces): Place | Ignored {
  const server = serverOf(from);
  if (server === "newsletter") {
    return { chat: { kind: "channel", jid: from }, sender: null, isFromMe: attrs.is_sender === "true" };
  }
  if (server === "g.us" || server === "broadcast") return placeAmongMany(attrs, from, faces);
  if (isPerson(from)) return placeWithOne(attrs, from, faces);
  return ignored(`a message from ${server}`);
}

function placeAmongMany(attrs: Attributes, from: string, faces: Faces): Place | Ignored {
  const { participant, participant_pn, participant_lid, sender_pn, sender_lid } = attrs;
  const sender = faces.of(participant, participant_pn, participant_lid, sender_pn, sender_lid);
  const chat = faces.chatOf(from);
  if (sender === null || chat === null) return ignored("a message among many from nobody");
  const isFromMe = faces.isMe(sender);
  // Nobody but its owner sees a list: with everybody else the message is between the two.
  const isBetweenTwo = chat.kind === "broadcast" && !isFromMe;
  return { chat: isBetweenTwo ? { kind: "person", face: sender } : chat, sender, isFromMe };
}

function placeWithOne(attrs: Attributes, from: string, faces: Faces): Place | Ignored {
  const { recipient } = attrs;
  const sender = faces.of(from, attrs.sender_pn, attrs.sender_lid);
  if (sender === null) return ignored("a message from nowhere");
  const isFromMe = faces.isMe(sender);
  if (!recipient) return { chat: { kind: "person", face: sender }, sender, isFromMe };
  if (serverOf(recipient) === "bot") return ignored("a message to an assistant of WhatsApp's");
  if (!isFromMe) return ignored("a recipient in a message of somebody else's");
  const { recipient_pn, recipient_lid, peer_recipient_pn, peer_recipient_lid } = attrs;
  const chat = faces.chatOf(recipient, recipient_pn, recipient_lid, peer_recipient_pn, peer_recipient_lid);
  return chat === null ? ignored(`a message to ${serverOf(recipient)}`) : { chat, sender, isFromMe };
}

function verifiedNameIn(stanza: BinaryNode): string | null {
  const certificate = getBinaryNodeChild(stanza, "verified_name")?.content;
  if (!(certificate instanceof Uint8Array)) return null;
  try {
    const { details } = proto.VerifiedNameCertificate.decode(certificate);
    return proto.VerifiedNameCertificate.Details.decode(details ?? new Uint8Array()).verifiedName || null;
  } catch {
    // Nothing hangs on it, and the message says what it says.
    return null;
  }
}
