// What happens in groups, told to others. Those who come and go there are nobody's contacts for that: where they are none,
// the event itself says who they are.
import { and, eq, sql } from "drizzle-orm";
import type { EventType } from "../core/events.ts";
import type { GroupChanges, GroupNews, MemberNews, Somebody } from "../core/told.ts";
import { ownerFinder, type SessionOwner } from "./chats.ts";
import { contactKeeper } from "./contacts.ts";
import type { Handle } from "./database.ts";
import { journalAppender } from "./journal.ts";
import { chats, journal } from "./tables.ts";

export type GroupToTell = { sessionId: number; news: GroupNews; at: number };
type Person = { id: number | null; face: { phone: string | null; lid: string | null } | null; isMe: boolean };

/** WhatsApp tells a notice again that it does not know to have been heard: soon after, with the next connection. */
const lookedBack = 500;
const types = ["member.joined", "member.left", "member.promoted", "member.demoted", "group.updated"] as const;

export function groupNewsWrites(db: Handle) {
  const append = journalAppender(db);
  const ownerOf = ownerFinder(db);
  const { join } = contactKeeper(db);
  const newest = db
    .select({ type: journal.type, sessionId: journal.sessionId, data: journal.data })
    .from(journal)
    .where(eq(journal.accountId, sql.placeholder("accountId")))
    .orderBy(sql`${journal.id} DESC`)
    .limit(lookedBack)
    .as("newest");
  const told = db
    .select({ told: sql`1` })
    .from(newest)
    .where(
      and(
        sql`${newest.type} IN (${sql.join(
          types.map((type) => sql.raw(`'${type}'`)),
          sql.raw(", "),
        )})`,
        eq(newest.sessionId, sql.placeholder("sessionId")),
        sql`json_extract(${newest.data}, '$.noticeId') = ${sql.placeholder("noticeId")}`,
      ),
    )
    .limit(1)
    .prepare();

  async function personOf(somebody: Somebody, owner: SessionOwner, at: number): Promise<Person> {
    const { isMe, phone, lid } = somebody;
    const face = { phone, lid };
    if (isMe) return { id: null, face: null, isMe };
    const contact = await join({ ...owner, face, at });
    return { id: contact?.id ?? null, face: contact === null ? face : null, isMe };
  }

  async function chatOf({ sessionId }: SessionOwner, jid: string): Promise<number | null> {
    const isIt = and(eq(chats.sessionId, sessionId), eq(chats.jid, jid));
    const [chat] = await db.select({ id: chats.id }).from(chats).where(isIt);
    return chat?.id ?? null;
  }

  return {
    async "groups.tell"({ sessionId, news, at }: GroupToTell): Promise<void> {
      const owner = ownerOf(sessionId);
      const { noticeId, jid } = news;
      if (owner === undefined || (await told.execute({ ...owner, noticeId })).length > 0) return;
      const by = news.by === null ? null : await personOf(news.by, owner, at);
      const chatId = await chatOf(owner, jid);
      const about = { groupJid: jid, chatId, noticeId, happenedAt: news.at || at, ...actor(by) };
      const tell = (type: EventType, data: object) => append({ ...owner, type, at, data: { ...about, ...data } });
      for (const { change, people } of news.members) {
        for (const one of people)
          tell(`member.${change}`, { ...subject(await personOf(one, owner, at)), ...how(change, one) });
      }
      if (Object.keys(news.changes).length > 0) tell("group.updated", { changes: news.changes });
      await rename(chatId, news.changes);
    },
  };

  async function rename(chatId: number | null, { subject: name }: GroupChanges): Promise<void> {
    if (chatId !== null && name !== undefined) await db.update(chats).set({ name }).where(eq(chats.id, chatId));
  }
}

function subject({ id, face, isMe }: Person) {
  if (isMe) return { isMe };
  return id === null ? { face } : { contactId: id };
}

function actor(by: Person | null) {
  if (by === null) return {};
  if (by.isMe) return { isByMe: true };
  return by.id === null ? { actorFace: by.face } : { actorId: by.id };
}

function how(change: MemberNews["change"], { isByOther }: { isByOther: boolean }) {
  if (change === "joined") return { how: isByOther ? "added" : "joined" };
  return change === "left" ? { how: isByOther ? "removed" : "left" } : {};
}
