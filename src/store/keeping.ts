// How the phone's owner keeps a chat, and what they call people.
import { eq } from "drizzle-orm";
import type { ChatKept, ContactNamed } from "../core/told.ts";
import { chatFinder, chatKeeper, ownerFinder } from "./chats.ts";
import { contactKeeper } from "./contacts.ts";
import type { Handle } from "./database.ts";
import { chats } from "./tables.ts";

export type ChatToKeep = { sessionId: number; kept: ChatKept; at: number };
export type PersonToName = { sessionId: number; named: ContactNamed; at: number };

export function keepingWrites(db: Handle) {
  const ownerOf = ownerFinder(db);
  const findChat = chatFinder(db);
  const { ensureChat } = chatKeeper(db);
  const { ensure, unname } = contactKeeper(db);

  return {
    async "chats.keep"({ sessionId, kept, at }: ChatToKeep): Promise<void> {
      const owner = await ownerOf(sessionId);
      if (owner === undefined) return;
      const { type: _, chat, ...changes } = kept;
      // What is as it would be anyway needs no chat of its own.
      const isUsual = Object.values(changes).every((value) => value === null || value === false);
      const id = isUsual ? await findChat({ ...owner, chat }) : (await ensureChat({ ...owner, chat, at })).id;
      if (id !== null) await db.update(chats).set(changes).where(eq(chats.id, id));
    },
    async "contacts.name"({ sessionId, named: { face, name, isPast }, at }: PersonToName): Promise<void> {
      const owner = await ownerOf(sessionId);
      if (owner === undefined) return;
      if (name === null) await unname({ ...owner, face, at });
      else await ensure({ ...owner, face, names: { name }, isPast, at });
    },
  };
}
