// The phones: simulated people who really decrypt what they get and really encrypt what they send, read, type, go away
// and come back.

import type { World } from "../network/world.ts";
import type { Link } from "../server/links.ts";
import { retry, tellAuthor } from "../server/receipts.ts";
import { isGroup, withoutDevice } from "../wire/jid.ts";
import { bigEndian, type Node, node } from "../wire/node.ts";
import { proto } from "../wire/proto.ts";
import { answerOf, type Behaviour, stillness } from "./behaviour.ts";
import { deviceEvents } from "./device-events.ts";
import { asJson, type InboxItem, kindOf, textOfMessage } from "./inbox.ts";
import { type Address, type Person, peerName, phoneJid } from "./person.ts";
import { itemOf, readMessage } from "./reading.ts";
import { answerPeer, uploadAgain } from "./requests.ts";
import { sendAppStateKey, sendHistory } from "./sync.ts";
import { type Written, write, writeAgain } from "./writing.ts";

export type Typing = { from: Person; chat: string; typing: "text" | "audio" | null };
export type Outgoing = {
  chat: string;
  message: proto.IMessage;
  mediatype?: string | undefined;
  edit?: string | undefined;
};
export type PhoneState = {
  isOnline: boolean;
  inbox: InboxItem[];
  /** What was written, to be written again for whoever could not read it. */
  written: Map<string, Written>;
  missed: Node[];
  typing: { from: string; chat: string; typing: "text" | "audio" | null; at: number }[];
  receipts: Map<string, Record<string, string[]>>;
  retries: Map<string, number>;
  behaviour: Behaviour;
  /** Whether its linked devices say that somebody is there. */
  isPresent: boolean;
};

export type Phones = ReturnType<typeof createPhones>;

const keptItems = 20_000;
const maxRetries = 5;
const { Type } = proto.Message.ProtocolMessage;

