// What a session is to send next, in memory: the first messages of each chat, in their order. The database knows all of
// them; here is what was read ahead or has just been kept, so that nobody asks it before every message.
import type { QueuedAction } from "../store/actions.ts";
import type { QueuedMessage } from "../store/outbox.ts";

/** What goes out: a message, or what is done to one. */
export type Item = QueuedMessage | QueuedAction;

export type SendQueue = {
  readonly size: number;
  /** Behind the others of its chat; nothing happens if it is there. */
  add(item: Item): void;
  /** It could not be sent, and goes before the others of its chat once more. */
  putBack(item: Item): void;
  /** The next of the chats in turn, those of campaigns last; null when every chat that has something is busy. */
  next(isBusy: (chatId: number) => boolean): Item | null;
  take(item: Item): void;
  remove(of: Item["of"], id: number): void;
  /** The chat that a message is the next of; null where it is none's. */
  chatNext(messageId: number): number | null;
  clear(): void;
};

export function createSendQueue(): SendQueue {
  const chats = new Map<number, Item[]>();
  const chatOf = new Map<string, number>();

  function put(item: Item, where: "first" | "last"): void {
    const { chatId } = item;
    if (chatOf.has(nameOf(item))) return;
    chatOf.set(nameOf(item), chatId);
    const waiting = chats.get(chatId);
    if (waiting === undefined) chats.set(chatId, [item]);
    else if (where === "first") waiting.unshift(item);
    else waiting.push(item);
  }

  return {
    get size() {
      return chatOf.size;
    },
    add: (item) => put(item, "last"),
    putBack: (item) => put(item, "first"),
    next(isBusy) {
      let bulk: Item | null = null;
      for (const [chat, [first]] of chats) {
        if (first === undefined || isBusy(chat)) continue;
        if (first.of === "action" || first.isBulk !== true) return first;
        bulk ??= first;
      }
      return bulk;
    },
    take(item) {
      const waiting = chats.get(item.chatId) ?? [];
      chatOf.delete(nameOf(item));
      waiting.shift();
      // Behind the other chats, which have their turn first.
      chats.delete(item.chatId);
      if (waiting.length > 0) chats.set(item.chatId, waiting);
    },
    remove(of, id) {
      const name = nameOf({ of, id });
      const chatId = chatOf.get(name);
      if (chatId === undefined) return;
      chatOf.delete(name);
      const left = (chats.get(chatId) ?? []).filter((item) => nameOf(item) !== name);
      if (left.length > 0) chats.set(chatId, left);
      else chats.delete(chatId);
    },
    chatNext(messageId) {
      const chatId = chatOf.get(nameOf({ of: "message", id: messageId }));
      const [first] = chatId === undefined ? [] : (chats.get(chatId) ?? []);
      return first?.of === "message" && first.id === messageId ? first.chatId : null;
    },
    clear() {
      chats.clear();
      chatOf.clear();
    },
  };
}

function nameOf({ of, id }: Pick<Item, "of" | "id">): string {
  return `${of} ${id}`;
}
