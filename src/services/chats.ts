// Chats and contacts, read back.
import type { Contact } from "../core/chat.ts";
import { WaygateError } from "../core/errors.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import type { ChatFilter, ListedChat } from "../store/chats.ts";
import type { Store } from "../store/store.ts";

/** Whose contacts; with a key that is bound to sessions, those of their chats alone. */
export type ContactReach = { accountId: number; sessionIds: readonly number[] | null };
export type Chats = ReturnType<typeof createChats>;

export function createChats({ store }: { store: Store }) {
  async function get(id: number): Promise<ListedChat> {
    const chat = await store.chats.find(id);
    if (chat === null) throw new WaygateError("not_found", "There is no such chat.");
    return chat;
  }

  return {
    get,
    /** By their newest message; `before` is a chat of the list. */
    async list(filter: ChatFilter, { before, limit }: PageRequest): Promise<Page<ListedChat>> {
      const last = before === null ? null : await get(before);
      const place = last === null ? null : { at: last.lastMessageAt ?? 0, id: last.id };
      return pageOf({ before: null, limit }, (oneMore) => store.chats.list(filter, place, oneMore.limit));
    },

    async getContact({ accountId, sessionIds }: ContactReach, id: number): Promise<Contact> {
      const contact = await store.contacts.find(id);
      const isOwn = contact?.accountId === accountId;
      const isWithin = sessionIds === null || (isOwn && (await store.contacts.isWithin(id, sessionIds)));
      if (contact !== null && isOwn && isWithin) return contact;
      throw new WaygateError("not_found", "There is no such contact.");
    },
    listContacts: ({ accountId, sessionIds }: ContactReach, page: PageRequest): Promise<Page<Contact>> =>
      pageOf(page, (oneMore) => store.contacts.list(accountId, sessionIds, oneMore)),
  };
}
