// A message as it is kept: encoded, and read again as Baileys is to relay it.
import { normalizeMessageContent, proto } from "@whiskeysockets/baileys";

export function encode(message: proto.IMessage): Uint8Array {
  return proto.Message.encode(message).finish();
}

export function decode(raw: Uint8Array): proto.Message {
  return proto.Message.decode(raw);
}

/**
 * Baileys looks for the kind of a medium in the outermost message alone, and leaves it off the stanza for whatever is in
 * a wrapper (view once, a document with its caption). So what is inside is shown to it on the prototype: it is seen
 * there, and not encoded, as protobufjs takes own fields alone.
 */
export function contentOf(raw: Uint8Array): proto.IMessage {
  const message = decode(raw);
  const inner = normalizeMessageContent(message);
  return inner === undefined || inner === message ? message : Object.assign(Object.create(inner), message);
}
