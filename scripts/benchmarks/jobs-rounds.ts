// A process that hands recipients on and completes them, through the store and by hand, and prints how many a second.
import { randomBytes } from "node:crypto";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { bareContext, type Content } from "../../src/core/content.ts";
import { silentLog } from "../../src/core/log.ts";
import { usualSettings } from "../../src/core/session.ts";
import { databaseFile } from "../../src/store/data-directory.ts";
import { openWriter } from "../../src/store/database.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { wordsOf } from "../../src/store/words.ts";
import { createFolder } from "./children.ts";

export type JobRoundsOptions = { folder: string; rounds: number; jobs: number; batch: number };
export type JobRounds = { ours: number[]; bare: number[] };

type Round = { dataDir: string; jobs: number; batch: number };

/** What else waits, so that it is not an empty table that is asked. */
const others = 100_000;
const ids = { campaign: 1, session: 1, account: 1 };
const text = "Hello Ada, your order is on its way and will be with you tomorrow.";
const content: Content = { kind: "text", text, preview: null };
const runner = { pid: process.pid, doing: "bench" };

if (import.meta.main) {
  console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? ""))));
  process.exit(0);
}

async function measure({ folder: within, rounds, jobs, batch }: JobRoundsOptions): Promise<JobRounds> {
  using seed = createFolder(within);
  await fill(seed.path, jobs + others);
  const measured: JobRounds = { ours: [], bare: [] };
  for (let round = 0; round < rounds; round++) {
    measured.ours.push(await timed(seed.path, { within, jobs, batch }, throughStore));
    measured.bare.push(await timed(seed.path, { within, jobs, batch }, byHand));
  }
  return measured;
}

async function timed(
  seed: string,
  { within, jobs, batch }: { within: string; jobs: number; batch: number },
  work: (round: Round) => Promise<number>,
): Promise<number> {
  using folder = createFolder(within);
  copyFileSync(databaseFile(seed), databaseFile(folder.path));
  copyFileSync(join(seed, "master.key"), join(folder.path, "master.key"));
  return (jobs * 1_000) / (await work({ dataDir: folder.path, jobs, batch }));
}

