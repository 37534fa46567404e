// Chats and contacts, read back.
import { type ChatRef, type Contact, jidOf } from "../core/chat.ts";
import type { Clock } from "../core/clock.ts";
import { WaygateError } from "../core/errors.ts";
import { type Page, type PageRequest, pageOf } from "../core/page.ts";
import type { ChatPresence } from "../core/ports.ts";
import type { Session } from "../core/session.ts";
import type { ChatFilter, ListedChat } from "../store/chats.ts";
import type { Store } from "../store/store.ts";
import type { SessionAsks } from "./session-requests.ts";

/** Whose contacts; with a key that is bound to sessions, those of their chats alone. */
export type ContactReach = { accountId: number; sessionIds: readonly number[] | null };
export type Chats = ReturnType<typeof createChats>;

/** As many receipts as are sent at once; whatever is older was seen long ago. */
const mostReceipts = 1_000;

export function createChats({ store, asks, clock }: { store: Store; asks: SessionAsks; clock: Clock }) {
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

    findByRef: (session: Session, ref: ChatRef): Promise<ListedChat | null> => store.chats.findByRef(session.id, ref),

    /** Whoever wrote what is unread here is told that it was read. */
    async markRead(session: Session, chat: ListedChat): Promise<ListedChat> {
      if (chat.unread === 0) return chat;
      const messages = await store.messages.receiptsDue(chat.id, Math.min(chat.unread, mostReceipts));
      await asks.ask(session, "messages.read", { messages });
      const waIds = messages.map(({ waId }) => waId);
      await store.write("chats.mark_read", { chatId: chat.id, waIds, at: clock.now() });
      return get(chat.id);
    },
    /** For good; asked for now if it is connected, and with every connection after that. */
    async watchPresence(session: Session, chat: ListedChat, isWatched: boolean): Promise<void> {
      if (chat.kind !== "person" && chat.kind !== "group") {
        throw new WaygateError("conflict", "Nobody is told who is there in a channel, or among the statuses.");
      }
      await store.write("presence.watch", { chatId: chat.id, at: isWatched ? clock.now() : null });
      if (!isWatched || chat.contact === null || !asks.isConnected(session)) return;
      await asks.ask(session, "chats.watch_presence", { chat: jidOf(chat.contact) });
    },
    async showPresence(session: Session, chat: ListedChat, state: ChatPresence): Promise<void> {
      const jid = chat.jid ?? jidOf(chat.contact ?? { phone: null, lid: null });
      await asks.ask(session, "chats.show_presence", { chat: jid, state });
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
