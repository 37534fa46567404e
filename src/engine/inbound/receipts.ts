// Word of what became of our messages: delivered, read, heard, and by whom.
import {
  type BinaryNode,
  type MessageUserReceiptUpdate,
  proto,
  type WAMessageKey,
  type WAMessageUpdate,
} from "@whiskeysockets/baileys";
import type { ChatRef } from "../../core/chat.ts";
import type { Face } from "../../core/content.ts";
import type { PeopleView, ReceiptKind, ReceiptValue } from "../../core/inbound.ts";
import { childrenOf } from "../signal/stanza.ts";
import { createFaces, type Faces } from "./faces.ts";
import { msOf } from "./numbers.ts";
import type { WebMessage } from "./web-message.ts";

const { Status } = proto.WebMessageInfo;
const kinds: ReadonlyMap<unknown, ReceiptKind> = new Map<unknown, ReceiptKind>([
  [Status.DELIVERY_ACK, "delivered"],
  [Status.READ, "read"],
  [Status.PLAYED, "played"],
]);

/** Of the stanza's types; all others are between our own devices, or ask for a message once more. */
const stanzaKinds: ReadonlyMap<string | undefined, ReceiptKind> = new Map<string | undefined, ReceiptKind>([
  [undefined, "delivered"],
  ["inactive", "delivered"],
  ["read", "read"],
  ["played", "played"],
]);

type Change = WAMessageUpdate | MessageUserReceiptUpdate;
type Word = { chat: ChatRef; waId: string; by: Face | null; kind: ReceiptKind; at: number };

/** From Baileys' `messages.update` and `message-receipt.update`; what tells of no receipt of ours gives nothing. */
export function readReceipts(changes: readonly Change[], me: Face, people: PeopleView): ReceiptValue[] {
  const faces = createFaces(me, people);
  return together(changes.flatMap((change) => wordsIn(change, faces)));
}

/**
 * From WhatsApp's own stanza, which says more than Baileys makes of it: what was heard in groups, and what many members
 * of one got or read, all at once.
 */
export function readReceiptStanza(stanza: BinaryNode, me: Face, people: PeopleView): ReceiptValue[] {
  const faces = createFaces(me, people);
  const { from, participant, participant_pn, participant_lid, sender_pn, sender_lid, type, t, id } = stanza.attrs;
  const kind = stanzaKinds.get(type);
  const chat = faces.chatOf(from, sender_pn, sender_lid);
  if (kind === undefined || chat === null) return [];
  const by = chat.kind === "person" ? chat.face : faces.of(participant, participant_pn, participant_lid);
  const tell = (waId: string | undefined, who: Face | null, at: string | undefined): Word[] =>
    waId === undefined || faces.isMe(who) ? [] : [{ chat, waId, by: who, kind, at: msOf(Number(at)) ?? 0 }];
  const groups = childrenOf(stanza).filter(({ tag }) => tag === "participants");
  if (by === null && groups.length > 0) {
    const each = groups.flatMap((group) =>
      childrenOf(group).flatMap(({ attrs }) => tell(group.attrs.key, faces.of(attrs.jid), attrs.t ?? t)),
    );
    return together(each);
  }
  const list = childrenOf(stanza).find(({ tag }) => tag === "list");
  const ids = [id, ...(list === undefined ? [] : childrenOf(list)).map(({ attrs }) => attrs.id)];
  return together(ids.flatMap((one) => tell(one, by, t)));
}

/** From a message of ours that tells of itself how far it came. */
export function receiptsOf(info: WebMessage, faces: Faces): ReceiptValue[] {
  const { key, userReceipt } = info;
  if (key == null) return [];
  const each = (userReceipt ?? []).flatMap((receipt) => byOne(key, receipt, faces));
  return together(each.length > 0 ? each : ofStatus(key, info, faces));
}

function wordsIn(change: Change, faces: Faces): Word[] {
  return "receipt" in change ? byOne(change.key, change.receipt, faces) : ofStatus(change.key, change.update, faces);
}

type Told = Pick<WebMessage, "status" | "messageTimestamp">;

function ofStatus(key: WAMessageKey, { status, messageTimestamp }: Told, faces: Faces): Word[] {
  const kind = kinds.get(status);
  const chat = faces.chatOf(key.remoteJid);
  if (kind === undefined || chat === null || !key.fromMe || !key.id) return [];
  const by = chat.kind === "person" ? chat.face : null;
  return [{ chat, waId: key.id, by, kind, at: msOf(messageTimestamp) ?? 0 }];
}

/** Our own devices are told of among the others: they say nothing of anybody else. */
function byOne(key: WAMessageKey, receipt: proto.IUserReceipt, faces: Faces): Word[] {
  const { id, remoteJid, fromMe } = key;
  const [chat, by] = [faces.chatOf(remoteJid), faces.of(receipt.userJid)];
  if (chat === null || by === null || !fromMe || !id || faces.isMe(by)) return [];
  const times = [
    ["delivered", msOf(receipt.receiptTimestamp)],
    ["read", msOf(receipt.readTimestamp)],
    ["played", msOf(receipt.playedTimestamp)],
  ] as const;
  return times.flatMap(([kind, at]) => (at === null ? [] : [{ chat, waId: id, by, kind, at }]));
}

/** Of several messages what was said of all of them. */
function together(words: readonly Word[]): ReceiptValue[] {
  const values = new Map<string, ReceiptValue>();
  for (const { waId, ...word } of words) {
    const alike = JSON.stringify(word);
    const value = values.get(alike) ?? { ...word, waIds: [] };
    value.waIds.push(waId);
    values.set(alike, value);
  }
  return [...values.values()];
}
