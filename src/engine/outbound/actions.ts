// What is said about a message that is there already: a reaction to it, another wording, that it is taken back.
import { proto } from "@whiskeysockets/baileys";
import { WaygateError } from "../../core/errors.ts";
import type { Action, ActionTarget, Composed, Writing } from "../../core/ports.ts";
import { newId, write } from "./compose.ts";
import { encode } from "./encoded.ts";
import { isGroup, jidIn } from "./people.ts";

const { Type } = proto.Message.ProtocolMessage;

export function composeAction(action: Action, writing: Writing, at: number): Composed {
  return { waId: newId(writing), raw: encode(draft(action, writing, at)), secret: null };
}

function draft(action: Action, writing: Writing, at: number): proto.IMessage {
  const key = keyOf(action.target, writing);
  switch (action.kind) {
    case "reaction":
      return { reactionMessage: { key, text: action.emoji ?? "", senderTimestampMs: at } };
    case "deletion":
      return { protocolMessage: { type: Type.REVOKE, key } };
    case "edit": {
      if (key.fromMe !== true) throw new WaygateError("invalid", "Only an own message can be edited.");
      if (action.content.kind !== "text")
        throw new WaygateError("invalid", `A message of the kind ${action.content.kind} cannot be edited.`);
      const editedMessage = write(action.content, action.context, writing, at);
      return { protocolMessage: { type: Type.MESSAGE_EDIT, key, editedMessage, timestampMs: at } };
    }
  }
}

function keyOf({ waId, sender }: ActionTarget, writing: Writing): proto.IMessageKey {
  const key = { remoteJid: writing.target, fromMe: sender === null, id: waId };
  return sender === null || !isGroup(writing.target) ? key : { ...key, participant: jidIn(sender, writing) };
}
