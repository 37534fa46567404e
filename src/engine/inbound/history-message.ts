// A message of history, with what has become of it since: reactions, votes, and who has got and read it.
import type { proto } from "@whiskeysockets/baileys";
import type { Face } from "../../core/content.ts";
import type { InboundValue, MessageKey, PeopleView, ReceiptValue, ReceivedMessage } from "../../core/inbound.ts";
import { createFaces, type Faces } from "./faces.ts";
import { ignored } from "./finding.ts";
import { positive } from "./numbers.ts";
import { receiptsOf } from "./receipts.ts";
import { optionsIn } from "./vote.ts";
import { readWebMessage } from "./web-message.ts";

/** Never throws, and never gives nothing: the message first, then what was done to it. */
export function readHistoryMessage(info: proto.IWebMessageInfo, me: Face, people: PeopleView): InboundValue[] {
  const faces = createFaces(me, people);
  try {
    const values = readWebMessage(info, { faces, isLate: true, isHistory: true });
    const message = values.find((value) => value.type === "message");
    if (message === undefined) return values;
    return [...values, ...reactionsTo(message, info, faces), ...votesIn(message, info, faces)];
  } catch {
    return [ignored("a message of history that cannot be read")];
  }
}

/** Of what we wrote: who has got, read or heard it. To be taken in after the message itself. */
export function readHistoryReceipts(info: proto.IWebMessageInfo, me: Face, people: PeopleView): ReceiptValue[] {
  return receiptsOf(info, createFaces(me, people));
}

function reactionsTo({ key: target }: ReceivedMessage, { reactions }: proto.IWebMessageInfo, faces: Faces) {
  return (reactions ?? []).flatMap((reaction): InboundValue[] => {
    const key = keyBeside(target, reaction.key, faces);
    if (key === null || !reaction.text) return [];
    const at = positive(reaction.senderTimestampMs) ?? 0;
    return [{ type: "reaction", key, target, emoji: reaction.text, at, pushName: null }];
  });
}

function votesIn({ key: poll, content }: ReceivedMessage, { pollUpdates }: proto.IWebMessageInfo, faces: Faces) {
  if (content.kind !== "poll") return [];
  return (pollUpdates ?? []).flatMap((update): InboundValue[] => {
    const key = keyBeside(poll, update.pollUpdateMessageKey, faces);
    const hashes = update.vote?.selectedOptions;
    if (key === null || hashes == null) return [];
    const at = positive(update.senderTimestampMs ?? update.serverTimestampMs) ?? 0;
    return [{ type: "vote", key, poll, options: optionsIn(hashes, content.options), at }];
  });
}

/** Of another message in the same chat, in our own view. */
function keyBeside({ chat }: MessageKey, key: proto.IMessageKey | null | undefined, faces: Faces): MessageKey | null {
  if (!key?.id) return null;
  const named = faces.of(key.participant);
  const isFromMe = key.fromMe === true || faces.isMe(named);
  const sender = named ?? (chat.kind === "person" ? chat.face : null);
  // Nobody is to be taken for ourselves.
  if (!isFromMe && sender === null) return null;
  return { chat, waId: key.id, isFromMe, sender: isFromMe ? null : sender };
}
