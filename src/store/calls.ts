// Calls in the database: a row for each, however often WhatsApp tells of it, and one event for each thing that becomes of it.
import { and, asc, desc, eq, getTableColumns, gt, gte, inArray, lt, type SQL } from "drizzle-orm";
import type { Call, CallOutcome, ListedCall } from "../core/call.ts";
import { second } from "../core/clock.ts";
import type { EventType } from "../core/events.ts";
import type { PageRequest } from "../core/page.ts";
import type { EndedCall, OfferedCall, RejectedCall } from "../core/told.ts";
import { answerKeeper } from "./answers.ts";
import { calls } from "./call-tables.ts";
import { ownerFinder, type SessionOwner } from "./chats.ts";
import { contactKeeper } from "./contacts.ts";
import type { Handle } from "./database.ts";
import { journalAppender } from "./journal.ts";
import type { NewMessage } from "./outbox.ts";
import { contacts } from "./tables.ts";

export type Rejected = {
  sessionId: number;
  call: RejectedCall;
  /** Somebody is asked first what the caller is to be told. */
  awaitsWord: boolean;
  word: NewMessage | null;
  at: number;
};

/**
 * WhatsApp takes a call from all other devices the moment one has taken it, in words that might be those of its end: those
 * come later.
 */
const shortestTalkMs = 2 * second;

export function callWrites(db: Handle) {
  const append = journalAppender(db);
  const ownerOf = ownerFinder(db);
  const { ensure } = contactKeeper(db);
  const { keepAnswer } = answerKeeper(db);

  async function find(sessionId: number, waId: string): Promise<Call | undefined> {
    const [row] = await db
      .select()
      .from(calls)
      .where(and(eq(calls.sessionId, sessionId), eq(calls.waId, waId)));
    return row;
  }

  function tell(type: EventType, call: Call, at: number, more: Record<string, unknown> = {}): void {
    const { id, accountId, sessionId, waId: callId, contactId, isVideo, isGroup, groupJid, startedAt } = call;
    const data = { callRow: id, callId, contactId, isVideo, isGroup, groupJid, startedAt, ...more };
    append({ accountId, sessionId, type, at, data });
  }

  /** Rings, unless it has been heard of already. */
  async function ring(owner: SessionOwner, offered: Omit<OfferedCall, "type">, at: number): Promise<Call> {
    const { waId, caller, isVideo, isGroup, group: groupJid, isLate } = offered;
    const known = await find(owner.sessionId, waId);
    if (known !== undefined) return known;
    const contactId = await ensure({ ...owner, face: caller, at });
    const startedAt = offered.at > 0 ? offered.at : at;
    const values = { ...owner, waId, contactId, isVideo, isGroup, groupJid, startedAt, createdAt: at };
    const [made] = await db.insert(calls).values(values).returning();
    if (made === undefined) throw new Error("a call was not written down");
    tell("call.received", made, at, { isLate });
    return made;
  }

  async function change(call: Call, changes: Partial<Call>): Promise<Call> {
    await db.update(calls).set(changes).where(eq(calls.id, call.id));
    return { ...call, ...changes };
  }

  /** It rings no more, and somebody should know. */
  function tellEnd(call: Call, at: number): void {
    const { outcome, answeredAt, endedAt } = call;
    tell("call.ended", call, at, { outcome, answeredAt, endedAt });
  }

  async function end(call: Call, { outcome, at: toldAt }: EndedCall, at: number): Promise<void> {
    const { answeredAt } = call;
    const endedAt = toldAt > 0 ? toldAt : at;
    if (call.outcome === null) {
      const isAnswered = outcome === "answered";
      const times = isAnswered ? { answeredAt: endedAt } : { endedAt };
      return tellEnd(await change(call, { outcome: outcome ?? "missed", ...times }), at);
    }
    const isOfTalk = answeredAt !== null && call.endedAt === null && endedAt - answeredAt >= shortestTalkMs;
    if (isOfTalk && outcome === null) await change(call, { endedAt });
  }

  return {
    async "calls.ring"({ sessionId, call, at }: { sessionId: number; call: OfferedCall; at: number }): Promise<void> {
      const owner = ownerOf(sessionId);
      if (owner !== undefined) await ring(owner, call, at);
    },
    /** Of one that nobody heard ring, nothing is known. */
    async "calls.end"({ sessionId, call, at }: { sessionId: number; call: EndedCall; at: number }): Promise<void> {
      const known = await find(sessionId, call.waId);
      if (known !== undefined) await end(known, call, at);
    },
    async "calls.rejected"({ sessionId, call, awaitsWord, word, at }: Rejected): Promise<void> {
      const owner = ownerOf(sessionId);
      if (owner === undefined) return;
      const before = await ring(owner, call, at);
      if (before.rejectedAt !== null) return;
      const endedAt = before.endedAt ?? at;
      const now = await change(before, { outcome: "rejected", rejectedAt: at, endedAt });
      tell("call.rejected", now, at, { awaitsWord });
      if (before.outcome === null) tellEnd(now, at);
      if (word !== null) await keepAnswer(word);
    },
    /** Those that began before that, a few at a time. */
    async "calls.prune"({ before, most }: { before: number; most: number }): Promise<number> {
      const old = db.select({ id: calls.id }).from(calls).where(lt(calls.startedAt, before)).limit(most);
      const gone = await db.delete(calls).where(inArray(calls.id, old)).returning({ id: calls.id });
      return gone.length;
    },
  };
}

export type CallFilter = {
  accountId: number;
  /** Null is all of the account's. */
  sessionIds: readonly number[] | null;
  outcome?: CallOutcome | undefined;
  startedFrom?: number | undefined;
  startedUntil?: number | undefined;
};

export function callQueries(db: Handle) {
  const select = () =>
    db
      .select({ call: getTableColumns(calls), caller: getTableColumns(contacts) })
      .from(calls)
      .innerJoin(contacts, eq(contacts.id, calls.contactId));
  type Row = { call: Call; caller: ListedCall["caller"] };
  const show = ({ call, caller }: Row): ListedCall => ({ ...call, caller });

  return {
    /** In the order in which they were heard of, the newest first. */
    async list(filter: CallFilter, { before, limit }: PageRequest): Promise<ListedCall[]> {
      const older = before === null ? undefined : lt(calls.id, before);
      const rows = await select()
        .where(and(...conditionsOf(filter), older))
        .orderBy(desc(calls.id))
        .limit(limit);
      return rows.map(show);
    },
    /** From the oldest on. */
    async listFrom(filter: CallFilter, after: number, limit: number): Promise<ListedCall[]> {
      const rows = await select()
        .where(and(...conditionsOf(filter), gt(calls.id, after)))
        .orderBy(asc(calls.id))
        .limit(limit);
      return rows.map(show);
    },
  };
}

function conditionsOf({ accountId, sessionIds, outcome, startedFrom, startedUntil }: CallFilter): (SQL | undefined)[] {
  return [
    sessionIds === null ? eq(calls.accountId, accountId) : inArray(calls.sessionId, [...sessionIds]),
    outcome === undefined ? undefined : eq(calls.outcome, outcome),
    startedFrom === undefined ? undefined : gte(calls.startedAt, startedFrom),
    startedUntil === undefined ? undefined : lt(calls.startedAt, startedUntil),
  ];
}
