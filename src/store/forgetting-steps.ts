// The steps in which a person is forgotten, each in pieces that nobody waits for long. Whoever keeps something more of
// people adds a step.
import { and, eq, inArray, lte, or, type SQL, sql } from "drizzle-orm";
import { calls } from "./call-tables.ts";
import type { Handle } from "./database.ts";
import { digitsOf, type ForgettingTask, holds, type Piece, type Progress, type Step } from "./forgetting-piece.ts";
import { campaignSteps } from "./forgotten-campaigns.ts";
import { elsewhereSteps } from "./forgotten-elsewhere.ts";
import { keySteps } from "./forgotten-keys.ts";
import { scheduleSteps } from "./forgotten-schedules.ts";
import { toldSteps } from "./forgotten-told.ts";
import { journalAppender } from "./journal.ts";
import { settlingFollower } from "./settlings.ts";
import { chats, contacts, idempotency, inbox, messages, reactions, receipts, sessions, votes } from "./tables.ts";

export function forgettingSteps(db: Handle) {
  const append = journalAppender(db);
  const follow = settlingFollower(db);
  const ownSessions = (accountId: number) =>
    db.select({ id: sessions.id }).from(sessions).where(eq(sessions.accountId, accountId));
  const theirChats = ({ contactId }: ForgettingTask) =>
    db.select({ id: chats.id }).from(chats).where(eq(chats.contactId, contactId));
  const goesOn = (count: number, { most }: Piece): Progress => ({ next: count < most ? null : 0 });

  /** What waits to be sent to them is not sent any more. */
  const cancelQueued: Step = async (task, piece) => {
    const isQueued = and(inArray(messages.chatId, theirChats(task)), sql`${messages.state} = 0`);
    const waiting = db.select({ id: messages.id }).from(messages).where(isQueued).limit(piece.most);
    const cancelled = await db
      .update(messages)
      .set({ state: "cancelled" })
      .where(inArray(messages.id, waiting))
      .returning({ id: messages.id, sessionId: messages.sessionId });
    for (const { id, sessionId } of cancelled) {
      const { accountId } = task;
      append({ accountId, sessionId, type: "message.failed", at: piece.at, data: { messageId: id } });
      await follow({ id, at: piece.at, state: "cancelled", fault: null });
    }
    return goesOn(cancelled.length, piece);
  };

  /** With everything about them; their words and files follow by triggers. */
  async function removeMessages(accountId: number, condition: SQL | undefined, piece: Piece): Promise<Progress> {
    const found = await db.select({ id: messages.id }).from(messages).where(condition).limit(piece.most);
    const ids = found.map(({ id }) => id);
    const isOfThese = and(eq(idempotency.accountId, accountId), inArray(idempotency.messageId, ids));
    await db.delete(idempotency).where(isOfThese);
    await db.update(chats).set({ lastMessageId: null }).where(inArray(chats.lastMessageId, ids));
    await db.delete(messages).where(inArray(messages.id, ids));
    return goesOn(ids.length, piece);
  }

  const removeChats: Step = (task, piece) =>
    removeMessages(task.accountId, inArray(messages.chatId, theirChats(task)), piece);
  const removeSaid: Step = (task, piece) =>
    removeMessages(task.accountId, eq(messages.senderId, task.contactId), piece);

  const removeFrom =
    (one: typeof receipts | typeof reactions | typeof votes): Step =>
    async ({ contactId }, piece) => {
      const some = db.select({ id: one.messageId }).from(one).where(eq(one.contactId, contactId)).limit(piece.most);
      const gone = await db
        .delete(one)
        .where(and(eq(one.contactId, contactId), inArray(one.messageId, some)))
        .returning({ id: one.messageId });
      return goesOn(gone.length, piece);
    };

  const removeCalls: Step = async ({ contactId }, piece) => {
    const some = db.select({ id: calls.id }).from(calls).where(eq(calls.contactId, contactId)).limit(piece.most);
    const gone = await db.delete(calls).where(inArray(calls.id, some)).returning({ id: calls.id });
    return goesOn(gone.length, piece);
  };

  /** What they were received as, and what others sent that speaks of them. Redeliveries are still known by their digests. */
  const blankInbox: Step = async ({ accountId, traces, place, lastInboxId }, { most, blank }) => {
    const rows = await db
      .select({ id: inbox.id })
      .from(inbox)
      .where(and(sql`${inbox.id} > ${place}`, lte(inbox.id, lastInboxId)))
      .orderBy(inbox.id)
      .limit(most);
    const last = rows.at(-1);
    if (last === undefined) return { next: null };
    // What one's own devices told was acted upon; it may hold history, compressed.
    const speaks = or(sql`${inbox.isPeer} = 1`, ...digitsOf(traces).map((digits) => holds(inbox.stanza, digits)));
    const isTheirs = and(
      sql`${inbox.id} > ${place}`,
      lte(inbox.id, last.id),
      inArray(inbox.sessionId, ownSessions(accountId)),
      sql`${inbox.takenAt} IS NOT NULL`,
      speaks,
    );
    await db
      .update(inbox)
      .set({ stanza: Buffer.from(blank) })
      .where(isTheirs);
    return { next: rows.length < most ? null : last.id };
  };

  /** At once, in the transaction that begins it: nothing that came before is taken in any more. */
  async function blankWaiting({ accountId, traces }: ForgettingTask, blank: Uint8Array, at: number): Promise<void> {
    // In a stanza's own names, which are JSON: not in what it says.
    const isFrom = digitsOf(traces).flatMap((digits) =>
      ["@", ":"].map((end) => holds(inbox.stanza, `"${digits}${end}`)),
    );
    const isTheirs = and(
      inArray(inbox.sessionId, ownSessions(accountId)),
      sql`${inbox.takenAt} IS NULL AND ${inbox.isPeer} = 0`,
      or(...isFrom),
    );
    await db
      .update(inbox)
      .set({ stanza: Buffer.from(blank), takenAt: at })
      .where(isTheirs);
  }

  const removeContact: Step = async ({ accountId, contactId }, { at }) => {
    await db.delete(chats).where(eq(chats.contactId, contactId));
    await db.delete(contacts).where(eq(contacts.id, contactId));
    append({ accountId, sessionId: null, type: "contact.forgotten", at, data: { contactId } });
    return { next: null, traces: { phones: [], lids: [], contactIds: [] } };
  };

  /** The index of words keeps those of deleted rows until it is written anew; a few hundred pages at a time. */
  const rewriteWords: Step = async ({ place }) => {
    const before = changes();
    // Below zero it begins: then all of the index is to become one.
    await db.run(
      sql`INSERT INTO message_words (message_words, rank) VALUES ('merge', ${place === 0 ? -pagesAtOnce : pagesAtOnce})`,
    );
    return { next: changes() - before < 2 || place > mostRewrites ? null : place + 1 };
  };
  const changes = () => db.all<{ n: number }>(sql`SELECT total_changes() AS n`)[0]?.n ?? 0;

  const { redactMessages, redactJournal, removeActions, removeAdmins } = elsewhereSteps(db);
  const { removeFromCampaigns, redactCampaigns, removeFromList } = campaignSteps(db);
  const { removeBodies, blankAnswers } = toldSteps(db);
  const { cancelWaiting, forgetSchedules } = scheduleSteps(db);
  return {
    blankWaiting,
    cancelWaiting,
    inOrder: [
      forgetSchedules,
      cancelQueued,
      keySteps(db),
      blankInbox,
      removeChats,
      removeSaid,
      removeFrom(receipts),
      removeFrom(reactions),
      removeFrom(votes),
      removeCalls,
      redactMessages,
      removeActions,
      removeAdmins,
      removeFromCampaigns,
      redactCampaigns,
      removeFromList,
      redactJournal,
      removeBodies,
      blankAnswers,
      removeContact,
      rewriteWords,
    ] satisfies Step[] as Step[],
  };
}

const pagesAtOnce = 200;
/** It is over long before, unless others write faster than this reads. */
const mostRewrites = 20_000;
