// Files of messages: which are still to be fetched and from where, and what became of them.
import { and, asc, eq, gt, isNull, lte, or, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { ChatKind } from "../core/chat.ts";
import type { Face } from "../core/content.ts";
import type { MediaLocator } from "../core/inbound.ts";
import type { MediaState, MessageFault } from "../core/message.ts";
import type { Handle } from "./database.ts";
import { chats, contacts, media, messages } from "./tables.ts";

/** One to fetch, with all that the phone needs to be told if it has to bring it back. */
export type WantedFile = {
  messageId: number;
  locator: MediaLocator;
  attempts: number;
  /** Somebody wants this very one. */
  isAsked: boolean;
  waId: string;
  isFromMe: boolean;
  chat: { kind: ChatKind; jid: string | null; face: Face };
  /** Null for our own. */
  sender: Face | null;
};
export type KeptFile = {
  state: MediaState;
  path: string | null;
  bytes: number | null;
  fault: MessageFault | null;
  canBeFetched: boolean;
  nextAt: number | null;
  askedAt: number | null;
};
export type AskedFile = { messageId: number; at: number; lostFrom: string | null };
export type SettledFile = { messageId: number } & (
  | { state: "stored"; path: string; bytes: number; at: number }
  | { state: "gone" | "failed"; fault: MessageFault }
);

/** Before everything that nobody waits for. */
const first = 0;
const isWanted = sql`${media.state} = 0`;
const isGivenUp = sql`${media.state} IN (2, 3) AND ${media.fault} ->> 'code' IN ('gone', 'given_up')`;

export function mediaWrites(db: Handle) {
  return {
    /** False when it was settled meanwhile, or is gone with its message. */
    async "media.settle"(settled: SettledFile): Promise<boolean> {
      const values =
        settled.state === "stored"
          ? { state: settled.state, path: settled.path, bytes: settled.bytes, storedAt: settled.at, fault: null }
          : { state: settled.state, fault: settled.fault };
      const rows = await db
        .update(media)
        .set({ ...values, nextAt: null })
        .where(and(eq(media.messageId, settled.messageId), isWanted))
        .returning({ id: media.messageId });
      return rows.length > 0;
    },
    /** Not this time. */
    async "media.postpone"({ messageId, attempts, nextAt }: { messageId: number; attempts: number; nextAt: number }) {
      await db
        .update(media)
        .set({ attempts, nextAt })
        .where(and(eq(media.messageId, messageId), isWanted));
    },
    /** The phone has brought it back. */
    async "media.relocate"({ messageId, locator }: { messageId: number; locator: MediaLocator }): Promise<void> {
      await db.update(media).set({ locator }).where(eq(media.messageId, messageId));
    },
    /** So it has, long after it was asked: it is fetched now, also if it had been given up. */
    async "media.back"({ messageId, locator, at }: { messageId: number; locator: MediaLocator; at: number }) {
      const ofIt = eq(media.messageId, messageId);
      await db
        .update(media)
        .set({ locator, nextAt: at })
        .where(and(ofIt, isWanted, sql`${media.nextAt} IS NOT NULL`));
      await db
        .update(media)
        .set({ locator, state: "wanted", fault: null, attempts: 0, nextAt: at })
        .where(and(ofIt, isGivenUp));
    },
    /** Somebody wants it: before all others, and from the beginning if it had been given up or was lost from there. */
    async "media.ask"({ messageId, at, lostFrom }: AskedFile): Promise<void> {
      await db
        .update(media)
        .set({ state: "wanted", path: null, fault: null, attempts: 0, nextAt: first, askedAt: at })
        .where(
          and(
            eq(media.messageId, messageId),
            sql`${media.locator} IS NOT NULL`,
            // What has come meanwhile stays.
            or(isNull(media.path), lostFrom === null ? undefined : eq(media.path, lostFrom)),
          ),
        );
    },
  };
}

export function mediaQueries(db: Handle) {
  const slot = sql.placeholder;
  const partner = alias(contacts, "partner");
  const author = alias(contacts, "author");
  const ofSession = and(eq(media.sessionId, slot("sessionId")), isWanted);
  const due = db
    .select({
      messageId: media.messageId,
      locator: media.locator,
      attempts: media.attempts,
      askedAt: media.askedAt,
      waId: messages.waId,
      isFromMe: messages.fromMe,
      kind: chats.kind,
      jid: chats.jid,
      partner: { phone: partner.phone, lid: partner.lid },
      author: { phone: author.phone, lid: author.lid },
    })
    .from(media)
    .innerJoin(messages, eq(messages.id, media.messageId))
    .innerJoin(chats, eq(chats.id, messages.chatId))
    .leftJoin(partner, eq(partner.id, chats.contactId))
    .leftJoin(author, eq(author.id, messages.senderId))
    .where(and(ofSession, lte(media.nextAt, slot("now"))))
    .orderBy(asc(media.nextAt), asc(media.messageId))
    .limit(slot("limit"))
    .prepare();
  const next = db
    .select({ at: media.nextAt })
    .from(media)
    .where(and(ofSession, gt(media.nextAt, slot("now"))))
    .orderBy(asc(media.nextAt))
    .limit(1)
    .prepare();
  const lost = db
    .select({ messageId: media.messageId, locator: media.locator })
    .from(media)
    .innerJoin(messages, eq(messages.id, media.messageId))
    .where(and(eq(messages.sessionId, slot("sessionId")), eq(messages.waId, slot("waId"))))
    .prepare();
  const one = db
    .select()
    .from(media)
    .where(eq(media.messageId, slot("messageId")))
    .prepare();

  return {
    /** What is to be fetched now, what somebody waits for first, then by age. */
    async due(sessionId: number, now: number, limit: number): Promise<WantedFile[]> {
      const rows = await due.execute({ sessionId, now, limit });
      return rows.flatMap(({ locator, askedAt, kind, jid, partner: face, author: sender, ...row }) =>
        locator === null
          ? []
          : [{ ...row, locator, isAsked: askedAt !== null, chat: { kind, jid, face: face ?? nobody }, sender }],
      );
    },
    /** When there is something to do that is not due yet. */
    async nextAt(sessionId: number, now: number): Promise<number | null> {
      const [row] = await next.execute({ sessionId, now });
      return row?.at ?? null;
    },
    /** What the phone seals its word on a message's file with; null for one that has none. */
    async sealed(sessionId: number, waId: string): Promise<{ messageId: number; locator: MediaLocator } | null> {
      const [row] = await lost.execute({ sessionId, waId });
      return row === undefined || row.locator === null ? null : { messageId: row.messageId, locator: row.locator };
    },
    /** Null for a message without a file. */
    async find(messageId: number): Promise<KeptFile | null> {
      const [row] = await one.execute({ messageId });
      if (row === undefined) return null;
      const { state, path, bytes, fault, locator, nextAt, askedAt } = row;
      return { state, path, bytes, fault, canBeFetched: locator !== null, nextAt, askedAt };
    },
  };
}

const nobody: Face = { phone: null, lid: null };
