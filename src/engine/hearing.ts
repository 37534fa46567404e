// What a connection hears besides messages, passed on in our own words: receipts, what was read and kept elsewhere, late
// answers of the phone. Nobody tells it twice, and nothing waits for it.
import type { BinaryNode, WASocket } from "@whiskeysockets/baileys";
import type { Face } from "../core/content.ts";
import type { PeopleView, ReceiptValue } from "../core/inbound.ts";
import type { ToldValue } from "../core/told.ts";
import { createFaces } from "./inbound/faces.ts";
import { readGroupNews } from "./inbound/group-news.ts";
import { readPresence } from "./inbound/presence.ts";
import { readElsewhereIn } from "./inbound/read-elsewhere.ts";
import { readReceiptStanza } from "./inbound/receipts.ts";
import { readSyncAction, type SyncAction } from "./inbound/sync-action.ts";
import { retryNotice } from "./media/late-answer.ts";
import type { People } from "./signal/people.ts";
import { encodeStanza } from "./signal/stanza.ts";

export type Hearing = {
  /** Settles when what it says is on disk, as far as it is about messages of ours. */
  receipt(stanza: BinaryNode): Promise<void>;
  /** With every entry of app state; `isFirst` where it is from before the linking. */
  appState(action: SyncAction, isFirst: boolean): void;
  watch(socket: WASocket): void;
};

export type HearingNeeds = {
  me(): Face;
  people: People;
  mappings: PeopleView;
  /** Messages whose files somebody waits for: what is said of them is theirs to hear. */
  awaitedFiles: ReadonlySet<string>;
  receipts(values: ReceiptValue[]): Promise<void>;
  told(value: ToldValue): void;
};

export function createHearing({ me, people, mappings, awaitedFiles, receipts, told }: HearingNeeds): Hearing {
  return {
    async receipt(stanza) {
      const read = readElsewhereIn(stanza, me(), mappings);
      if (read !== null) told(read);
      const values = readReceiptStanza(stanza, me(), mappings);
      if (values.length > 0) await receipts(values);
    },
    appState(action, isFirst) {
      people.learn(action.index[1], action.value.pnForLidChatAction?.pnJid ?? undefined);
      for (const value of readSyncAction(action, createFaces(me(), mappings), isFirst)) told(value);
    },
    watch(socket) {
      for (const tag of ["presence", "chatstate"]) {
        socket.ws.on(`CB:${tag}`, (stanza: BinaryNode) => {
          const value = readPresence(stanza, createFaces(me(), mappings));
          if (value !== null) told(value);
        });
      }
      for (const type of ["w:gp2", "picture"]) {
        socket.ws.on(`CB:notification,type:${type}`, (notice: BinaryNode) => {
          const news = readGroupNews(notice, createFaces(me(), mappings));
          if (news !== null) told(news);
        });
      }
      socket.ws.on(retryNotice, (notice: BinaryNode) => {
        const { id } = notice.attrs;
        if (id === undefined || awaitedFiles.has(id)) return;
        told({ type: "media_answer", waId: id, stanza: encodeStanza(notice) });
      });
      // Where the account is set so, Baileys takes a chat out of the archive when something comes in it.
      socket.ev.on("chats.update", (updates) => {
        const { chatOf } = createFaces(me(), mappings);
        const out = updates.flatMap(({ id, archived }) => (archived === false ? (chatOf(id) ?? []) : []));
        for (const chat of out) told({ type: "chat", chat, isArchived: false });
      });
    },
  };
}
