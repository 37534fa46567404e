// A phone gets a message: reads it or asks for it again, shows it once, confirms it, and answers if it is to.
import { forgetOldest } from "../network/limits.ts";
import type { World } from "../network/world.ts";
import { retry, tellAuthor } from "../server/receipts.ts";
import { isGroup, withoutDevice } from "../wire/jid.ts";
import { bigEndian, type Node, node } from "../wire/node.ts";
import { proto } from "../wire/proto.ts";
import { answerOf } from "./behaviour.ts";
import { type InboxItem, kindOf, pack, textOfMessage, unwrap } from "./inbox.ts";
import { type Address, type Person, peerName, phoneJid } from "./person.ts";
import { itemOf, type Read, readMessage } from "./reading.ts";
import { answerPeer } from "./requests.ts";

type Readable = Extract<Read, { content: proto.IMessage }>;

const maxRetries = 5;
const keptRetries = 1_000;
const { Type } = proto.Message.ProtocolMessage;

export function receive(world: World, person: Person, stanza: Node): void {
  const state = world.phones.stateOf(person);
  world.changed(person);
  if (!state.isOnline) {
    delivered(world, person, stanza, "queued");
    return void state.missed.push(stanza);
  }
  if (!world.isChecking()) return acceptUnread(world, person, stanza);
  const reads = readMessage(world, person, stanza);
  const failed = reads.find((read) => "fault" in read);
  const good = reads.find((read) => "content" in read);
  if (good !== undefined && "content" in good) accept(world, person, stanza, good);
  else if (failed !== undefined && "fault" in failed) fail(world, person, stanza, failed);
}

function delivered(world: World, person: Person, { attrs }: Node, how: "queued" | "received" | "refused"): void {
  world.observer.messages.delivered(attrs.id ?? "", peerName({ person, device: 0 }), how);
}

/** For measuring: the network's own speed, without what phones do. */
function acceptUnread(world: World, person: Person, stanza: Node): void {
  const author = world.registry.findDevice(stanza.attrs.participant ?? stanza.attrs.from);
  if (author !== null && author.person !== person) confirm(world, person, stanza);
}

function accept(world: World, person: Person, stanza: Node, read: Readable): void {
  const { content, author } = read;
  delivered(world, person, stanza, "received");
  if (content.protocolMessage != null && handleProtocol(world, person, stanza, read, content.protocolMessage)) return;
  if (isKnown(world, person, stanza, author, content)) return;
  const item = itemOf(world, person, stanza, read);
  world.phones.put(person, item);
  if (author.person === person) return;
  confirm(world, person, stanza);
  behave(world, person, item);
}

/** What came already is confirmed once more, and nothing else is done about it. */
function isKnown(world: World, person: Person, stanza: Node, author: Address, content?: proto.IMessage): boolean {
  const { id = "" } = stanza.attrs;
  const known = world.phones.find(person, author.person, id);
  if (known === null) return false;
  known.copies += 1;
  if (content !== undefined && isAnother(known, content))
    world.observer.violation(peerName(author), "id reuse", `${person.phone} has another message with the id ${id}`, id);
  if (author.person !== person) confirm(world, person, stanza);
  return true;
}

/** A copy may have been made anew, and differs in what goes along; not in what it says. */
function isAnother({ kind, text, edited }: InboxItem, content: proto.IMessage): boolean {
  return !edited && (kind !== kindOf(unwrap(content)) || text !== textOfMessage(content));
}

function confirm(world: World, person: Person, stanza: Node): void {
  const { id = "", from = "", participant } = stanza.attrs;
  const told = { ids: [id], chat: withoutDevice(from), author: withoutDevice(participant ?? from), type: undefined };
  tellAuthor(world, { person, device: 0 }, told);
}

/** A copy of what was read already cannot be read again, as its key is gone: that is nobody's fault. */
function fail(world: World, person: Person, stanza: Node, { author, fault }: { author: Address; fault: string }): void {
  if (isKnown(world, person, stanza, author)) return;
  const reader = peerName({ person, device: 0 });
  if (world.observer.messages.wasReceived(stanza.attrs.id ?? "", reader, peerName(author))) return;
  delivered(world, person, stanza, "refused");
  askAgain(world, person, stanza, author, fault);
}

function askAgain(world: World, person: Person, stanza: Node, author: Address, fault: string): void {
  const { id = "", from = "", participant } = stanza.attrs;
  const { retries } = world.phones.stateOf(person);
  const count = (retries.get(id) ?? 0) + 1;
  retries.set(id, count);
  forgetOldest(retries, keptRetries);
  world.observer.violation(peerName(author), "decrypt", `${person.phone} cannot read ${id}: ${fault}`, id);
  if (count > maxRetries) return;
  world.observer.messages.retried(id);
  const content = [
    node("retry", { count: String(count), id, t: world.nowSeconds(), v: "1", error: "0" }),
    node("registration", {}, bigEndian(person.keys.registrationId, 4)),
  ];
  retry(world, { person, device: 0 }, node("receipt", { id, type: "retry", to: from, participant }, content));
}

/** True when there is nothing to show for it. */
function handleProtocol(
  world: World,
  person: Person,
  stanza: Node,
  { author }: Readable,
  message: proto.Message.IProtocolMessage,
): boolean {
  const { inbox } = world.phones.stateOf(person);
  const target = inbox.find((item) => item.id === message.key?.id);
  if (message.type === Type.MESSAGE_EDIT && target !== undefined) {
    const edited = message.editedMessage ?? {};
    world.phones.edit(person, target, { text: textOfMessage(edited), packed: pack(edited) });
    confirm(world, person, stanza);
    return true;
  }
  if (message.type === Type.PEER_DATA_OPERATION_REQUEST_MESSAGE && author.person === person) {
    answerPeer(world, { person, device: author.device }, stanza, {
      asked: message.peerDataOperationRequestMessage ?? {},
      inbox,
    });
    return true;
  }
  return author.person === person && message.type !== Type.REVOKE;
}

function behave(world: World, person: Person, item: InboxItem): void {
  const { phones, registry } = world;
  const { behaviour } = phones.stateOf(person);
  const author = registry.find(item.from);
  if (author === null) return;
  if (behaviour.auto_read) world.later(behaviour.delay_ms / 2, () => phones.read(person, item));
  const answer = answerOf(behaviour, item);
  if (answer === null) return;
  const chat = isGroup(item.chat) ? item.chat : phoneJid(author);
  if (behaviour.delay_ms > 0) phones.type(person, chat, "text");
  world.later(behaviour.delay_ms, () => phones.send(person, { chat, message: { conversation: answer } }));
}
