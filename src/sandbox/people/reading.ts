// A phone reads: decrypts what comes, checks it, and says what it is.
import type { World } from "../network/world.ts";
import type { Opened } from "../signal/device.ts";
import { isGroup, readJid, withoutDevice } from "../wire/jid.ts";
import { bytesOf, childrenNamed, type Node } from "../wire/node.ts";
import { proto } from "../wire/proto.ts";
import { type InboxItem, kindOf, pack, packedItem, textOfMessage, unwrap } from "./inbox.ts";
import { mediaOf, openMedia } from "./media.ts";
import { type Address, type Person, peerName } from "./person.ts";

export type Read = { content: proto.IMessage; author: Address } | { fault: string; author: Address };

/** Every ciphertext of a stanza in its order: a distribution message comes before what it opens. */
export function readMessage(world: World, person: Person, stanza: Node): Read[] {
  const { from = "", participant } = stanza.attrs;
  const author = world.registry.findDevice(participant ?? from);
  if (author === null) {
    world.observer.violation(
      person.phone,
      "message",
      `a message from ${participant ?? from}, who is not there`,
      stanza.attrs.id,
    );
    return [];
  }
  return childrenNamed(stanza, "enc").flatMap((enc): Read[] => {
    const opened = open(person, author, from, enc);
    if ("fault" in opened) return [{ fault: opened.fault, author }];
    const message = decode(opened.plain);
    if (message === null) return [{ fault: "the plaintext is no Message", author }];
    learnChain(world, person, author, message);
    const content = message.deviceSentMessage?.message ?? message;
    return kindOf(content) === "empty" ? [] : [{ content, author }];
  });
}

function open(person: Person, author: Address, from: string, enc: Node): Opened {
  const body = bytesOf(enc) ?? Buffer.alloc(0);
  const peer = peerName(author);
  if (enc.attrs.type === "skmsg") return person.device.openFromGroup(withoutDevice(from), peer, body);
  return person.device.open(peer, enc.attrs.type ?? "", body);
}

function decode(plain: Buffer): proto.IMessage | null {
  try {
    return proto.Message.decode(plain);
  } catch {
    return null;
  }
}

function learnChain(world: World, person: Person, author: Address, message: proto.IMessage): void {
  const told = message.senderKeyDistributionMessage;
  if (told == null) return;
  const distribution = Buffer.from(told.axolotlSenderKeyDistributionMessage ?? []);
  if (!person.device.learnSenderKey(told.groupId ?? "", peerName(author), distribution)) {
    world.observer.violation(peerName(author), "sender key", "a distribution message that cannot be read");
  }
}

export function itemOf(
  world: World,
  person: Person,
  stanza: Node,
  { content, author }: { content: proto.IMessage; author: Address },
): InboxItem {
  const { from = "", id = "", recipient } = stanza.attrs;
  const isOwn = author.person === person;
  const other = isOwn ? (recipient ?? from) : from;
  const chat =
    isGroup(other) || other.includes("broadcast")
      ? other
      : (world.registry.findByJid(other)?.phone ?? readJid(other)?.user ?? other);
  const facts = {
    id,
    chat,
    from: author.person.phone,
    from_me: isOwn,
    at: world.now(),
    kind: kindOf(unwrap(content)),
    text: textOfMessage(content),
    media: fetchMedia(world, author.person, content, id),
    edited: false,
    copies: 1,
  };
  return packedItem(facts, pack(content));
}

/** The file as it lies on the media host, decrypted and checked. */
function fetchMedia(world: World, author: Person, content: proto.IMessage, id: string): InboxItem["media"] {
  const media = mediaOf(unwrap(content));
  if (media === null || !world.isChecking()) return null;
  const path = media.content.directPath ?? "";
  const file = world.media.read(path);
  const opened = file === null ? { fault: `there is no file at ${path}` } : openMedia(file, media.content, media.kind);
  if ("fault" in opened) {
    world.observer.violation(author.phone, "media", opened.fault, id);
    return opened;
  }
  const { id: stored, sha256 } = world.media.keepPlain(opened);
  return { path: stored, sha256, bytes: opened.length, mimetype: media.content.mimetype ?? "application/octet-stream" };
}
