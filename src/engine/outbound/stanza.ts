// What goes on the stanza besides the message: what Baileys' sendMessage adds to its relayMessage, read off the message.
import { type BinaryNode, normalizeMessageContent, proto } from "@whiskeysockets/baileys";
import { isGroup } from "./people.ts";

const { Type } = proto.Message.ProtocolMessage;
const editAttributes = { edit: "1", pin: "2", deletion: "7", deletionByAdmin: "8" } as const;

export type StanzaParts = { additionalAttributes: Record<string, string>; additionalNodes: BinaryNode[] };

export function stanzaPartsOf(message: proto.IMessage, target: string): StanzaParts {
  const inner = normalizeMessageContent(message) ?? {};
  const edit = editOf(inner, target);
  const meta = metaOf(inner);
  return {
    additionalAttributes: edit === null ? {} : { edit },
    additionalNodes: meta === null ? [] : [{ tag: "meta", attrs: meta }],
  };
}

function editOf({ protocolMessage, pinInChatMessage }: proto.IMessage, target: string): string | null {
  if (pinInChatMessage != null) return editAttributes.pin;
  if (protocolMessage?.type === Type.MESSAGE_EDIT) return editAttributes.edit;
  // The type is 0, which protobuf may leave out.
  if (protocolMessage?.key == null || (protocolMessage.type ?? Type.REVOKE) !== Type.REVOKE) return null;
  const isForAnother = isGroup(target) && protocolMessage.key.fromMe !== true;
  return isForAnother ? editAttributes.deletionByAdmin : editAttributes.deletion;
}

function metaOf(message: proto.IMessage): Record<string, string> | null {
  const { pollCreationMessage, pollCreationMessageV2, pollCreationMessageV3, eventMessage } = message;
  const isPoll = [pollCreationMessage, pollCreationMessageV2, pollCreationMessageV3].some((one) => one != null);
  if (isPoll) return { polltype: "creation" };
  return eventMessage == null ? null : { event_type: "creation" };
}
