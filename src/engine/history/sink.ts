// History on its way to where messages are kept: each chat in pieces, oldest messages first.
import type { proto } from "@whiskeysockets/baileys";
import type { Face } from "../../core/content.ts";
import type { PastValue, PeopleView } from "../../core/inbound.ts";
import type { Log } from "../../core/log.ts";
import { createFaces } from "../inbound/faces.ts";
import { readHistoryMessage, readHistoryReceipts } from "../inbound/history-message.ts";
import type { HistorySink } from "./chunk.ts";

export type PastNeeds = {
  me(): Face;
  people: PeopleView;
  take(value: PastValue): Promise<void>;
  log: Log;
};

const atOnce = 100;

export function createHistorySink({ me, people, take, log }: PastNeeds): HistorySink {
  async function takeChat(conversation: proto.IConversation): Promise<void> {
    const self = me();
    const chat = createFaces(self, people).chatOf(conversation.id, conversation.pnJid, conversation.lidJid);
    if (chat === null) return;
    const about = {
      type: "chat",
      chat,
      name: conversation.name || conversation.displayName || null,
      unread: Math.max(0, conversation.unreadCount ?? 0),
    } as const;
    const infos = (conversation.messages ?? []).flatMap(({ message }) => message ?? []).toReversed();
    for (let from = 0; from === 0 || from < infos.length; from += atOnce) {
      const some = infos.slice(from, from + atOnce);
      const values = some.flatMap((info) => readHistoryMessage(info, self, people));
      const receipts = some.flatMap((info) => readHistoryReceipts(info, self, people));
      await take({ ...about, values, receipts });
    }
  }

  return {
    async part(part) {
      if (part.kind === "conversation") return takeChat(part.conversation);
      const face = createFaces(me(), people).of(part.jid);
      if (face !== null) await take({ type: "name", face, pushName: part.name });
    },
    chunk: async (chunk) => log.info({ ...chunk }, "a piece of history has been read"),
  };
}