/** Made by the store itself, migrations and all; then filled by hand. */
async function fill(dataDir: string, recipients: number): Promise<void> {
  await (await opened(dataDir))[Symbol.asyncDispose]();
  using client = openWriter(databaseFile(dataDir));
  const { lastInsertRowid: account } = client.run(
    "INSERT INTO accounts (username, role, plan_id, created_at) SELECT 'bench', 1, min(id), 0 FROM plans",
  );
  if (Number(account) !== ids.account) throw new Error("the account is not the first");
  client.run(
    "INSERT INTO sessions (account_id, name, settings, is_wanted, status, lease, created_at, changed_at) VALUES (1, 'shop', ?, 0, 0, 0, 0, 0)",
    [JSON.stringify(usualSettings)],
  );
  const settings = JSON.stringify({ gapMs: null, window: null, stopAfter: null, optOutWords: null });
  client.run(
    "INSERT INTO campaigns (account_id, state, settings, columns, created_at, updated_at, started_at, resumed_at) VALUES (1, 2, ?, '[]', 0, 0, 0, 0)",
    [settings],
  );
  client.run("INSERT INTO campaign_sessions (campaign_id, session_id, place) VALUES (1, 1, 0)");
  client.run("BEGIN");
  const insert = client.prepare("INSERT INTO campaign_recipients (campaign_id, target, state) VALUES (1, ?, 0)");
  for (let n = 0; n < recipients; n++) insert.run(`1666${String(n).padStart(7, "0")}@s.whatsapp.net`);
  client.run("COMMIT");
  insert.finalize();
  client.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

function opened(dataDir: string): Promise<Store> {
  return openStore({ dataDir, masterKeys: [], runner, clock: systemClock, log: silentLog });
}

function newMessage() {
  return { waId: `3EB0${randomBytes(9).toString("hex").toUpperCase()}`, raw: randomBytes(120) };
}

/** As jobs/campaigns.ts and the sender do it: the next are handed on while those before them are settled. */
async function throughStore({ dataDir, jobs, batch }: Round): Promise<number> {
  await using store = await opened(dataDir);
  let settling: Promise<unknown> = Promise.resolve();
  const began = performance.now();
  for (let done = 0; done < jobs; done += batch) {
    const waiting = await store.campaignRecipients.waiting(ids.campaign, batch);
    const at = systemClock.now();
    const recipients = waiting.map(({ id, target }) => {
      const made = { ...newMessage(), content, context: bareContext, secret: null, file: null };
      return { id, target, made };
    });
    const by = { campaignId: ids.campaign, accountId: ids.account, sessionId: ids.session };
    const { queued } = await store.write("campaigns.feed", { ...by, recipients, uploadedAt: null, nextAt: null, at });
    if (queued.length !== batch) throw new Error("not all were handed on");
    await settling;
    settling = Promise.all(queued.map(({ id }) => store.writeSoon("outbox.settle", { id, at, state: "sent" })));
  }
  await store.written();
  await settling;
  return performance.now() - began;
}

/** The same statements, prepared once, on one connection in this thread; the schema's own triggers included. */
async function byHand({ dataDir, jobs, batch }: Round): Promise<number> {
  using client = openWriter(databaseFile(dataDir));
  const p = (sql: string) => client.prepare(sql);
  const waiting = p("SELECT * FROM campaign_recipients WHERE campaign_id = 1 AND state = 0 ORDER BY id LIMIT ?");
  const campaign = p("SELECT state FROM campaigns WHERE id = 1");
  const waits = p("SELECT id FROM campaign_recipients WHERE id = ? AND state = 0");
  const suppressed = p("SELECT id FROM suppressions WHERE account_id = 1 AND phone = ?");
  const owner = p("SELECT account_id FROM sessions WHERE id = 1");
  const plan = p(
    "SELECT messages_per_day, accounts.time_zone, day, messages, daily_sends.time_zone, begins_at, ends_at, is_part FROM accounts JOIN plans ON plans.id = accounts.plan_id LEFT JOIN daily_sends ON daily_sends.account_id = accounts.id WHERE accounts.id = 1",
  );
  const countSend = p("UPDATE daily_sends SET messages = messages + 1 WHERE account_id = 1");
  const findContact = p("SELECT * FROM contacts WHERE account_id = 1 AND phone = ?");
  const addContact = p(
    "INSERT INTO contacts (account_id, phone, created_at, updated_at) VALUES (1, ?, ?, ?) RETURNING id",
  );
  const findChat = p("SELECT id FROM chats WHERE session_id = 1 AND contact_id = ?");
  const addChat = p(
    "INSERT INTO chats (session_id, kind, contact_id, unread, created_at) VALUES (1, 0, ?, 0, ?) RETURNING id",
  );
  const addMessage = p(
    "INSERT INTO messages (session_id, chat_id, wa_id, from_me, target, kind, state, text, content, context, raw, said_at, created_at, is_urgent) VALUES (1, ?, ?, 1, ?, 0, 0, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING RETURNING id",
  );
  const addWords = p("INSERT INTO message_words (rowid, words) VALUES (?, ?)");
  const noteChat = p(
    "UPDATE chats SET unread = unread + 0, last_message_id = CASE WHEN coalesce(last_message_at, 0) <= ?1 THEN ?2 ELSE last_message_id END, last_message_at = max(coalesce(last_message_at, 0), ?1) WHERE id = ?3",
  );
  const journal = p("INSERT INTO journal (account_id, session_id, type, at, data) VALUES (1, 1, ?, ?, ?) RETURNING id");
  const queue = p(
    "UPDATE campaign_recipients SET state = 1, message_id = ?, session_id = 1, fault = NULL, settled_at = NULL WHERE id = ?",
  );
  const settle = p(
    "UPDATE messages SET state = 1, fault = NULL, sent_at = ?, failed_at = NULL WHERE id = ? AND state = 0 RETURNING session_id",
  );
  const followRun = p("SELECT id FROM schedule_runs WHERE message_id = ?");
  const [begin, commit] = [p("BEGIN IMMEDIATE"), p("COMMIT")];
  type Id = { id: number };
  const idOf = (row: unknown) => (row as Id | null)?.id ?? 0;
  const told = [JSON.stringify(content), JSON.stringify(bareContext)] as const;

  client.run(
    "INSERT OR REPLACE INTO daily_sends (account_id, day, messages, begins_at, ends_at) VALUES (1, 0, 0, 0, 1e15)",
  );

  const began = performance.now();
  for (let done = 0; done < jobs; done += batch) {
    const at = systemClock.now();
    const rows = waiting.all(batch) as { id: number; target: string }[];
    const messages: number[] = [];
    begin.run();
    campaign.get();
    for (const { id, target } of rows) {
      const digits = target.split("@")[0] ?? "";
      const { waId, raw } = newMessage();
      waits.get(id);
      findContact.get(digits);
      suppressed.get(digits);
      owner.get();
      plan.get();
      countSend.run();
      findContact.get(digits);
      const contact = idOf(addContact.get(digits, at, at));
      journal.get("contact.created", at, JSON.stringify({ contactId: contact, phone: digits, lid: null }));
      findChat.get(contact);
      const chat = idOf(addChat.get(contact, at));
      const message = idOf(addMessage.get(chat, waId, target, text, ...told, raw, at, at));
      addWords.run(message, wordsOf(text));
      noteChat.run(at, message, chat);
      journal.get("message.queued", at, JSON.stringify({ messageId: message }));
      queue.run(message, id);
      messages.push(message);
    }
    commit.run();
    begin.run();
    for (const message of messages) {
      settle.get(at, message);
      followRun.get(message);
      owner.get();
      journal.get("message.sent", at, JSON.stringify({ messageId: message }));
    }
    commit.run();
  }
  return performance.now() - began;
}
