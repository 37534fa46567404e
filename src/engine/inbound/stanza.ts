// A stanza from the inbox, read: what it brought, as values.
import type { BinaryNode } from "@whiskeysockets/baileys";
import type { Face } from "../../core/content.ts";
import type { InboundValue, PeopleView, ReceivedMessage } from "../../core/inbound.ts";
import { childrenOf, decodeStanza, unreadable } from "../signal/stanza.ts";
import { type Envelope, envelopeOf } from "./envelope.ts";
import { createFaces, type Faces } from "./faces.ts";
import { ignored } from "./finding.ts";
import { readMessage } from "./message.ts";
import { placeholderOf } from "./placeholder.ts";
import { type Plain, plainIn } from "./plain.ts";
import { resentIn } from "./resent.ts";

type Around = { stanza: BinaryNode; envelope: Envelope; faces: Faces };

/** Never throws, and never gives nothing. One value for most, several for what the phone sends once more. */
export function readStanza(stanza: Uint8Array, me: Face, people: PeopleView): InboundValue[] {
  try {
    const node = decodeStanza(stanza);
    const faces = createFaces(me, people);
    const envelope = envelopeOf(node, faces);
    return "type" in envelope ? [envelope] : valuesIn({ stanza: node, envelope, faces });
  } catch {
    // Whatever it is, it must not stand in the way of those behind it.
    return [ignored("a row that cannot be read")];
  }
}

function valuesIn(around: Around): InboundValue[] {
  const { stanza, envelope, faces } = around;
  const isPeer = stanza.attrs.category === "peer";
  let plain: Plain | null;
  try {
    plain = plainIn(stanza);
  } catch {
    // Baileys cannot read it either, and asks for it once more.
    return [isPeer ? ignored("a peer's message that cannot be read") : placeholderOf(envelope, "undecryptable")];
  }
  if (envelope.key.chat.kind === "channel") return [inChannel(around, plain)];
  if (plain === null) return [withoutMessage(around)];
  const resent = isPeer && envelope.key.isFromMe ? resentIn(plain.message, envelope, faces) : [];
  return resent.length > 0 ? resent : [readMessage({ plain, envelope, faces, isHistory: false })];
}

function withoutMessage({ stanza, envelope }: Around): InboundValue {
  const unavailable = childrenOf(stanza).find(({ tag }) => tag === "unavailable");
  if (unavailable !== undefined) {
    const { type = "" } = unavailable.attrs;
    const isViewOnce = type.startsWith("view_once");
    return placeholderOf(envelope, type === unreadable ? unreadable : isViewOnce ? "view_once" : "unavailable");
  }
  const enc = childrenOf(stanza).find(({ tag }) => tag === "enc");
  return ignored(enc === undefined ? "a stanza without a message" : `an enc of type ${enc.attrs.type}`);
}

/** Who edits or deletes in a channel says so on the stanza, which has the id of the message it changes. */
function inChannel({ stanza, envelope, faces }: Around, plain: Plain | null): InboundValue {
  const { key, at } = envelope;
  const { edit } = stanza.attrs;
  if (edit === deletedByAuthor || edit === deletedByAdmin) return { type: "deletion", key, target: key, at };
  if (plain === null) return withoutMessage({ stanza, envelope, faces });
  const value = readMessage({ plain, envelope, faces, isHistory: false });
  return edit === editedInChannel && value.type === "message" ? editOf(value) : value;
}

const editedInChannel = "3";
const deletedByAuthor = "7";
const deletedByAdmin = "8";

function editOf({ key, content, context, raw, at }: ReceivedMessage): InboundValue {
  return { type: "edit", key, target: key, content, context, raw, at };
}
