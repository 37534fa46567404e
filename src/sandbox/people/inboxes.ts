// Everybody's inbox, bounded over all of them: the oldest item goes first, whosever it is. An id is in an inbox once.
import { forgetOldest } from "../network/limits.ts";
import { type InboxItem, type Packed, packedItem } from "./inbox.ts";
import type { PhoneState } from "./phones.ts";

export type Inboxes = ReturnType<typeof createInboxes>;

/** What lies before `head` is swept out so many at a time. */
const sweptAt = 10_000;
const keptReceipts = 20_000;

export function createInboxes(limit: () => number) {
  /** Whose items came one after the other, from `head` on. */
  const order: PhoneState[] = [];
  let head = 0;

  function forgetFirst(): void {
    const state = order[head++];
    const item = state?.inbox.shift();
    if (state === undefined || item === undefined) return;
    state.known.delete(item.id);
    if (item.from_me) {
      state.written.delete(item.id);
      state.receipts.delete(item.id);
    }
    if (head <= sweptAt) return;
    order.splice(0, head);
    head = 0;
  }

  return {
    /** Ids are random: that of somebody else's message is not met by chance. */
    find(state: PhoneState, from: string, id: string): InboxItem | null {
      const known = state.known.get(id);
      if (known === undefined || known.from === from) return known ?? null;
      return state.inbox.findLast((item) => item.id === id && item.from === from) ?? null;
    },
    put(state: PhoneState, item: InboxItem): void {
      state.inbox.push(item);
      state.known.set(item.id, item);
      order.push(state);
      while (order.length - head > limit()) forgetFirst();
      forgetOldest(state.receipts, keptReceipts);
    },
    /** Edited where it stands. */
    edit(state: PhoneState, item: InboxItem, { text, packed }: { text: string | null; packed: Packed }): void {
      const { message: _former, ...facts } = item;
      const edited = packedItem({ ...facts, text, edited: true }, packed);
      state.inbox[state.inbox.indexOf(item)] = edited;
      state.known.set(item.id, edited);
    },
    clear(): void {
      order.length = 0;
      head = 0;
    },
  };
}
