// The suite "queries": what the store answers out of a million messages, beside the same asked in bare SQL.

import type { Database } from "bun:sqlite";
import { statSync } from "node:fs";
import { silentLog } from "../../src/core/log.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { openReader } from "../../src/store/database.ts";
import type { MessageFilter, MessagePage } from "../../src/store/messages.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { createFolder } from "./children.ts";
import { numberText, quantile, type Report } from "./figures.ts";
import { type Filled, fill } from "./queries-database.ts";

const usualMessages = 1_000_000;
const chats = 2_000;
const limit = 50;
const warmUps = { rounds: 30, ms: 500 };
const leastRounds = 10;
const mostRounds = 400;
const longestMs = 3_000;

type Ask = {
  name: string;
  /** Gives back how many rows there were. */
  ask(): Promise<number>;
  bare?: () => number;
  targetMs: number | null;
};

/** [HOW MANY messages] */
export async function measureQueries([given]: readonly string[] = []): Promise<Report> {
  const messages = given === undefined ? usualMessages : Number(given);
  using folder = createFolder();
  const began = performance.now();
  const filled = await build(folder.path, messages);
  const builtMs = performance.now() - began;
  await using store = await opened(folder.path);
  using client = openReader(databaseFile(folder.path));
  const rows: string[][] = [];
  for (const one of asksOf(store, client, filled)) rows.push(await measured(one));
  const mb = numberText(statSync(databaseFile(folder.path)).size / 1e6);
  return {
    title: `Queries over ${numberText(messages)} messages`,
    tables: [{ columns: ["query", "rows", "p50 ms", "p99 ms", "bare p50 ms", "ratio", "target p99 ms"], rows }],
    sentences: [
      `${numberText(messages)} messages in ${numberText(chats)} chats of two accounts and eight sessions, in seven languages with spaces and four scripts without; ${mb} MB, filled in ${numberText(builtMs / 1_000)} s. Pages of ${limit}, from a warm cache, one after the other; bare is prepared SQL, written by hand, on the same file.`,
    ],
  };
}

function opened(dataDir: string): Promise<Store> {
  const runner = { pid: process.pid, doing: "bench" };
  return openStore({ dataDir, masterKeys: [], runner, clock: { now: Date.now }, log: silentLog });
}

async function build(dataDir: string, messages: number): Promise<Filled> {
  // Made by the store itself, migrations and all.
  await (await opened(dataDir))[Symbol.asyncDispose]();
  return fill(dataDir, { messages, chats });
}

async function measured({ name, ask, bare, targetMs }: Ask): Promise<string[]> {
  let rows = 0;
  const ours = await timesOf(async () => {
    rows = await ask();
  });
  const theirs = bare === undefined ? null : await timesOf(async () => void bare());
  const [p50, p99] = [quantile(ours, 0.5), quantile(ours, 0.99)];
  const bare50 = theirs === null ? null : quantile(theirs, 0.5);
  const isMissed = targetMs !== null && p99 > targetMs;
  return [
    name,
    numberText(rows),
    numberText(p50, 2),
    numberText(p99, 2),
    bare50 === null ? "" : numberText(bare50, 2),
    bare50 === null ? "" : numberText(p50 / bare50, 1),
    targetMs === null ? "" : `${targetMs}${isMissed ? " (missed)" : ""}`,
  ];
}

/** In ascending order. */
async function timesOf(work: () => Promise<void>): Promise<number[]> {
  const warmSince = performance.now();
  for (let round = 0; round < warmUps.rounds && performance.now() - warmSince < warmUps.ms; round++) await work();
  const times: number[] = [];
  const began = performance.now();
  while (times.length < mostRounds && (times.length < leastRounds || performance.now() - began < longestMs)) {
    const from = performance.now();
    await work();
    times.push(performance.now() - from);
  }
  return times.sort((a, b) => a - b);
}

