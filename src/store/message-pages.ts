// Which messages a list shows, in its order: found by their indexes alone, before anything of what they hold is read.
import { type SQL, sql } from "drizzle-orm";
import { contentKinds } from "../core/content.ts";
import { messageStates } from "../core/message.ts";
import type { Handle } from "./database.ts";
import type { MessageFilter, MessagePage } from "./messages.ts";

/** How many matches of a search are looked at in one go: most searches end with the first, and none holds others up. */
const firstMatches = 500;
const mostMatches = 32_000;
const moreTimes = 8;

export function messagePages(db: Handle) {
  const idsOf = async (query: SQL) => (await db.all<{ id: number }>(query)).map(({ id }) => id);
  const newestFirst = sql.raw("ORDER BY m.said_at DESC, m.id DESC");

  /** Of one chat. The plus keeps SQLite at the chat's own index. */
  function ofChat(filter: MessageFilter, { before, limit, offset = 0 }: MessagePage) {
    const own = sql`+m.session_id IN ${sessionsOf(filter)}`;
    const where = allOf([...inChat(filter), own, ...conditionsOf(filter, "m"), olderThan(before, "m")]);
    return idsOf(sql`SELECT m.id FROM messages m WHERE ${where} ${newestFirst} LIMIT ${limit} OFFSET ${offset}`);
  }

  /** Of every session its newest, by the index of each, and of these the newest. */
  function ofSessions(filter: MessageFilter, { before, limit, offset = 0 }: MessagePage) {
    const where = allOf([sql`o.session_id = s.id`, ...conditionsOf(filter, "o"), olderThan(before, "o")]);
    const newest = sql`SELECT o.id FROM messages o WHERE ${where} ORDER BY o.said_at DESC, o.id DESC LIMIT ${limit + offset}`;
    return idsOf(
      sql`SELECT m.id FROM sessions s CROSS JOIN messages m WHERE s.id IN ${sessionsOf(filter)} AND m.id IN (${newest}) ${newestFirst} LIMIT ${limit} OFFSET ${offset}`,
    );
  }

  function fitting(ids: readonly number[], filter: MessageFilter, limit: number) {
    const where = allOf([sql`+m.session_id IN ${sessionsOf(filter)}`, ...conditionsOf(filter, "m")]);
    return idsOf(
      sql`SELECT m.id FROM json_each(${JSON.stringify(ids)}) j CROSS JOIN messages m ON m.id = j.value WHERE ${where} LIMIT ${limit}`,
    );
  }

  async function inPieces(filter: MessageFilter, query: string, { before, limit }: MessagePage): Promise<number[]> {
    const found: number[] = [];
    let below = before?.id ?? Number.MAX_SAFE_INTEGER;
    for (let many = firstMatches; ; many = Math.min(many * moreTimes, mostMatches)) {
      const matches = await idsOf(
        sql`SELECT rowid AS id FROM message_words WHERE message_words MATCH ${query} AND rowid < ${below} ORDER BY rowid DESC LIMIT ${many}`,
      );
      found.push(...(await fitting(matches, filter, limit - found.length)));
      if (found.length >= limit || matches.length < many) return found;
      below = matches.at(-1) ?? 0;
      // Others have their turn before it goes on.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** What is in the chat is known before any row is looked at: of a common word nearly all is in others. */
  function inOneChat(filter: MessageFilter, query: string, { before, limit }: MessagePage): Promise<number[]> {
    const inChat = sql`+w.rowid IN (SELECT id FROM messages WHERE chat_id = ${filter.chatId})`;
    const own = sql`+m.session_id IN ${sessionsOf(filter)}`;
    const older = sql`w.rowid < ${before?.id ?? Number.MAX_SAFE_INTEGER}`;
    const where = allOf([sql`w.message_words MATCH ${query}`, older, inChat, own, ...conditionsOf(filter, "m")]);
    return idsOf(
      sql`SELECT m.id FROM message_words w CROSS JOIN messages m ON m.id = w.rowid WHERE ${where} ORDER BY w.rowid DESC LIMIT ${limit}`,
    );
  }

  return {
    listed: (filter: MessageFilter, page: MessagePage): Promise<number[]> =>
      filter.chatId === undefined ? ofSessions(filter, page) : ofChat(filter, page),

    async count(filter: Omit<MessageFilter, "text">): Promise<number> {
      const where = allOf([
        sql`m.session_id IN ${sessionsOf(filter)}`,
        ...inChat(filter),
        ...conditionsOf(filter, "m"),
      ]);
      const [found] = await db.all<{ n: number }>(sql`SELECT count(*) AS n FROM messages m WHERE ${where}`);
      return found?.n ?? 0;
    },

    /** Newest rows first: the words' own order is that of the rows' ids, which SQLite can walk backwards. */
    matching: (filter: MessageFilter, query: string, page: MessagePage): Promise<number[]> =>
      filter.chatId === undefined ? inPieces(filter, query, page) : inOneChat(filter, query, page),
  };
}

/** Of the account, and of those only that are named if any are. */
function sessionsOf({ accountId, sessionIds }: MessageFilter): SQL {
  const named =
    sessionIds === null ? sql`` : sql` AND id IN (SELECT value FROM json_each(${JSON.stringify(sessionIds)}))`;
  return sql`(SELECT id FROM sessions WHERE account_id = ${accountId}${named})`;
}

function inChat({ chatId }: MessageFilter): SQL[] {
  return chatId === undefined ? [] : [sql`m.chat_id = ${chatId}`];
}

function olderThan(before: MessagePage["before"], alias: "m" | "o"): SQL[] {
  return before === null ? [] : [sql`(${at(alias, "said_at")}, ${at(alias, "id")}) < (${before.at}, ${before.id})`];
}

/** Everything but whose it is. What is one of a list stands for itself in the text, so that indexes for it are seen. */
function conditionsOf(filter: Omit<MessageFilter, "text">, alias: "m" | "o"): SQL[] {
  const { direction, states, kinds, saidFrom, saidUntil } = filter;
  const oneOf = (column: string, all: readonly string[], some: readonly string[] | undefined) => {
    if (some === undefined) return [];
    const codes = some.map((one) => all.indexOf(one));
    return [sql`${at(alias, column)} ${sql.raw(codes.length === 1 ? `= ${codes[0]}` : `IN (${codes.join()})`)}`];
  };
  return [
    ...(direction === undefined ? [] : [sql`${at(alias, "from_me")} = ${direction === "out" ? 1 : 0}`]),
    ...oneOf("state", messageStates, states),
    ...oneOf("kind", contentKinds, kinds),
    ...(saidFrom === undefined ? [] : [sql`${at(alias, "said_at")} >= ${saidFrom}`]),
    ...(saidUntil === undefined ? [] : [sql`${at(alias, "said_at")} < ${saidUntil}`]),
  ];
}

const at = (alias: string, column: string): SQL => sql.raw(`${alias}.${column}`);

function allOf(conditions: readonly (SQL | SQL[])[]): SQL {
  return sql.join(conditions.flat(), sql.raw(" AND "));
}
