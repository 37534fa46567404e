// From a core content to WhatsApp's protobuf, once and for all attempts: what is stored is what goes out.
import { generateMessageIDV2, proto } from "@whiskeysockets/baileys";
import type { Content, Context } from "../core/content.ts";
import { WaygateError } from "../core/errors.ts";
import type { Composed } from "../core/ports.ts";

export function compose(content: Content, _context: Context): Composed {
  if (content.kind !== "text")
    throw new WaygateError("invalid", `A message of the kind ${content.kind} cannot be sent.`);
  const message = proto.Message.create({ extendedTextMessage: { text: content.text } });
  return { waId: generateMessageIDV2(), raw: proto.Message.encode(message).finish(), secret: null };
}

export function contentOf(encoded: Uint8Array): proto.IMessage {
  return proto.Message.decode(encoded);
}
