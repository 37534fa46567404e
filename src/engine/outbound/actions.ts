// What is said about a message that is there already: a reaction to it, another wording, that it is taken back.
import { normalizeMessageContent, proto } from "@whiskeysockets/baileys";
import { type Context, isMedia } from "../../core/content.ts";
import { WaygateError } from "../../core/errors.ts";
import type { Action, ActionTarget, ComposedAction, Writing } from "../../core/ports.ts";
import { newId, write } from "./compose.ts";
import { decode, encode } from "./encoded.ts";
import { contextInfoOf, isGroup, jidIn, withMentions } from "./people.ts";

const { Type } = proto.Message.ProtocolMessage;

type Edit = Extract<Action, { kind: "edit" }>;
type Captioned = { caption?: string | null; contextInfo?: proto.IContextInfo | null };

export function composeAction(action: Action, writing: Writing, at: number): ComposedAction {
  const waId = newId(writing);
  const key = keyOf(action.target, writing);
  switch (action.kind) {
    case "reaction": {
      const reactionMessage = { key, text: action.emoji ?? "", senderTimestampMs: at };
      return { waId, raw: encode({ reactionMessage }), edited: null };
    }
    case "deletion":
      return { waId, raw: encode({ protocolMessage: { type: Type.REVOKE, key } }), edited: null };
    case "edit": {
      if (key.fromMe !== true) throw new WaygateError("invalid", "Only an own message can be edited.");
      const editedMessage = wordingOf(action, writing, at);
      const protocolMessage = { type: Type.MESSAGE_EDIT, key, editedMessage, timestampMs: at };
      return { waId, raw: encode({ protocolMessage }), edited: edited(action, editedMessage) };
    }
  }
}

function keyOf({ waId, sender }: ActionTarget, writing: Writing): proto.IMessageKey {
  const key = { remoteJid: writing.target, fromMe: sender === null, id: waId };
  return sender === null || !isGroup(writing.target) ? key : { ...key, participant: jidIn(sender, writing) };
}

/** A text is said anew; of a file only its caption, as WhatsApp's own clients do it. */
function wordingOf({ content, context }: Edit, writing: Writing, at: number): proto.IMessage {
  if (content.kind === "text") return write(content, context, writing, at);
  if (!isMedia(content) || content.caption === null)
    throw new WaygateError("invalid", `A message of the kind ${content.kind} cannot be edited.`);
  const caption = captionOf(content.caption, context, writing);
  switch (content.kind) {
    case "image":
      return { imageMessage: caption };
    case "video":
    case "gif":
      return { videoMessage: caption };
    case "document":
      return { documentWithCaptionMessage: { message: { documentMessage: caption } } };
    default:
      throw new WaygateError("invalid", `A message of the kind ${content.kind} has no caption.`);
  }
}

function captionOf(text: string, context: Context, writing: Writing): Captioned {
  return { caption: withMentions(text, context, writing), contextInfo: contextInfoOf(context, writing) };
}

/** What is quoted from then on, and sent to whoever could not read the message. */
function edited({ content, original }: Edit, wording: proto.IMessage): Uint8Array | null {
  if (original === null) return null;
  const message = decode(original);
  if (content.kind === "text") {
    const { messageContextInfo = null } = message;
    return encode({ ...wording, messageContextInfo });
  }
  Object.assign(captionedIn(message) ?? {}, captionedIn(wording));
  return encode(message);
}

function captionedIn(message: proto.IMessage): Captioned | null {
  const { imageMessage, videoMessage, documentMessage } = normalizeMessageContent(message) ?? {};
  return imageMessage ?? videoMessage ?? documentMessage ?? null;
}
