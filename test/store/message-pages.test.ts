// Lists of messages: whatever they are narrowed to, and however far back, they show what a look at every row would.
import { expect, test } from "bun:test";
import { type ContentKind, contentKinds } from "../../src/core/content.ts";
import { silentLog } from "../../src/core/log.ts";
import { type MessageState, messageStates } from "../../src/core/message.ts";
import { usualSettings } from "../../src/core/session.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { openWriter } from "../../src/store/database.ts";
import type { MessageFilter } from "../../src/store/messages.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { wordsOf } from "../../src/store/words.ts";
import { createRandom } from "../faults/support/random.ts";
import { createTestClock } from "../support/clock.ts";
import { createFolder } from "../support/folder.ts";

const random = createRandom(7);
const many = 6_000;
const kinds = ["text", "image", "poll"] satisfies ContentKind[];
const states = ["received", "delivered", "failed", "cancelled"] satisfies MessageState[];
/** By session; the third is another account's. */
const accountOf = [1, 1, 2];
const chatsOf = 4;

type Row = {
  id: number;
  session: number;
  chat: number;
  fromMe: boolean;
  kind: (typeof kinds)[number];
  state: (typeof states)[number];
  text: string;
  saidAt: number;
};

const rows: Row[] = Array.from({ length: many }, (_, index) => {
  const session = random.below(accountOf.length) + 1;
  return {
    id: index + 1,
    session,
    chat: (session - 1) * chatsOf + 1 + random.below(chatsOf),
    fromMe: random.chance(0.5),
    kind: random.chance(0.9) ? "text" : random.pick(kinds),
    state: random.chance(0.9) ? "delivered" : random.pick(states),
    // Most of what is said lately is the other account's.
    text: `${session === 3 || index < 500 ? "common" : "other"} ${random.chance(0.01) ? "seldom" : ""} 中文${index % 10}`,
    // Several at the same moment, and some out of order.
    saidAt: Math.floor(index / 3) * 1_000 - (random.chance(0.1) ? random.below(100_000) : 0),
  };
});

async function filled(dataDir: string): Promise<Store> {
  const runner = { pid: process.pid, doing: "test" };
  const store = await openStore({ dataDir, masterKeys: [], runner, clock: createTestClock(), log: silentLog });
  using client = openWriter(databaseFile(dataDir));
  client.run("PRAGMA foreign_keys = OFF");
  client.run("BEGIN");
  for (const [index, account] of accountOf.entries()) {
    client.run("INSERT OR IGNORE INTO accounts (id, username, role, plan_id, created_at) VALUES (?, ?, 0, 1, 0)", [
      account,
      `account-${account}`,
    ]);
    client.run(
      "INSERT INTO sessions (id, account_id, name, settings, is_wanted, status, created_at, changed_at) VALUES (?, ?, ?, ?, 0, 0, 0, 0)",
      [index + 1, account, `s${index}`, JSON.stringify(usualSettings)],
    );
    for (let chat = 1; chat <= chatsOf; chat++)
      client.run("INSERT INTO chats (id, session_id, kind, jid, created_at) VALUES (?, ?, 1, ?, 0)", [
        index * chatsOf + chat,
        index + 1,
        `${chat}@g.us`,
      ]);
  }
  const insert = client.query(
    "INSERT INTO messages (id, session_id, chat_id, wa_id, from_me, kind, state, text, content, said_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
  );
  for (const { id, session, chat, fromMe, kind, state, text, saidAt } of rows) {
    const codes = [contentKinds.indexOf(kind), messageStates.indexOf(state)] as const;
    const content = JSON.stringify({ kind: "text", text, preview: null });
    insert.run(id, session, chat, `W${id}`, Number(fromMe), ...codes, text, content, saidAt);
    client.run("INSERT INTO message_words (rowid, words) VALUES (?, ?)", [id, wordsOf(text)]);
  }
  client.run("COMMIT");
  return store;
}

