// What people write, in the words of who drives them: to a number, a LID or a group; text, media, reactions and more.
import { randomBytes } from "node:crypto";
import type { World } from "../network/world.ts";
import { isLid } from "../wire/jid.ts";
import { proto } from "../wire/proto.ts";
import type { InboxItem } from "./inbox.ts";
import { type MediaKind, sealMedia } from "./media.ts";
import { jidIn, lidJid, type Person, phoneJid } from "./person.ts";
import { type Poll, sealVote } from "./voting.ts";

export type MediaToSend = {
  to: string;
  kind: MediaKind | "ptt" | "sticker" | "gif" | "video_note";
  mimetype: string;
  bytes: Buffer;
  caption?: string | undefined;
  fileName?: string | undefined;
  viewOnce?: boolean | undefined;
};

/** A number, or any address in full; `null` when nobody is there. */
export function chatFor(world: World, to: string, by: "pn" | "lid" = "pn"): string | null {
  if (to.endsWith("@g.us")) return world.groups.find(to) === null ? null : to;
  const person = to.includes("@") ? world.registry.findByJid(to) : world.registry.find(to);
  if (person === null) return null;
  const isByLid = by === "lid" || to.endsWith("@lid");
  return isByLid ? lidJid(person) : phoneJid(person);
}

export function sendMedia(
  world: World,
  person: Person,
  { to, kind, mimetype, bytes, caption, fileName, viewOnce = false }: MediaToSend,
): InboxItem {
  const chat = chatFor(world, to);
  if (chat === null) throw new Error(`Nobody is at ${to}.`);
  const sealed = sealMedia(bytes, families[kind]);
  const directPath = world.media.put(sealed.file);
  const content = {
    url: `https://${world.mediaHost()}${directPath}`,
    directPath,
    mediaKey: sealed.key,
    mediaKeyTimestamp: Number(world.nowSeconds()),
    fileSha256: sealed.plainHash,
    fileEncSha256: sealed.fileHash,
    fileLength: sealed.bytes,
    mimetype,
    ...(caption === undefined ? {} : { caption }),
    ...(viewOnce ? { viewOnce } : {}),
  };
  const inner = mediaMessage(kind, content, fileName);
  const message = !viewOnce
    ? inner
    : inner.audioMessage == null
      ? { viewOnceMessageV2: { message: inner } }
      : { viewOnceMessageV2Extension: { message: inner } };
  return world.phones.send(person, { chat, message, mediatype: kind === "video_note" ? "ptv" : kind });
}

const families: Record<MediaToSend["kind"], MediaKind> = {
  image: "image",
  sticker: "image",
  video: "video",
  gif: "video",
  video_note: "video",
  audio: "audio",
  ptt: "audio",
  document: "document",
};

function mediaMessage(
  kind: MediaToSend["kind"],
  content: proto.Message.IImageMessage,
  fileName: string | undefined,
): proto.IMessage {
  switch (kind) {
    case "image":
      return { imageMessage: content };
    case "video":
      return { videoMessage: content };
    case "gif":
      return { videoMessage: { ...content, gifPlayback: true } };
    case "video_note":
      return { ptvMessage: content };
    case "sticker":
      return { stickerMessage: { ...content, isAnimated: false } };
    case "audio":
    case "ptt":
      return { audioMessage: { ...content, ptt: kind === "ptt", seconds: 1 } };
    case "document":
      return { documentMessage: { ...content, fileName: fileName ?? "file", title: fileName ?? "file" } };
  }
}

export type Words =
  | { text: string; quote?: InboxItem | undefined; mentions?: string[] | undefined }
  | { react: { to: InboxItem; emoji: string } }
  | { edit: { of: InboxItem; text: string } }
  | { revoke: InboxItem }
  | { vote: { in: InboxItem; poll: Poll; options: string[] } }
  | { poll: { name: string; options: string[]; selectable: number } }
  | { location: { latitude: number; longitude: number; name?: string | undefined } }
  | { contact: { name: string; phone: string } };

const { Type } = proto.Message.ProtocolMessage;

export function wordsToMessage(
  world: World,
  person: Person,
  chat: string,
  words: Words,
): { message: proto.IMessage; edit?: string } {
  const group = world.groups.find(chat);
  const form = group?.addressing ?? (isLid(chat) ? "lid" : "pn");
  const keyOf = (item: InboxItem): proto.IMessageKey => {
    const author = world.registry.find(item.from);
    const isMine = item.from === person.phone;
    const inGroup = group !== null && author !== null ? { participant: jidIn(author, form) } : {};
    return { remoteJid: chat, fromMe: isMine, id: item.id, ...inGroup };
  };
  if ("react" in words) {
    return {
      message: {
        reactionMessage: { key: keyOf(words.react.to), text: words.react.emoji, senderTimestampMs: world.now() },
      },
    };
  }
  if ("edit" in words) {
    const protocolMessage = {
      key: keyOf(words.edit.of),
      type: Type.MESSAGE_EDIT,
      editedMessage: { conversation: words.edit.text },
      timestampMs: world.now(),
    };
    return { message: { protocolMessage }, edit: "1" };
  }
  if ("revoke" in words) {
    const key = keyOf(words.revoke);
    // Among many, what another wrote is taken back as an admin: whether one is, others judge for themselves.
    return { message: { protocolMessage: { key, type: Type.REVOKE } }, edit: key.fromMe ? "7" : "8" };
  }
  if ("vote" in words) {
    const { in: item, poll, options } = words.vote;
    const creator = jidIn(world.registry.find(item.from) ?? person, form);
    const vote = sealVote(poll, options, { creator, voter: jidIn(person, form) });
    const pollUpdateMessage = { pollCreationMessageKey: keyOf(item), vote, senderTimestampMs: world.now() };
    return { message: { pollUpdateMessage } };
  }
  if ("poll" in words) return { message: pollMessage(words.poll) };
  if ("location" in words) {
    const { latitude, longitude, name } = words.location;
    return {
      message: {
        locationMessage: {
          degreesLatitude: latitude,
          degreesLongitude: longitude,
          ...(name === undefined ? {} : { name }),
        },
      },
    };
  }
  if ("contact" in words) {
    const { name, phone } = words.contact;
    const vcard = `BEGIN:VCARD\nVERSION:3.0\nFN:${name}\nTEL;type=CELL;waid=${phone}:+${phone}\nEND:VCARD`;
    return { message: { contactMessage: { displayName: name, vcard } } };
  }
  return { message: textMessage(world, form, words) };
}

function pollMessage({
  name,
  options,
  selectable,
}: {
  name: string;
  options: string[];
  selectable: number;
}): proto.IMessage {
  return {
    pollCreationMessageV3: {
      name,
      options: options.map((optionName) => ({ optionName })),
      selectableOptionsCount: selectable,
    },
    messageContextInfo: { messageSecret: randomBytes(32) },
  };
}

function textMessage(
  world: World,
  form: "pn" | "lid",
  { text, quote, mentions = [] }: { text: string; quote?: InboxItem | undefined; mentions?: string[] | undefined },
): proto.IMessage {
  if (quote === undefined && mentions.length === 0) return { conversation: text };
  const author = quote === undefined ? null : world.registry.find(quote.from);
  const quoted =
    quote === undefined || author === null
      ? {}
      : {
          stanzaId: quote.id,
          participant: jidIn(author, form),
          quotedMessage: proto.Message.fromObject(quote.message),
        };
  const mentionedJid = mentions.flatMap((phone) => world.registry.find(phone) ?? []).map((one) => jidIn(one, form));
  return { extendedTextMessage: { text, contextInfo: { ...quoted, mentionedJid } } };
}
