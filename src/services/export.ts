// Taking everything away: contacts, chats and calls first, then messages, page by page, with others' turns in between.
import { type MessageAction, mostActionsShown } from "../core/action.ts";
import type { ListedCall } from "../core/call.ts";
import type { Contact } from "../core/chat.ts";
import type { Message } from "../core/message.ts";
import type { Place } from "../core/page.ts";
import type { ListedChat } from "../store/chats.ts";
import type { ExportReach } from "../store/export.ts";
import type { Responses } from "../store/responses.ts";
import type { Store } from "../store/store.ts";

export type WholeMessage = { message: Message; responses: Responses; actions: MessageAction[] };
export type ExportPage =
  | { contacts: Contact[] }
  | { chats: ListedChat[] }
  | { calls: ListedCall[] }
  | { messages: WholeMessage[] };
export type Exports = ReturnType<typeof createExports>;

const atOnce = 100;
const firstPlace: Place = { at: Number.MIN_SAFE_INTEGER, id: 0 };

export function createExports({ store }: { store: Store }) {
  const rows = store.export;

  /** Pages that begin behind the last row of the one before, until one is not full. */
  async function* pagesOf<T extends { id: number }>(read: (last: T | null) => Promise<T[]>): AsyncGenerator<T[]> {
    for (let last: T | null = null; ; ) {
      const page = await read(last);
      if (page.length > 0) yield page;
      last = page.at(-1) ?? null;
      if (page.length < atOnce) return;
      await Bun.sleep(0);
    }
  }

  async function* whole(pages: AsyncGenerator<Message[]>): AsyncGenerator<ExportPage> {
    for await (const page of pages) {
      const ids = page.map(({ id }) => id);
      const [responses, actions] = [
        await store.responses.to(ids),
        await store.actions.listOfEach(ids, mostActionsShown),
      ];
      const none = { reactions: [], votes: [], receipts: [] };
      const whole = (message: Message, place: number) => ({
        message,
        responses: responses[place] ?? none,
        actions: actions[place] ?? [],
      });
      yield { messages: page.map(whole) };
    }
  }

  async function authorsOf(chatId: number, upTo: number): Promise<number[]> {
    const ids = new Set<number>();
    for (let after: Place | null = firstPlace; after !== null; ) {
      const part: { ids: number[]; next: Place | null } = await rows.authorsIn(chatId, { after, upTo }, 10 * atOnce);
      for (const id of part.ids) ids.add(id);
      after = part.next;
      await Bun.sleep(0);
    }
    return [...ids].sort((one, other) => one - other);
  }

  return {
    /** What comes while it is read is not part of it. */
    async *account(reach: ExportReach): AsyncGenerator<ExportPage> {
      const upTo = await rows.newestMessageId();
      const people = pagesOf<Contact>((last) => rows.contacts(reach, last?.id ?? 0, atOnce));
      for await (const contacts of people) yield { contacts };
      const places = pagesOf<ListedChat>((last) => rows.chats(reach, last?.id ?? 0, atOnce));
      for await (const chats of places) yield { chats };
      const filter = { accountId: reach.accountId, sessionIds: reach.sessionIds };
      const rung = pagesOf<ListedCall>((last) => store.calls.listFrom(filter, last?.id ?? 0, atOnce));
      for await (const calls of rung) yield { calls };
      for (const sessionId of reach.sessionIds) {
        yield* whole(
          pagesOf<Message>((last) => rows.messagesOfSession(sessionId, { after: last?.id ?? 0, upTo }, atOnce)),
        );
      }
    },
    /** With everybody who wrote in it. */
    async *chat(chat: ListedChat): AsyncGenerator<ExportPage> {
      const upTo = await rows.newestMessageId();
      const own = chat.contact === null ? [] : [chat.contact.id];
      const people = [...new Set([...own, ...(await authorsOf(chat.id, upTo))])];
      for (let from = 0; from < people.length; from += atOnce) {
        yield { contacts: await rows.contactsNamed(people.slice(from, from + atOnce)) };
      }
      yield { chats: [chat] };
      const placeOf = (last: Message | null) => (last === null ? firstPlace : { at: last.saidAt, id: last.id });
      yield* whole(pagesOf<Message>((last) => rows.messagesOfChat(chat.id, { after: placeOf(last), upTo }, atOnce)));
    },
  };
}
