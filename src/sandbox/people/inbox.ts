// What a phone has got, as somebody who looks at it would see it.
import { proto } from "../wire/proto.ts";

/** Nobody who lists an item's fields meets this one. */
export const packedAs = Symbol("packed");

export type InboxItem = {
  id: string;
  /** The other party's number, a group or the status list. */
  chat: string;
  /** The number of who wrote it. */
  from: string;
  from_me: boolean;
  at: number;
  /** Which field of the protobuf it is: `conversation`, `imageMessage`, … */
  kind: string;
  text: string | null;
  readonly message: object;
  media: { path: string; sha256: string; bytes: number; mimetype: string } | { fault: string } | null;
  edited: boolean;
  /** How often it came and could be read; it is here once all the same. */
  copies: number;
  [packedAs]: Packed;
};

/** As anybody may see it. */
export type ShownItem = Omit<InboxItem, typeof packedAs>;
export type ItemFacts = Omit<InboxItem, "message" | typeof packedAs>;
/** A Message of the protobuf in as little room as there is: a character for each byte. */
export type Packed = string;

export const pack = (message: proto.IMessage): Packed =>
  Buffer.from(proto.Message.encode(message).finish()).toString("latin1");
export const unpack = (packed: Packed): proto.Message => proto.Message.decode(Buffer.from(packed, "latin1"));

/** The message is unpacked when somebody looks at it: there may be very many items, and few are looked at. */
export function packedItem(facts: ItemFacts, packed: Packed): InboxItem {
  return {
    ...facts,
    [packedAs]: packed,
    get message() {
      return unpack(packed).toJSON();
    },
  };
}

/** Fields that accompany a content and are none. */
const beside = new Set(["messageContextInfo", "senderKeyDistributionMessage"]);

export function kindOf(message: proto.IMessage): string {
  return (
    Object.keys(message).find((name) => message[name as keyof proto.IMessage] != null && !beside.has(name)) ?? "empty"
  );
}

/** What lies inside wrappers that only say how to show it. */
export function unwrap(message: proto.IMessage): proto.IMessage {
  const inner =
    message.documentWithCaptionMessage?.message ??
    message.ephemeralMessage?.message ??
    message.viewOnceMessage?.message ??
    message.viewOnceMessageV2?.message ??
    message.viewOnceMessageV2Extension?.message;
  return inner == null ? message : unwrap(inner);
}

export function textOfMessage(wrapped: proto.IMessage): string | null {
  const message = unwrap(wrapped);
  return (
    message.conversation ??
    message.extendedTextMessage?.text ??
    message.imageMessage?.caption ??
    message.videoMessage?.caption ??
    message.documentMessage?.caption ??
    message.reactionMessage?.text ??
    message.pollCreationMessageV3?.name ??
    message.pollCreationMessage?.name ??
    message.locationMessage?.name ??
    message.contactMessage?.displayName ??
    null
  );
}
