// Forgetting a person in what others said, and in what was told of them: the rows stay, they are not in them any more.
import { and, desc, eq, inArray, lte, or, sql } from "drizzle-orm";
import type { Face } from "../core/content.ts";
import { contentWithout, contextWithout, isThem, type Traces as Named, valueWithout } from "../core/traces.ts";
import { actions } from "./action-tables.ts";
import type { Handle } from "./database.ts";
import { digitsOf, holds, type Step } from "./forgetting-piece.ts";
import type { Traces } from "./forgetting-tables.ts";
import { journalAppender } from "./journal.ts";
import { messageKeeper } from "./message-rows.ts";
import { settlingFollower } from "./settlings.ts";
import { groups, journal, messages, sessions } from "./tables.ts";

const spokeOfThem = { code: "cancelled", sentence: "It spoke of somebody who was forgotten before it went out." };

export function elsewhereSteps(db: Handle) {
  const append = journalAppender(db);
  const follow = settlingFollower(db);
  const { replaceContent } = messageKeeper(db);
  type Row = typeof messages.$inferSelect;
  const ownSessions = (accountId: number) =>
    db.select({ id: sessions.id }).from(sessions).where(eq(sessions.accountId, accountId));

  async function redact({ id, sessionId, content, context, state }: Row, traces: Named, accountId: number, at: number) {
    const isQueued = state === "queued";
    await replaceContent(id, contentWithout(content, traces), {
      context: contextWithout(context, traces),
      // WhatsApp's own form has them too, and is of use for quoting only.
      raw: null,
      ...(isQueued ? { state: "cancelled", fault: JSON.stringify(spokeOfThem) } : {}),
    });
    if (!isQueued) return;
    append({ accountId, sessionId, type: "message.failed", at, data: { messageId: id } });
    await follow({ id, at, state: "cancelled", fault: spokeOfThem });
  }

  const redactMessages: Step = async ({ accountId, traces, place, lastMessageId }, { most, at }) => {
    const range = and(sql`${messages.id} > ${place}`, lte(messages.id, lastMessageId));
    const ids = await db.select({ id: messages.id }).from(messages).where(range).orderBy(messages.id).limit(most);
    const last = ids.at(-1);
    if (last === undefined) return { next: null };
    const speaks = digitsOf(traces).flatMap((digits) => [
      sql`instr(${messages.content}, ${digits}) > 0`,
      sql`instr(${messages.context}, ${digits}) > 0`,
      holds(messages.raw, digits),
    ]);
    const found = await db
      .select()
      .from(messages)
      .where(and(range, lte(messages.id, last.id), inArray(messages.sessionId, ownSessions(accountId)), or(...speaks)));
    for (const row of found) await redact(row, traces, accountId, at);
    return { next: ids.length < most ? null : last.id };
  };

  /** From the newest on: who was brought together with them was somebody else before that. */
  const redactJournal: Step = async ({ accountId, traces, place, lastJournalId }, { most }) => {
    const upTo = place === 0 ? lastJournalId : place - 1;
    const rows = await db
      .select()
      .from(journal)
      .where(and(eq(journal.accountId, accountId), lte(journal.id, upTo)))
      .orderBy(desc(journal.id))
      .limit(most);
    const contactIds = new Set(traces.contactIds);
    for (const { id, data } of rows) {
      const isTheirs = isOf(data, { ...traces, contactIds: [...contactIds] });
      if (isTheirs && typeof data.mergedId === "number") contactIds.add(data.mergedId);
      const redacted = isTheirs ? bareOf(data) : valueWithout(data, traces);
      if (JSON.stringify(redacted) === JSON.stringify(data)) continue;
      await db.update(journal).set({ data: redacted }).where(eq(journal.id, id));
    }
    const last = rows.at(-1);
    const known: Traces = { ...traces, contactIds: [...contactIds] };
    return { next: last === undefined || rows.length < most ? null : last.id, traces: known };
  };

  /** What was done to messages that stay: those who could not read it do not get it again. */
  const removeActions: Step = async ({ accountId, traces }, { most }) => {
    const speaks = digitsOf(traces).flatMap((digits) => [
      sql`instr(${actions.target}, ${digits}) > 0`,
      sql`instr(${actions.content}, ${digits}) > 0`,
      sql`instr(${actions.context}, ${digits}) > 0`,
      holds(actions.raw, digits),
      holds(actions.edited, digits),
    ]);
    const some = db
      .select({ id: actions.id })
      .from(actions)
      .where(and(inArray(actions.sessionId, ownSessions(accountId)), or(...speaks)))
      .limit(most);
    const gone = await db.delete(actions).where(inArray(actions.id, some)).returning({ id: actions.id });
    return { next: gone.length < most ? null : 0 };
  };

  /** Who decides there is asked for again when it matters. */
  const removeAdmins: Step = async ({ accountId, traces }) => {
    const speaks = digitsOf(traces).map((digits) => sql`instr(${groups.admins}, ${`"${digits}"`}) > 0`);
    await db.delete(groups).where(and(inArray(groups.sessionId, ownSessions(accountId)), or(...speaks)));
    return { next: null };
  };

  return { redactMessages, redactJournal, removeActions, removeAdmins };
}

/** It is about them, or they have done it. */
function isOf({ contactId, actorId, face, actorFace }: Record<string, unknown>, traces: Traces): boolean {
  const isIt = (id: unknown) => typeof id === "number" && traces.contactIds.includes(id);
  const isTheirs = (value: unknown) => typeof value === "object" && value !== null && isThem(value as Face, traces);
  return isIt(contactId) || isIt(actorId) || isTheirs(face) || isTheirs(actorFace);
}

/** That stays of an event: which rows it was about, and where. */
const bare = ["contactId", "mergedId", "messageId", "chatId", "groupJid", "isMe", "how"];

/** What an event was about, and nothing of what it told. */
function bareOf(data: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(data).filter(([name]) => bare.includes(name));
  return { ...Object.fromEntries(kept), forgotten: true };
}
