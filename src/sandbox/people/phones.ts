// The phones: simulated people who really decrypt what they get and really encrypt what they send, read, type, go away
// and come back.
import type { World } from "../network/world.ts";
import type { Link } from "../server/links.ts";
import { tellAuthor, tellOwnDevices } from "../server/receipts.ts";
import { isGroup } from "../wire/jid.ts";
import { type Node, node } from "../wire/node.ts";
import type { proto } from "../wire/proto.ts";
import { type Behaviour, stillness } from "./behaviour.ts";
import { deviceEvents } from "./device-events.ts";
import { type InboxItem, kindOf, packedItem, textOfMessage, unwrap } from "./inbox.ts";
import { createInboxes } from "./inboxes.ts";
import { type Address, jidIn, type Person, phoneJid } from "./person.ts";
import { isBlocked, maySee } from "./privacy.ts";
import { receive } from "./receiving.ts";
import { uploadAgain } from "./requests.ts";
import { sendAppStateKey, sendHistory } from "./sync.ts";
import { makeWritten, type Written, write, writeAgain } from "./writing.ts";

export type Typing = { from: Person; chat: string; typing: "text" | "audio" | null };
export type Outgoing = {
  chat: string;
  message: proto.IMessage;
  mediatype?: string | undefined;
  edit?: string | undefined;
  /** What a phone says to its own devices, and a stranger's may pretend. */
  category?: "peer" | undefined;
};
export type PhoneState = {
  isOnline: boolean;
  inbox: InboxItem[];
  /** The same, by id. */
  known: Map<string, InboxItem>;
  /** What was written, to be written again for whoever could not read it. */
  written: Map<string, Written>;
  missed: Node[];
  /** Files it was asked to bring back meanwhile. */
  lost: { asker: Address; receipt: Node }[];
  typing: { from: string; chat: string; typing: "text" | "audio" | null; at: number }[];
  receipts: Map<string, Record<string, string[]>>;
  retries: Map<string, number>;
  behaviour: Behaviour;
  /** Whether its linked devices say that somebody is there. */
  isPresent: boolean;
  /** Its owner has closed WhatsApp. */
  hasLeft: boolean;
};

export type Phones = ReturnType<typeof createPhones>;