function randomFilter(): MessageFilter {
  const accountId = random.pick([1, 1, 2]);
  const own = accountOf.flatMap((account, index) => (account === accountId ? [index + 1] : []));
  const session = random.pick(own);
  const from = random.below(many * 300);
  return {
    accountId,
    sessionIds: random.pick([null, null, own, [session]]),
    chatId: random.chance(0.3) ? (session - 1) * chatsOf + 1 + random.below(chatsOf) : undefined,
    direction: random.pick([undefined, undefined, "in", "out"] as const),
    states: random.chance(0.2) ? random.pick([[random.pick(states)], ["failed", "delivered"] as const]) : undefined,
    kinds: random.chance(0.2) ? random.pick([[random.pick(kinds)], ["image", "poll"] as const]) : undefined,
    saidFrom: random.chance(0.2) ? from : undefined,
    saidUntil: random.chance(0.2) ? from + 300_000 : undefined,
  };
}

function expected({
  accountId,
  sessionIds,
  chatId,
  direction,
  states: of,
  kinds: like,
  ...said
}: MessageFilter): Row[] {
  const { saidFrom = Number.NEGATIVE_INFINITY, saidUntil = Number.POSITIVE_INFINITY } = said;
  return rows.filter(
    (row) =>
      accountOf[row.session - 1] === accountId &&
      (sessionIds === null || sessionIds.includes(row.session)) &&
      (chatId === undefined || row.chat === chatId) &&
      (direction === undefined || row.fromMe === (direction === "out")) &&
      (of === undefined || of.includes(row.state)) &&
      (like === undefined || like.includes(row.kind)) &&
      row.saidAt >= saidFrom &&
      row.saidAt < saidUntil,
  );
}

const newestFirst = (a: Row, b: Row) => b.saidAt - a.saidAt || b.id - a.id;
const idsOf = (found: readonly { id: number }[]) => found.map(({ id }) => id);

test("whatever a list is narrowed to, from its first page to its last, and counted", async () => {
  using folder = createFolder();
  await using store = await filled(folder.path);
  for (let round = 0; round < 150; round++) {
    const filter = randomFilter();
    const all = expected(filter).sort(newestFirst);
    const limit = random.between(1, 60);
    const past = random.pick([null, all[random.below(all.length + 1)] ?? null]);
    const page = { before: past === null ? null : { at: past.saidAt, id: past.id }, limit };
    const from = past === null ? 0 : all.indexOf(past) + 1;
    const given = { filter, page };
    expect({ ...given, ids: idsOf(await store.messages.list(filter, page)) }).toEqual({
      ...given,
      ids: idsOf(all.slice(from, from + limit)),
    });
    const offset = random.below(100);
    const part = await store.messages.list(filter, { before: null, limit, offset });
    expect({ ...given, ids: idsOf(part) }).toEqual({ ...given, ids: idsOf(all.slice(offset, offset + limit)) });
    expect(await store.messages.count(filter)).toBe(all.length);
  }
});

test("a search finds all there is, page by page, however much others have said since", async () => {
  using folder = createFolder();
  await using store = await filled(folder.path);
  for (const [text, holds] of [
    ["common", /common/],
    ["seldom other", /other seldom/],
    ["文3", /文3/],
    ["never", /never/],
  ] as const) {
    for (let round = 0; round < 15; round++) {
      const filter = randomFilter();
      const all = expected(filter)
        .filter((row) => holds.test(row.text))
        .sort((a, b) => b.id - a.id);
      const found: number[] = [];
      for (let before: { at: number; id: number } | null = null; ; ) {
        const page: { id: number }[] = await store.messages.list({ ...filter, text }, { before, limit: 97 });
        found.push(...idsOf(page));
        const last = page.at(-1);
        if (last === undefined) break;
        before = { at: 0, id: last.id };
      }
      expect({ filter, text, found }).toEqual({ filter, text, found: idsOf(all) });
    }
  }
}, 20_000);
