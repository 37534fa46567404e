// Calls in the database: what is told of them, and of whom.
import type { RejectedCall } from "../core/told.ts";
import { answerKeeper } from "./answers.ts";
import { ownerFinder } from "./chats.ts";
import { contactKeeper } from "./contacts.ts";
import type { Handle } from "./database.ts";
import { journalAppender } from "./journal.ts";
import type { NewMessage } from "./outbox.ts";

export type Rejected = {
  sessionId: number;
  call: RejectedCall;
  /** Somebody is asked first what the caller is to be told. */
  awaitsWord: boolean;
  word: NewMessage | null;
  at: number;
};

export function callWrites(db: Handle) {
  const append = journalAppender(db);
  const ownerOf = ownerFinder(db);
  const { ensure } = contactKeeper(db);
  const { keepAnswer } = answerKeeper(db);

  return {
    async "calls.rejected"({ sessionId, call, awaitsWord, word, at }: Rejected): Promise<void> {
      const owner = ownerOf(sessionId);
      if (owner === undefined) return;
      const { waId: callId, caller, isVideo, isGroup } = call;
      const contactId = await ensure({ ...owner, face: caller, at });
      const data = { callId, contactId, isVideo, isGroup, awaitsWord };
      append({ ...owner, type: "call.rejected", at, data });
      if (word !== null) await keepAnswer(word);
    },
  };
}
