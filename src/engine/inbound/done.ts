// What is done to messages that are there: reactions, edits, deletions, comments.
import { proto } from "@whiskeysockets/baileys";
import { textOf } from "../../core/content.ts";
import type { MessageKey } from "../../core/inbound.ts";
import { contextOf } from "./context.ts";
import { type Finding, passedOver, type Reading, type Said, unsupported } from "./finding.ts";
import { targetOf } from "./keys.ts";

const edited = "protocolMessage.MESSAGE_EDIT";

const { AssociationType } = proto.MessageAssociation;
const betterCopies: ReadonlySet<unknown> = new Set([
  AssociationType.HD_VIDEO_DUAL_UPLOAD,
  AssociationType.HD_IMAGE_DUAL_UPLOAD,
  AssociationType.HEVC_VIDEO_DUAL_UPLOAD,
  AssociationType.MOTION_PHOTO,
]);

/** The same picture once more, larger or moving: it goes with one that has come by itself. */
export function isBetterCopy(association: proto.IMessageAssociation | null): boolean {
  return betterCopies.has(association?.associationType);
}

export function readReaction(reaction: proto.Message.IReactionMessage, reading: Reading): Finding {
  const target = targetOf(reaction.key, reading);
  if (target === null) return passedOver("reactionMessage to nothing");
  const { key, at, pushName } = reading.envelope;
  return { is: "done", value: { type: "reaction", key, target, emoji: reaction.text || null, at, pushName } };
}

export function readDeletion({ key: deleted }: proto.Message.IProtocolMessage, reading: Reading): Finding {
  const target = targetOf(deleted, reading);
  if (target === null) return passedOver("protocolMessage.REVOKE of nothing");
  const { key, at } = reading.envelope;
  // In groups there are admins.
  if (key.chat.kind !== "group" && !isTheirs(target, reading)) return passedOver("protocolMessage.REVOKE of another's");
  return { is: "done", value: { type: "deletion", key, target, at } };
}

export function readEdit({ key: changed, editedMessage }: proto.Message.IProtocolMessage, reading: Reading): Finding {
  const { association, envelope } = reading;
  // A better copy of a picture is no message here: what is changed in it is changed in the picture.
  const target = targetOf(isBetterCopy(association) ? association?.parentMessageKey : changed, reading);
  const now = reading.within(editedMessage);
  if (target === null || editedMessage == null || now === null) return passedOver(`${edited} of nothing`);
  const raw = new Uint8Array(proto.Message.encode(editedMessage).finish());
  // As history has it: the message itself, as it reads now.
  if (target.waId === envelope.key.waId) return { ...now, raw };
  const { content } = now;
  if (!isTheirs(target, reading)) return passedOver(`${edited} of another's`);
  // What could be read would give way to what cannot.
  if (content.kind === "unsupported" || content.kind === "placeholder")
    return unsupported(edited, null, textOf(content));
  const { key, at } = envelope;
  return { is: "done", value: { type: "edit", key, target, content, context: contextOf(now.about, reading), raw, at } };
}

export function readComment({ message, targetMessageKey }: proto.Message.ICommentMessage, reading: Reading): Said {
  const comment = reading.within(message);
  const target = targetOf(targetMessageKey, reading);
  if (comment === null || target === null) return unsupported("commentMessage");
  const { waId, sender, isFromMe } = target;
  return { ...comment, replyTo: { waId, sender: isFromMe ? reading.faces.me : sender, text: null } };
}

/** As far as the key tells: whoever takes it in knows who has really written it. History is our own phone's word. */
function isTheirs(target: MessageKey, { envelope: { key }, isHistory }: Reading): boolean {
  if (isHistory) return true;
  if (key.isFromMe || target.isFromMe) return key.isFromMe && target.isFromMe;
  const [one, other] = [key.sender, target.sender];
  if (one === null || other === null) return one === other;
  return (one.phone !== null && one.phone === other.phone) || (one.lid !== null && one.lid === other.lid);
}