export function createPhones(world: () => World) {
  const states = new Map<string, PhoneState>();
  const waiters = new Set<() => void>();

  function stateOf({ phone }: Person): PhoneState {
    const known = states.get(phone);
    if (known !== undefined) return known;
    const fresh: PhoneState = {
      isOnline: true,
      inbox: [],
      written: new Map(),
      missed: [],
      typing: [],
      receipts: new Map(),
      retries: new Map(),
      behaviour: stillness,
      isPresent: false,
    };
    states.set(phone, fresh);
    return fresh;
  }

  function put(person: Person, item: InboxItem): void {
    const { inbox } = stateOf(person);
    const same = inbox.findIndex((one) => one.id === item.id && one.from === item.from);
    if (same >= 0) inbox[same] = item;
    else inbox.push(item);
    if (inbox.length > keptItems) inbox.shift();
    for (const wake of waiters) wake();
    world().changed();
  }

  function receive(person: Person, stanza: Node): void {
    const state = stateOf(person);
    if (!state.isOnline) return void state.missed.push(stanza);
    if (!world().isChecking()) return acceptUnread(person, stanza);
    const reads = readMessage(world(), person, stanza);
    const failed = reads.find((read) => "fault" in read);
    const good = reads.find((read) => "content" in read);
    if (good !== undefined && "content" in good) accept(person, stanza, good);
    else if (failed !== undefined && "fault" in failed) askAgain(person, stanza, failed.author, failed.fault);
  }

  /** For measuring: the network's own speed, without what phones do. */
  function acceptUnread(person: Person, stanza: Node): void {
    const author = world().registry.findDevice(stanza.attrs.participant ?? stanza.attrs.from);
    if (author !== null && author.person !== person) confirm(person, stanza);
  }

  function accept(person: Person, stanza: Node, read: { content: proto.IMessage; author: Address }): void {
    const { content, author } = read;
    if (content.protocolMessage != null && handleProtocol(person, stanza, read, content.protocolMessage)) return;
    const item = itemOf(world(), person, stanza, read);
    put(person, item);
    if (author.person === person) return;
    confirm(person, stanza);
    behave(person, item);
  }

  function confirm(person: Person, stanza: Node, type?: string): void {
    const { id = "", from = "", participant } = stanza.attrs;
    tellAuthor(
      world(),
      { person, device: 0 },
      { ids: [id], chat: withoutDevice(from), author: withoutDevice(participant ?? from), type },
    );
  }

  function askAgain(person: Person, stanza: Node, author: Address, fault: string): void {
    const { id = "", from = "", participant } = stanza.attrs;
    const state = stateOf(person);
    const count = (state.retries.get(id) ?? 0) + 1;
    state.retries.set(id, count);
    world().observer.violation(peerName(author), "decrypt", `${person.phone} cannot read ${id}: ${fault}`, id);
    world().observer.message(id).retries += 1;
    if (count > maxRetries) return;
    const content = [
      node("retry", { count: String(count), id, t: world().nowSeconds(), v: "1", error: "0" }),
      node("registration", {}, bigEndian(person.keys.registrationId, 4)),
    ];
    retry(world(), { person, device: 0 }, node("receipt", { id, type: "retry", to: from, participant }, content));
  }

  /** True when there is nothing to show for it. */
  function handleProtocol(
    person: Person,
    stanza: Node,
    { author }: { author: Address },
    message: proto.Message.IProtocolMessage,
  ): boolean {
    const { inbox } = stateOf(person);
    const target = inbox.find((item) => item.id === message.key?.id);
    if (message.type === Type.MESSAGE_EDIT && target !== undefined) {
      const edited = message.editedMessage ?? {};
      put(person, { ...target, text: textOfMessage(edited), message: asJson(edited), edited: true });
      confirm(person, stanza);
      return true;
    }
    if (message.type === Type.PEER_DATA_OPERATION_REQUEST_MESSAGE && author.person === person) {
      answerPeer(world(), { person, device: author.device }, stanza, {
        asked: message.peerDataOperationRequestMessage ?? {},
        inbox,
      });
      return true;
    }
    return author.person === person && message.type !== Type.REVOKE;
  }

  function behave(person: Person, item: InboxItem): void {
    const { behaviour } = stateOf(person);
    const author = world().registry.find(item.from);
    if (author === null) return;
    if (behaviour.auto_read) world().later(behaviour.delay_ms / 2, () => read(person, item));
    const answer = answerOf(behaviour, item);
    if (answer === null) return;
    const chat = isGroup(item.chat) ? item.chat : phoneJid(author);
    if (behaviour.delay_ms > 0) type(person, chat, "text");
    world().later(behaviour.delay_ms, () => send(person, { chat, message: { conversation: answer } }));
  }

  function send(person: Person, { chat, message, mediatype, edit }: Outgoing): InboxItem {
    const id = world().makeId();
    const written = { id, chat, message, mediatype, edit };
    const state = stateOf(person);
    state.written.set(id, written);
    const [oldest] = state.written.size > keptItems ? state.written.keys() : [];
    if (oldest !== undefined) state.written.delete(oldest);
    write(world(), person, written);
    const item: InboxItem = {
      id,
      chat: isGroup(chat) ? chat : (world().registry.findByJid(chat)?.phone ?? chat),
      from: person.phone,
      from_me: true,
      at: world().now(),
      kind: kindOf(message),
      text: textOfMessage(message),
      message: asJson(message),
      media: null,
      edited: false,
    };
    put(person, item);
    return item;
  }

  function read(person: Person, item: InboxItem): void {
    const author = world().registry.find(item.from);
    if (author === null || author === person) return;
    const chat = isGroup(item.chat) ? item.chat : phoneJid(author);
    tellAuthor(world(), { person, device: 0 }, { ids: [item.id], chat, author: phoneJid(author), type: "read" });
  }

  function type(person: Person, chat: string, typing: Typing["typing"]): void {
    const state = typing === null ? node("paused") : node("composing", typing === "audio" ? { media: "audio" } : {});
    const group = isGroup(chat) ? world().groups.find(chat) : null;
    const people = group === null ? [world().registry.findByJid(chat)] : group.people();
    for (const other of people) {
      if (other === null || other === person) continue;
      const attrs = group === null ? { from: phoneJid(person) } : { from: chat, participant: phoneJid(person) };
      for (const link of world().links.ofPerson(other)) link.send(node("chatstate", attrs, [state]));
    }
  }

  return {
    ...deviceEvents(world),
    stateOf,
    states,
    receive,
    send,
    read,
    type,
    isOnline: (person: Person) => stateOf(person).isOnline,
    setOnline(person: Person, isOnline: boolean): void {
      const state = stateOf(person);
      state.isOnline = isOnline;
      if (!isOnline) return;
      for (const stanza of state.missed.splice(0)) receive(person, stanza);
    },
    sync(person: Person, device: number): void {
      world().later(30, () => {
        sendAppStateKey(world(), person, device);
        sendHistory(world(), person, device, { inbox: stateOf(person).inbox });
      });
    },
    /** Somebody could not read what this phone wrote. */
    sendAgain(person: Person, asker: Address, receipt: Node): void {
      const written = stateOf(person).written.get(receipt.attrs.id ?? "");
      if (written !== undefined) writeAgain(world(), person, written, asker, receipt);
    },
    noticeReceipt(person: Person, from: Person, ids: string[], type: string | undefined): void {
      const { receipts } = stateOf(person);
      for (const id of ids) {
        const known = receipts.get(id) ?? {};
        const name = type ?? "delivered";
        known[name] = [...new Set([...(known[name] ?? []), from.phone])];
        receipts.set(id, known);
      }
      for (const wake of waiters) wake();
    },
    noticeTyping(person: Person, { from, chat, typing }: Typing): void {
      const { typing: seen } = stateOf(person);
      seen.push({ from: from.phone, chat, typing, at: world().now() });
      if (seen.length > 200) seen.shift();
      for (const wake of waiters) wake();
    },
    noticePresence(person: Person, isPresent: boolean): void {
      stateOf(person).isPresent = isPresent;
      for (const link of world().links.all()) {
        if (link.person === person) continue;
        link.send(node("presence", { from: phoneJid(person), type: isPresent ? undefined : "unavailable" }));
      }
    },
    uploadAgain: (link: Link, receipt: Node) => uploadAgain(world(), link, receipt, stateOf(link.person).inbox),
    /** Settles at the next thing that happens to any phone, or when the time is over. */
    nextEvent: (withinMs: number): Promise<void> =>
      new Promise((resolve) => {
        const wake = () => {
          waiters.delete(wake);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(wake, withinMs);
        waiters.add(wake);
      }),
    clear: () => states.clear(),
  };
}