export function createPhones(world: () => World) {
  const states = new Map<string, PhoneState>();
  const waiters = new Set<() => void>();
  const inboxes = createInboxes(() => world().limits.inbox_items);

  function stateOf({ phone }: Person): PhoneState {
    const known = states.get(phone);
    if (known !== undefined) return known;
    const fresh: PhoneState = {
      isOnline: true,
      inbox: [],
      known: new Map(),
      written: new Map(),
      missed: [],
      lost: [],
      typing: [],
      receipts: new Map(),
      retries: new Map(),
      behaviour: stillness,
      isPresent: false,
      hasLeft: false,
    };
    states.set(phone, fresh);
    return fresh;
  }

  function wakeAll(): void {
    for (const wake of waiters) wake();
  }

  function put(person: Person, item: InboxItem): void {
    inboxes.put(stateOf(person), item);
    wakeAll();
    world().changed(person);
  }

  function send(person: Person, { chat, message, ...how }: Outgoing): InboxItem {
    const id = world().makeId();
    const written = makeWritten({ id, chat, message, ...how });
    stateOf(person).written.set(id, written);
    write(world(), person, written);
    const facts = {
      id,
      chat: isGroup(chat) ? chat : (world().registry.findByJid(chat)?.phone ?? chat),
      from: person.phone,
      from_me: true,
      at: world().now(),
      kind: kindOf(unwrap(message)),
      text: textOfMessage(message),
      media: null,
      edited: false,
      copies: 1,
    };
    const item = packedItem(facts, written.packed);
    put(person, item);
    return item;
  }

  function read(person: Person, item: InboxItem): void {
    const author = world().registry.find(item.from);
    if (author === null || author === person) return;
    const group = world().groups.find(item.chat);
    const named = jidIn(author, group?.addressing ?? "pn");
    const chat = isGroup(item.chat) ? item.chat : named;
    const isShown = person.privacy.get("readreceipts") === "all";
    if (isShown) tellAuthor(world(), { person, device: 0 }, { ids: [item.id], chat, author: named, type: "read" });
    tellOwnDevices(world(), { person, device: 0 }, { ids: [item.id], chat, type: isShown ? "read" : "read-self" });
  }

  function type(person: Person, chat: string, typing: Typing["typing"]): void {
    const state = typing === null ? node("paused") : node("composing", typing === "audio" ? { media: "audio" } : {});
    const group = isGroup(chat) ? world().groups.find(chat) : null;
    const people = group === null ? [world().registry.findByJid(chat)] : group.people();
    for (const other of people) {
      if (other === null || other === person || isBlocked(other, person)) continue;
      const attrs =
        group === null ? { from: phoneJid(person) } : { from: chat, participant: jidIn(person, group.addressing) };
      for (const link of world().links.ofPerson(other)) if (link.isShown) link.send(node("chatstate", attrs, [state]));
    }
  }

  return {
    ...deviceEvents(world),
    stateOf,
    states,
    receive: (person: Person, stanza: Node) => receive(world(), person, stanza),
    find: (person: Person, from: Person, id: string) => inboxes.find(stateOf(person), from.phone, id),
    put,
    edit(person: Person, item: InboxItem, edited: { text: string | null; packed: string }): void {
      inboxes.edit(stateOf(person), item, edited);
      wakeAll();
      world().changed(person);
    },
    /** Back from the disk. */
    recall(person: Person, { inbox, ...state }: Partial<PhoneState>): void {
      Object.assign(stateOf(person), state);
      for (const item of inbox ?? []) inboxes.put(stateOf(person), item);
    },
    send,
    read,
    type,
    isOnline: (person: Person) => stateOf(person).isOnline,
    setOnline(person: Person, isOnline: boolean): void {
      const state = stateOf(person);
      state.isOnline = isOnline;
      if (!isOnline) return;
      for (const stanza of state.missed.splice(0)) receive(world(), person, stanza);
      for (const { asker, receipt } of state.lost.splice(0)) uploadAgain(world(), asker, receipt, state.inbox);
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
      if (written === undefined) return;
      writeAgain(world(), person, written, asker, receipt);
      world().changed(person);
    },
    noticeReceipt(person: Person, from: Person, ids: string[], type: string | undefined): void {
      const { receipts } = stateOf(person);
      for (const id of ids) {
        const known = receipts.get(id) ?? {};
        const name = type ?? "delivered";
        known[name] = [...new Set([...(known[name] ?? []), from.phone])];
        receipts.set(id, known);
      }
      wakeAll();
    },
    noticeTyping(person: Person, { from, chat, typing }: Typing): void {
      const { typing: seen } = stateOf(person);
      seen.push({ from: from.phone, chat, typing, at: world().now() });
      if (seen.length > 200) seen.shift();
      wakeAll();
    },
    /** Told to those who asked to be told. */
    noticePresence(person: Person, isPresent: boolean): void {
      stateOf(person).isPresent = isPresent;
      for (const link of world().links.all()) {
        if (!link.isShown || !link.watched.has(person) || !maySee(link.person, person, "last")) continue;
        const away = isPresent ? {} : { type: "unavailable", last: world().nowSeconds() };
        link.send(node("presence", { from: phoneJid(person), ...away }));
      }
    },
    /** Its owner opens WhatsApp, or closes it. */
    show(person: Person, isThere: boolean): void {
      stateOf(person).hasLeft = !isThere;
      this.noticePresence(person, isThere);
    },
    /** When it is on, whenever that is. */
    uploadAgain({ person, companion }: Link, receipt: Node): void {
      const { isOnline, lost, inbox } = stateOf(person);
      const asker = { person, device: companion.number };
      if (isOnline) uploadAgain(world(), asker, receipt, inbox);
      else lost.push({ asker, receipt });
    },
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
    clear(): void {
      states.clear();
      inboxes.clear();
    },
  };
}
