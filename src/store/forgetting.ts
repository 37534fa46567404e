// Forgetting a person: begun in one transaction, after which nothing new is theirs, and carried on in pieces, each with a
// note of how far it has come, until nothing of them is left.
import { and, asc, eq, inArray, max, or, sql } from "drizzle-orm";
import { WaygateError } from "../core/errors.ts";
import { auditAppender, type Recorded } from "./audit.ts";
import type { Handle } from "./database.ts";
import type { ForgettingTask, Piece } from "./forgetting-piece.ts";
import { forgettingSteps } from "./forgetting-steps.ts";
import { forgettings, type Traces } from "./forgetting-tables.ts";
import { lidMappings } from "./signal-tables.ts";
import { chats, contacts, inbox, journal, messages, sessions } from "./tables.ts";

export type NewForgetting = {
  accountId: number;
  contactId: number;
  /** Stands in the inbox in the place of what is forgotten: it says nothing. */
  blank: Uint8Array;
  at: number;
  /** Says that somebody was forgotten, and not who. */
  event: Recorded;
};
export type ForgettingPiece = Piece & { id: number };

export function forgettingWrites(db: Handle) {
  const audit = auditAppender(db);
  const steps = forgettingSteps(db);

  async function tracesOf({ id, accountId, phone, lid }: typeof contacts.$inferSelect): Promise<Traces> {
    const own = db.select({ id: sessions.id }).from(sessions).where(eq(sessions.accountId, accountId));
    const alike = or(
      phone === null ? undefined : eq(lidMappings.phone, phone),
      lid === null ? undefined : eq(lidMappings.lid, lid),
    );
    const known = await db
      .select()
      .from(lidMappings)
      .where(and(inArray(lidMappings.sessionId, own), alike));
    const all = (first: string | null, others: string[]) => [
      ...new Set([...(first === null ? [] : [first]), ...others]),
    ];
    return {
      phones: all(
        phone,
        known.map((row) => row.phone),
      ),
      lids: all(
        lid,
        known.map((row) => row.lid),
      ),
      contactIds: [id],
    };
  }

  async function newest() {
    const [row] = await db.select({ id: max(inbox.id) }).from(inbox);
    const [message] = await db.select({ id: max(messages.id) }).from(messages);
    const [entry] = await db.select({ id: max(journal.id) }).from(journal);
    return { lastInboxId: row?.id ?? 0, lastMessageId: message?.id ?? 0, lastJournalId: entry?.id ?? 0 };
  }

  return {
    /** Whoever is being forgotten already goes on being forgotten. Gives back what it is carried on by. */
    async "contacts.forget"(input: NewForgetting): Promise<number> {
      const { accountId, contactId, at } = input;
      const isIt = and(eq(contacts.id, contactId), eq(contacts.accountId, accountId));
      const [contact] = await db.select().from(contacts).where(isIt);
      if (contact === undefined) throw new WaygateError("not_found", "There is no such contact.");
      const [known] = await db.select().from(forgettings).where(eq(forgettings.contactId, contactId));
      if (known !== undefined) return known.id;
      const traces = await tracesOf(contact);
      const task = { accountId, contactId, traces, ...(await newest()), createdAt: at };
      const [made] = await db
        .insert(forgettings)
        .values({ ...task, step: 0, place: 0 })
        .returning();
      if (made === undefined) throw new Error("a forgetting was not begun");
      // From here on they are nobody: when they write again they are somebody new.
      const nobody = { phone: null, lid: nameless(contactId), username: null, name: null, pushName: null };
      await db
        .update(contacts)
        .set({ ...nobody, verifiedName: null, updatedAt: at })
        .where(isIt);
      await db.update(chats).set({ name: null }).where(eq(chats.contactId, contactId));
      await steps.blankWaiting(made, input.blank, at);
      await steps.cancelWaiting(made, at);
      await audit(input.event);
      return made.id;
    },
    /** The next piece. True when there is nothing more to do. */
    async "contacts.forget_more"({ id, most, blank, at }: ForgettingPiece): Promise<boolean> {
      const [task] = await db.select().from(forgettings).where(eq(forgettings.id, id));
      const step = task === undefined ? undefined : steps.inOrder[task.step];
      if (task === undefined || step === undefined) return true;
      const { next, traces = task.traces } = await step(task, { most, blank, at });
      const changes = next === null ? { step: task.step + 1, place: 0 } : { place: next };
      await db
        .update(forgettings)
        .set({ ...changes, traces })
        .where(eq(forgettings.id, id));
      return steps.inOrder[changes.step ?? task.step] === undefined;
    },
    /** It is over, on the disk too. */
    async "contacts.forgotten"({ id }: { id: number }): Promise<void> {
      await db.delete(forgettings).where(eq(forgettings.id, id));
    },
  };
}

/** What a contact is called by that is nobody's any more, until it is gone: no LID is like that. */
export function nameless(contactId: number): string {
  return `forgotten-${contactId}`;
}

export function forgettingQueries(db: Handle) {
  return {
    /** Those that are under way, oldest first. */
    waiting: (): Promise<ForgettingTask[]> => db.select().from(forgettings).orderBy(asc(forgettings.id)),
    async isUnderWay(id: number): Promise<boolean> {
      const [found] = await db.select({ at: sql`1` }).from(forgettings).where(eq(forgettings.id, id));
      return found !== undefined;
    },
  };
}