function asksOf(
  store: Store,
  client: Database,
  { account, sessions, largestChat, usualChat, newestAt }: Filled,
): Ask[] {
  const newest: MessagePage = { before: null, limit };
  const list =
    (filter: Partial<MessageFilter>, page: MessagePage = newest) =>
    async () =>
      (await store.messages.list({ accountId: account, sessionIds: null, ...filter }, page)).length;
  const [first = 0] = sessions;
  const month = 30 * 86_400_000;
  const deepAt = newestAt - 20 * month;
  const deep: MessagePage = { before: { at: deepAt, id: Number.MAX_SAFE_INTEGER }, limit };
  const bare = (sql: string, ...values: (string | number)[]) => {
    const query = client.query<unknown, (string | number)[]>(sql);
    return () => query.all(...values).length;
  };
  const shown = `SELECT m.*, c.kind, c.jid, c.name, p.phone, p.lid, p.name, p.push_name, s.phone, s.lid, f.state, f.bytes, f.fault
    FROM messages m JOIN chats c ON c.id = m.chat_id LEFT JOIN contacts p ON p.id = c.contact_id
    LEFT JOIN contacts s ON s.id = m.sender_id LEFT JOIN media f ON f.message_id = m.id`;
  const newestFirst = `ORDER BY m.said_at DESC, m.id DESC LIMIT ${limit}`;
  const own = "m.session_id IN (SELECT id FROM sessions WHERE account_id = ?)";
  const found = (match: string, more: string, ...values: number[]) =>
    bare(
      `${shown} WHERE m.id IN (SELECT rowid FROM message_words WHERE message_words MATCH ? ORDER BY rowid DESC LIMIT 2000) AND ${own} ${more} ORDER BY m.id DESC LIMIT ${limit}`,
      match,
      account,
      ...values,
    );
  const chat = (name: string, id: number, page = newest): Ask => ({
    name,
    ask: list({ chatId: id }, page),
    bare: bare(
      `${shown} WHERE m.chat_id = ? ${page.before === null ? "" : `AND (m.said_at, m.id) < (${page.before.at}, ${page.before.id})`} ${newestFirst}`,
      id,
    ),
    targetMs: 5,
  });
  const search = (name: string, text: string, match: string, filter: Partial<MessageFilter> = {}): Ask => ({
    name: `search: ${name}`,
    ask: list({ text, ...filter }),
    bare: found(
      match,
      filter.chatId === undefined ? "" : "AND m.chat_id = ?",
      ...(filter.chatId === undefined ? [] : [filter.chatId]),
    ),
    targetMs: 50,
  });
  return [
    chat("newest of the largest chat", largestChat),
    chat("newest of a usual chat", usualChat),
    chat("the largest chat, 20 months back", largestChat, deep),
    search("a common word", "the", '"the" *'),
    search("a common word, in quotes", '"und"', '"und"'),
    search("two common words", "the you", '"the" "you" *'),
    search("a rare word", "Zwetschgenknödel", '"Zwetschgenknödel" *'),
    search("an order's number", "A-150000", '"A-150000" *'),
    search("a word that is not there", "Donaudampfschiff", '"Donaudampfschiff" *'),
    search("a letter that words begin with", "d", '"d" *'),
    search("common Chinese", "谢谢", '"谢 谢" *'),
    search("rare Chinese", "饕餮", '"饕 餮" *'),
    search("common Japanese", "ありがとう", '"あ り が と う" *'),
    search("Thai", "พรุ่งนี้", '"พ รุ่ ง นี้" *'),
    search("a common word in one chat", "the", '"the" *', { chatId: usualChat }),
    search("a common word in one session", "the", '"the" *', { sessionIds: [first] }),
    search("a common word, with pictures alone", "the", '"the" *', { kinds: ["image"] }),
    { name: "newest of all", ask: list({}), bare: bare(`${shown} WHERE ${own} ${newestFirst}`, account), targetMs: 50 },
    { name: "all, 20 months back", ask: list({}, deep), targetMs: 50 },
    {
      name: "newest of one session",
      ask: list({ sessionIds: [first] }),
      bare: bare(`${shown} WHERE m.session_id = ? ${newestFirst}`, first),
      targetMs: 50,
    },
    { name: "one session, 20 months back", ask: list({ sessionIds: [first] }, deep), targetMs: 50 },
    { name: "newest that came in", ask: list({ direction: "in" }), targetMs: 50 },
    {
      name: "newest that went out, of three sessions",
      ask: list({ direction: "out", sessionIds: sessions.slice(0, 3) }),
      targetMs: 50,
    },
    { name: "newest pictures", ask: list({ kinds: ["image"] }), targetMs: 50 },
    { name: "newest places, of which there are few", ask: list({ kinds: ["location"] }), targetMs: 50 },
    { name: "newest that failed, of which there are few", ask: list({ states: ["failed"] }), targetMs: 50 },
    { name: "newest that were not delivered", ask: list({ states: ["sent"] }), targetMs: 50 },
    { name: "newest that were cancelled, of which there are none", ask: list({ states: ["cancelled"] }), targetMs: 50 },
    {
      name: "a week two years ago",
      ask: list({ saidFrom: newestAt - 24 * month, saidUntil: newestAt - 24 * month + month / 4 }),
      targetMs: 50,
    },
    { name: "the oldest month", ask: list({ saidUntil: newestAt - 35 * month }), targetMs: 50 },
    {
      name: "chats, newest first",
      ask: async () => (await store.chats.list({ accountId: account, sessionIds: null }, null, limit)).length,
      bare: bare(
        `SELECT c.*, p.* FROM chats c LEFT JOIN contacts p ON p.id = c.contact_id WHERE c.session_id IN (SELECT id FROM sessions WHERE account_id = ?) ORDER BY coalesce(c.last_message_at, 0) DESC, c.id DESC LIMIT ${limit}`,
        account,
      ),
      targetMs: 50,
    },
    {
      name: "chats of one session",
      ask: async () => (await store.chats.list({ accountId: account, sessionIds: [first] }, null, limit)).length,
      targetMs: 50,
    },
    { name: "one message", ask: async () => Number((await store.messages.find(1_000)) !== null), targetMs: 5 },
    {
      name: "one by its id on WhatsApp",
      ask: async () => Number((await store.messages.findByWaId(first, "3EB0000000000000000000")) !== null),
      targetMs: 5,
    },
    {
      name: "page 200 by its number, of one session",
      ask: async () =>
        (
          await store.messages.list(
            { accountId: account, sessionIds: [first] },
            { before: null, limit, offset: 200 * limit },
          )
        ).length,
      targetMs: 50,
    },
    {
      name: "how many there are in one session",
      ask: () => store.messages.count({ accountId: account, sessionIds: [first] }),
      targetMs: 50,
    },
  ];
}
