// What was read on another device of the account, as that device lets the others know.
import type { BinaryNode } from "@whiskeysockets/baileys";
import type { Face } from "../../core/content.ts";
import type { PeopleView } from "../../core/inbound.ts";
import type { ReadElsewhere } from "../../core/told.ts";
import { childrenOf } from "../signal/stanza.ts";
import { createFaces, isPerson } from "./faces.ts";

/** Those that end in "self" where the account does not let others know what it has read. */
const types: ReadonlySet<string | undefined> = new Set(["read", "read-self", "played", "played-self"]);

/** Null for a receipt of anybody else's, and for one that tells of no reading. */
export function readElsewhereIn(stanza: BinaryNode, me: Face, people: PeopleView): ReadElsewhere | null {
  const { from, participant, type, id } = stanza.attrs;
  const faces = createFaces(me, people);
  const isOurs = faces.isMe(faces.of(participant ?? from));
  if (!isOurs || !types.has(type) || from === undefined || id === undefined) return null;
  const { recipient, recipient_pn, recipient_lid, peer_recipient_pn, peer_recipient_lid } = stanza.attrs;
  const chat = isPerson(from)
    ? faces.chatOf(recipient, recipient_pn, recipient_lid, peer_recipient_pn, peer_recipient_lid)
    : faces.chatOf(from);
  if (chat === null) return null;
  const list = childrenOf(stanza).find(({ tag }) => tag === "list");
  const others = (list === undefined ? [] : childrenOf(list)).flatMap(({ attrs }) => attrs.id ?? []);
  return { type: "read", chat, waIds: [id, ...others], until: null };
}
