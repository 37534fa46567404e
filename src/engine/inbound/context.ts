// What surrounds a content: who is mentioned, what it answers, how often it was passed on, how long it stays.
import type { proto } from "@whiskeysockets/baileys";
import { type Context, textOf } from "../../core/content.ts";
import type { Reading } from "./finding.ts";
import { positive } from "./numbers.ts";

export function contextOf(about: proto.IContextInfo | null, reading: Reading): Context {
  const { faces } = reading;
  return {
    mentions: (about?.mentionedJid ?? []).flatMap((jid) => faces.of(jid) ?? []),
    replyTo: replyIn(about, reading),
    forwards: positive(about?.forwardingScore) ?? (about?.isForwarded === true ? 1 : 0),
    expiresInSeconds: positive(about?.expiration),
  };
}

function replyIn(about: proto.IContextInfo | null, { faces, within }: Reading): Context["replyTo"] {
  if (!about?.stanzaId) return null;
  const quoted = within(about.quotedMessage);
  return {
    waId: about.stanzaId,
    sender: faces.of(about.participant),
    text: quoted === null ? null : textOf(quoted.content),
  };
}
