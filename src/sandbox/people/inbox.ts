// What a phone has got, as somebody who looks at it would see it.
import { proto } from "../wire/proto.ts";

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
  message: object;
  media: { path: string; sha256: string; bytes: number; mimetype: string } | { fault: string } | null;
  edited: boolean;
};

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
    message.viewOnceMessageV2Extension?.message ??
    message.ptvMessage?.contextInfo?.quotedMessage;
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

export const asJson = (message: proto.IMessage): object => proto.Message.fromObject(message).toJSON();
