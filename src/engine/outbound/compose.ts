// From a core content to WhatsApp's protobuf, once and for all attempts: what is stored is what goes out. A file's place
// alone comes later, as only a connection can bring it anywhere.
import { randomBytes } from "node:crypto";
import { generateMessageIDV2, type proto } from "@whiskeysockets/baileys";
import { type Content, type Context, isMedia } from "../../core/content.ts";
import { WaygateError } from "../../core/errors.ts";
import type { Composed, Writing } from "../../core/ports.ts";
import { contactsMessage } from "./contacts.ts";
import { encode } from "./encoded.ts";
import { eventMessage } from "./event.ts";
import { groupInviteMessage } from "./group-invite.ts";
import { locationMessage } from "./location.ts";
import { mediaMessage } from "./media.ts";
import { contextInfoOf, withMentions } from "./people.ts";
import { pollMessage } from "./poll.ts";
import { textMessage } from "./text.ts";

/** What every kind is written with. */
export type Pen = {
  contextInfo: proto.IContextInfo | null;
  /** Its mentions in the form they need here. */
  say(text: string): string;
  writing: Writing;
  at: number;
};

const secretBytes = 32;

export function compose(content: Content, context: Context, writing: Writing, at: number): Composed {
  const secret = randomBytes(secretBytes);
  const message = { ...write(content, context, writing, at), messageContextInfo: { messageSecret: secret } };
  // Every message has a secret, as in WhatsApp's own clients: reports are signed with it. Others need it for answers.
  const isAnswered = content.kind === "poll" || content.kind === "event";
  return { waId: newId(writing), raw: encode(message), secret: isAnswered ? secret : null };
}

export function newId({ me }: Writing): string {
  return generateMessageIDV2(me.phone === null ? undefined : `${me.phone}@s.whatsapp.net`);
}

export function write(content: Content, context: Context, writing: Writing, at: number): proto.IMessage {
  const contextInfo = contextInfoOf(context, writing);
  return draft(content, { contextInfo, say: (text) => withMentions(text, context, writing), writing, at });
}

function draft(content: Content, pen: Pen): proto.IMessage {
  if (isMedia(content)) return mediaMessage(content, pen);
  switch (content.kind) {
    case "text":
      return textMessage(content, pen);
    case "location":
      return locationMessage(content, pen);
    case "contacts":
      return contactsMessage(content, pen);
    case "poll":
      return pollMessage(content, pen);
    case "event":
      return eventMessage(content, pen);
    case "group_invite":
      return groupInviteMessage(content, pen);
    default:
      throw new WaygateError("invalid", `A message of the kind ${content.kind} cannot be sent.`);
  }
}
