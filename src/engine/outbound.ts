// From a core command to WhatsApp's protobuf, once and for all attempts: what is stored is what goes out.
import { generateMessageIDV2, proto } from "@whiskeysockets/baileys";

export function composeText(text: string): { waId: string; content: Uint8Array } {
  const message = proto.Message.create({ extendedTextMessage: { text } });
  return { waId: generateMessageIDV2(), content: proto.Message.encode(message).finish() };
}

export function contentOf(encoded: Uint8Array): proto.IMessage {
  return proto.Message.decode(encoded);
}
