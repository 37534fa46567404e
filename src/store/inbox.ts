// What has been received and is on disk, and has not been taken in yet: in the order in which it came.
import { and, eq, gt, isNull, sql } from "drizzle-orm";
import type { Content, Face } from "../core/content.ts";
import type { PeopleView } from "../core/inbound.ts";
import type { Handle } from "./database.ts";
import { mappingReads } from "./lid-mappings.ts";
import { contacts, inbox, messages } from "./tables.ts";

/** `isPeer`: of one's own devices, about the account itself; the engine acts upon those, and marks them. */
export type WaitingRow = { id: number; stanza: Uint8Array; isPeer: boolean };
/** A poll as its votes need it; its creator is null where that is ourselves. */
export type KnownPoll = { secret: Uint8Array; options: readonly string[]; creator: Face | null };

export function inboxQueries(db: Handle) {
  const slot = sql.placeholder;
  const mappings = mappingReads(db);
  const waiting = db
    .select({ id: inbox.id, stanza: inbox.stanza, isPeer: inbox.isPeer })
    .from(inbox)
    .where(and(eq(inbox.sessionId, slot("sessionId")), isNull(inbox.takenAt), gt(inbox.id, slot("after"))))
    .orderBy(inbox.id)
    .limit(slot("most"))
    .prepare();
  const byWaId = db
    .select({ secret: messages.secret, content: messages.content, fromMe: messages.fromMe, creator: faceOf(contacts) })
    .from(messages)
    .leftJoin(contacts, eq(contacts.id, messages.senderId))
    .where(and(eq(messages.sessionId, slot("sessionId")), eq(messages.waId, slot("waId"))))
    .prepare();

  return {
    waiting: (sessionId: number, after: number, most: number): Promise<WaitingRow[]> =>
      waiting.execute({ sessionId, after, most }),
    async sessionsWaiting(): Promise<number[]> {
      const rows = await db.selectDistinct({ id: inbox.sessionId }).from(inbox).where(isNull(inbox.takenAt));
      return rows.map(({ id }) => id);
    },
    people: (sessionId: number): PeopleView => ({
      lidOf: (name) => mappings.lidOf(sessionId, name),
      phoneOf: (name) => mappings.phoneOf(sessionId, name),
    }),
    async poll(sessionId: number, waId: string): Promise<KnownPoll | null> {
      const [row] = await byWaId.execute({ sessionId, waId });
      const options = row === undefined ? null : optionsIn(row.content);
      if (row === undefined || row.secret === null || options === null) return null;
      return { secret: row.secret, options, creator: row.fromMe ? null : row.creator };
    },
  };
}

function faceOf({ phone, lid }: typeof contacts) {
  return { phone, lid };
}

function optionsIn(content: Content): readonly string[] | null {
  return content.kind === "poll" ? content.options : null;
}
