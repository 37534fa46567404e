// What a session is to send next, in memory: the first messages of each chat, in their order. The database knows all of
// them; here is what was read ahead or has just been kept, so that nobody asks it before every message.
import type { QueuedMessage } from "../store/outbox.ts";

export type SendQueue = {
  readonly size: number;
  /** Behind the others of its chat; nothing happens if it is there. */
  add(message: QueuedMessage): void;
  /** It could not be sent, and goes before the others of its chat once more. */
  putBack(message: QueuedMessage): void;
  /** The next of the chats in turn; null when every chat that has something is busy. */
  next(isBusy: (chat: string) => boolean): QueuedMessage | null;
  take(message: QueuedMessage): void;
  remove(id: number): void;
  clear(): void;
};

export function createSendQueue(): SendQueue {
  const chats = new Map<string, QueuedMessage[]>();
  const chatOf = new Map<number, string>();

  function put(message: QueuedMessage, where: "first" | "last"): void {
    const { id, target } = message;
    if (chatOf.has(id)) return;
    chatOf.set(id, target);
    const waiting = chats.get(target);
    if (waiting === undefined) chats.set(target, [message]);
    else if (where === "first") waiting.unshift(message);
    else waiting.push(message);
  }

  function remove(id: number): void {
    const target = chatOf.get(id);
    if (target === undefined) return;
    chatOf.delete(id);
    const left = (chats.get(target) ?? []).filter((message) => message.id !== id);
    if (left.length > 0) chats.set(target, left);
    else chats.delete(target);
  }

  return {
    get size() {
      return chatOf.size;
    },
    add: (message) => put(message, "last"),
    putBack: (message) => put(message, "first"),
    next(isBusy) {
      for (const [chat, [first]] of chats) if (first !== undefined && !isBusy(chat)) return first;
      return null;
    },
    take({ id, target }) {
      const waiting = chats.get(target) ?? [];
      chatOf.delete(id);
      waiting.shift();
      // Behind the other chats, which have their turn first.
      chats.delete(target);
      if (waiting.length > 0) chats.set(target, waiting);
    },
    remove,
    clear() {
      chats.clear();
      chatOf.clear();
    },
  };
}
