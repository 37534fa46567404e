// Who is there, types or records, as WhatsApp tells it: of people that were asked for, and of whoever writes in a chat.
import type { BinaryNode } from "@whiskeysockets/baileys";
import type { PresenceState, PresenceValue } from "../../core/told.ts";
import { childrenOf } from "../signal/stanza.ts";
import type { Faces } from "./faces.ts";
import { msOf } from "./numbers.ts";

/** Null for what says nothing of anybody else: of oneself, of how many are there in a group. */
export function readPresence(stanza: BinaryNode, faces: Faces): PresenceValue | null {
  const { from, participant, participant_pn, participant_lid, type, last } = stanza.attrs;
  const chat = faces.chatOf(from);
  const who = faces.of(participant ?? from, participant_pn, participant_lid);
  const state = stanza.tag === "presence" ? (type === "unavailable" ? type : "available") : stateIn(stanza);
  if (chat === null || who === null || faces.isMe(who) || state === null) return null;
  return { type: "presence", chat, who, state, lastSeenAt: msOf(Number(last)) };
}

function stateIn(stanza: BinaryNode): PresenceState | null {
  const [what] = childrenOf(stanza);
  if (what?.tag === "composing") return what.attrs.media === "audio" ? "recording" : "typing";
  return what?.tag === "paused" ? "paused" : null;
}
