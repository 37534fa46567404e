// Rows of every released schema, written in plain SQL as its programs would have: a new schema adds its own below, and
// those above are never changed again.
import type { Database } from "bun:sqlite";
import { createHash } from "node:crypto";
import { adminKey } from "../support/rig.ts";

/** Enough for a copy to take a while, so that kills hit it too. */
const manyKeys = 5_000;
const someAccounts = 40;
const someSessions = 60;
/** As in the schema that made each table; later ones have more. */
const chatColumns = "id, session_id, kind, contact_id, jid, name, unread, last_message_id, last_message_at, created_at";
const accountColumns = "id, username, email, password_hash, role, plan_id, disabled_at, created_at";
const keyColumns =
  "id, account_id, name, prefix, hash, scopes, sessions, addresses, created_at, last_used_at, expires_at, revoked_at, uses";
const messageColumns =
  "id, session_id, chat_id, wa_id, from_me, sender_id, target, kind, state, text, content, context, raw, secret, fault, said_at, created_at, expires_at, sent_at, delivered_at, read_at, played_at, edited_at, deleted_at";
const at = 1_790_000_000_000;

export const rowsOfSchema: Readonly<Record<number, (client: Database) => void>> = {
  1: fillAccounts,
  2: fillAudit,
  3: fillSessions,
  4: fillSignal,
  5: fillMessages,
  6: fillDailySends,
  7: fillClientKeys,
  8: fillPacing,
  9: fillActions,
  10: fillGroups,
  11: fillForgettings,
  12: fillFailures,
  13: fillEventConsumers,
  14: fillWebhooks,
  15: fillCalls,
  17: fillCampaigns,
  18: fillUsage,
  16: fillSchedules,
};

function numbers(count: number): string {
  return `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
}

function fillAccounts(client: Database): void {
  client.run(`INSERT INTO plans VALUES
    (1, 'unlimited', NULL, NULL, NULL, NULL, ${at}), (2, 'free', 60, 30, 2, 100, ${at}), (7, 'own', 1, NULL, 0, 5, ${at})`);
  client.run(`INSERT INTO accounts (${accountColumns}) VALUES (1, 'admin', NULL, NULL, 1, 1, NULL, ${at})`);
  client.run(`${numbers(someAccounts)} INSERT INTO accounts (${accountColumns})
    SELECT i + 1, 'user-' || i, CASE i % 3 WHEN 0 THEN NULL ELSE i || '@example.org' END, '$argon2id$v=19$m=19456,t=2,p=1$' || hex(randomblob(32)),
      0, 2 + 5 * (i % 2), CASE i % 5 WHEN 0 THEN ${at} + i END, ${at} + i FROM n`);
  client.run(
    `INSERT INTO api_keys (${keyColumns}) VALUES (1, 1, 'of the tests', 'the-', ?, 15, NULL, NULL, ${at}, NULL, NULL, NULL, 3)`,
    [createHash("sha256").update(adminKey).digest()],
  );
  client.run(`${numbers(manyKeys)} INSERT INTO api_keys (${keyColumns})
    SELECT i + 1, 2 + i % ${someAccounts}, 'key ' || i || ' ключ 🔑', 'wg_live_' || substr(hex(randomblob(2)), 1, 4), randomblob(32), 1 + i % 7,
      CASE i % 4 WHEN 0 THEN '["shop"]' END, CASE i % 6 WHEN 0 THEN '["10.0.0.0/8"]' END, ${at} + i,
      CASE i % 2 WHEN 0 THEN ${at} + 2 * i END, CASE i % 9 WHEN 0 THEN ${at} * 2 END, CASE i % 7 WHEN 0 THEN ${at} + i END, i FROM n`);
  client.run(`${numbers(500)} INSERT INTO key_uses SELECT i, 20000 + i % 31, i * 3 FROM n`);
  client.run(`${numbers(90)} INSERT INTO logins
    SELECT i, 1 + i % ${someAccounts}, 'token-' || i, ${at}, ${at} + i, ${at} * 2, '203.0.113.' || i, CASE i % 2 WHEN 0 THEN 'Mozilla/5.0' END FROM n`);
  client.run(`${numbers(50)} INSERT INTO invites
    SELECT i, randomblob(32), CASE i % 2 WHEN 0 THEN 'guest' || i || '@example.org' END, i % 2, 2, ${at}, ${at} * 2,
      CASE i % 3 WHEN 0 THEN ${at} + i END, CASE i % 7 WHEN 0 THEN ${at} + i END, CASE i % 7 WHEN 0 THEN i % ${someAccounts} + 1 END FROM n`);
}

/** Chained as the program does it, so that the chain must still hold afterwards. */
function fillAudit(client: Database): void {
  const insert = client.prepare("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  let previous: Uint8Array = new Uint8Array();
  for (let id = 1; id <= 300; id++) {
    const target = id % 3 === 0 ? null : `wg_live_${id}`;
    const entry = [
      at + id,
      "key.created",
      1,
      "login",
      "203.0.113.7",
      1 + (id % 9),
      target,
      `{"name":"key ${id} 🔑"}`,
    ] as const;
    const hash = createHash("sha256").update(previous).update(JSON.stringify(entry)).digest();
    insert.run(id, ...entry, hash);
    previous = hash;
  }
  insert.finalize();
}

/** None is wanted: nothing shall be started by an upgrade that is looked at. */
function fillSessions(client: Database): void {
  const settings = `{"rejectCalls":true,"rejectMessage":"später 📵","history":"full"}`;
  const identity = `{"phone":"15550001111","lid":null,"device":3,"displayName":"Ада","platform":"android"}`;
  client.run(`${numbers(someSessions)} INSERT INTO sessions
    SELECT i, 1 + i % ${someAccounts}, 'shop ' || i, CASE i % 2 WHEN 0 THEN 'лавка ' || i END, '${settings}', NULL, 0, i % 9,
      CASE i % 3 WHEN 0 THEN 'banned' END, CASE i % 2 WHEN 0 THEN '${identity}' END, CASE i % 2 WHEN 0 THEN hex(randomblob(32)) END, 0,
      ${at}, ${at} + i, CASE i % 2 WHEN 0 THEN ${at} + i END, NULL FROM n`);
  client.run(`${numbers(1_000)} INSERT INTO journal
    SELECT i, 1 + i % ${someAccounts}, CASE i % 7 WHEN 0 THEN NULL ELSE i END, 'session.connected', ${at} + i, '{"name":"shop"}' FROM n`);
}

function fillSignal(client: Database): void {
  const session = `1 + i % ${someSessions}`;
  const fill = (count: number, table: string, columns: string) =>
    client.run(`${numbers(count)} INSERT INTO ${table} SELECT ${columns} FROM n`);
  fill(100, "credentials", `${session}, 1 + i / ${someSessions}, randomblob(900), ${at} + i`);
  fill(2_000, "ratchets", `${session}, i || '.0', randomblob(300)`);
  fill(500, "sender_keys", `${session}, 'group-' || i, randomblob(200)`);
  fill(500, "identities", `${session}, i || '.0', randomblob(33)`);
  fill(500, "lid_mappings", `${session}, '1555' || i, '6031' || i`);
  fill(2_000, "pre_keys", `${session}, i, randomblob(64)`);
  fill(300, "device_lists", `${session}, '1555' || i, '0,3', ${at}`);
  fill(300, "signal_keys", `${session}, 'app-state-sync-key', 'key-' || i, randomblob(80)`);
  fill(
    400,
    "inbox",
    `i, ${session}, randomblob(32), randomblob(500), i % 2, ${at} + i, CASE i % 3 WHEN 0 THEN ${at} + i END`,
  );
}

function fillMessages(client: Database): void {
  const fill = (count: number, table: string, columns: string) =>
    client.run(`${numbers(count)} INSERT INTO ${table} SELECT ${columns} FROM n`);
  fill(
    400,
    "contacts",
    `i, 1 + i % ${someAccounts}, CASE i % 3 WHEN 0 THEN NULL ELSE '1555' || i END, '777' || i, NULL, 'Ада ' || i, NULL, NULL, ${at}, ${at} + i`,
  );
  fill(
    300,
    `chats (${chatColumns})`,
    `i, 1 + i % ${someSessions}, i % 2, CASE i % 2 WHEN 0 THEN i END, CASE i % 2 WHEN 1 THEN i || '@g.us' END, 'группа', i % 5, i, ${at} + i, ${at}`,
  );
  const content = '{"kind":"text","text":"Здравствуйте 👋","preview":null}';
  fill(
    900,
    `messages (${messageColumns})`,
    `i, 1 + i % ${someSessions}, 1 + i % 300, '3EB0' || hex(randomblob(8)), i % 2, CASE i % 2 WHEN 0 THEN 1 + i % 400 END, NULL, 0,
      1 + i % 2, 'Здравствуйте 👋', '${content}', NULL, randomblob(60), NULL, NULL, ${at} + i, ${at} + i, NULL, NULL, NULL, NULL, NULL, NULL, NULL`,
  );
  client.run(`${numbers(900)} INSERT INTO message_words (rowid, words) SELECT i, 'Здравствуйте ' || i FROM n`);
  fill(300, "receipts", `i, 1 + i % 400, ${at}, CASE i % 2 WHEN 0 THEN ${at} END, NULL`);
  fill(300, "reactions", `i, i % 400, '👍', ${at}`);
  fill(50, "votes", `i, i % 400, '["да"]', ${at}`);
  fill(
    200,
    "media",
    `i, 1 + i % ${someSessions}, i % 5, '{"type":"image"}', 'aa/bb' || i, i * 1000, 0, NULL, NULL, NULL, ${at}, NULL`,
  );
  fill(
    60,
    "uploads",
    `i, 1 + i % ${someAccounts}, 'cc/dd' || i, i, 'text/plain', 'счёт ' || i, hex(randomblob(32)), ${at}, ${at} * 2`,
  );
  fill(
    100,
    "idempotency (account_id, key, fingerprint, message_id, created_at)",
    `1 + i % ${someAccounts}, 'key-' || i, randomblob(32), i, ${at}`,
  );
}

function fillDailySends(client: Database): void {
  client.run(
    `${numbers(someAccounts)} INSERT INTO daily_sends (account_id, day, messages) SELECT i, 20700 + i % 20, i * 3 FROM n`,
  );
}

function fillClientKeys(client: Database): void {
  client.run(`${numbers(someSessions)} INSERT INTO api_keys (account_id, name, prefix, hash, scopes, created_at, session_id, sealed)
    SELECT 1 + i % ${someAccounts}, 'client key', 'wg_live_', randomblob(32), 7, ${at}, i, randomblob(60) FROM n`);
}

function fillPacing(client: Database): void {
  client.run(`${numbers(someSessions)} INSERT INTO brakes (session_id, cold_until, all_until, pauses)
    SELECT i, CASE i % 2 WHEN 0 THEN ${at} + i END, CASE i % 3 WHEN 0 THEN ${at} + i END, i % 4 FROM n`);
  client.run(`${numbers(20)} INSERT INTO chats (session_id, kind, jid, unread, created_at, reached_at, was_heard)
    SELECT 1 + i % ${someSessions}, 1, 'reached-' || i, 0, ${at}, ${at} + i, i % 2 FROM n`);
  client.run(`${numbers(20)} INSERT INTO messages (session_id, chat_id, wa_id, from_me, kind, state, content, said_at, created_at, is_urgent)
    SELECT 1 + i % ${someSessions}, 1 + i, 'urgent-' || i, 1, 0, 1, '{"kind":"text","text":"1234","preview":null}', ${at}, ${at}, 1 FROM n`);
}

function fillActions(client: Database): void {
  const fill = (count: number, table: string, columns: string) =>
    client.run(`${numbers(count)} INSERT INTO ${table} SELECT ${columns} FROM n`);
  const content = '{"kind":"text","text":"Поправка ✏️","preview":null}';
  fill(
    400,
    "actions (id, session_id, message_id, chat_id, after_id, kind, state, wa_id, target, raw, emoji, content, edited, fault, created_at, expires_at, sent_at)",
    `i, (SELECT session_id FROM messages WHERE id = i), i, (SELECT chat_id FROM messages WHERE id = i), 900, i % 3, 1 + i % 2, '3EB0A' || i, '15551000001@s.whatsapp.net', randomblob(60),
      CASE i % 3 WHEN 0 THEN '👍🏽' END, CASE i % 3 WHEN 1 THEN '${content}' END, CASE i % 3 WHEN 1 THEN randomblob(40) END,
      CASE i % 2 WHEN 1 THEN '{"code":"expired","sentence":"…"}' END, ${at} + i, ${at} * 2, CASE i % 2 WHEN 0 THEN ${at} + i END`,
  );
  const key = "idempotency (account_id, key, fingerprint, message_id, action_id, created_at)";
  fill(50, key, `1 + i % ${someAccounts}, 'act-' || i, randomblob(32), i, i, ${at}`);
  client.run(`UPDATE messages SET failed_at = ${at} + id WHERE state = 2`);
}

function fillGroups(client: Database): void {
  const admins = '[{"phone":"15550001111","lid":"777","until":null}]';
  client.run(`${numbers(200)} INSERT INTO groups (session_id, jid, members, admins, known_at)
    SELECT 1 + i % ${someSessions}, i || '@g.us', i % 2, CASE i % 5 WHEN 0 THEN NULL ELSE '${admins}' END, ${at} + i FROM n`);
  client.run(`UPDATE chats SET is_archived = id % 2, pinned_at = CASE id % 7 WHEN 0 THEN ${at} + id END,
    muted_until = CASE id % 5 WHEN 0 THEN ${at} * 2 END`);
}

/** None is under way in a gateway at rest, and the very start that is looked at would end it. */
function fillForgettings(): void {}

/** Of those that it has indexes for. */
function fillFailures(client: Database): void {
  client.run(`${numbers(60)} INSERT INTO messages (session_id, chat_id, wa_id, from_me, kind, state, text, content, said_at, created_at)
    SELECT 1 + i % ${someSessions}, 1 + i % 300, '3EB0FA' || hex(randomblob(8)), 1, 0, 2 + 5 * (i % 2), 'zu spät', '{"kind":"text","text":"zu spät","preview":null}', ${at} - i, ${at} FROM n`);
}

function fillEventConsumers(client: Database): void {
  client.run(`${numbers(40)} INSERT INTO event_consumers (id, account_id, name, events, sessions, position, created_at, acknowledged_at)
    SELECT i, 1 + i % ${someAccounts}, 'crm-' || i, CASE i % 2 WHEN 0 THEN '[]' ELSE '["message.*"]' END,
      CASE i % 3 WHEN 0 THEN '["shop"]' END, i * 7, ${at}, CASE i % 4 WHEN 0 THEN ${at} + i END FROM n`);
}

/** Paused, or disabled: nobody shall be called by an upgrade that is looked at. */
function fillWebhooks(client: Database): void {
  const fill = (count: number, table: string, columns: string) =>
    client.run(`${numbers(count)} INSERT INTO ${table} SELECT ${columns} FROM n`);
  fill(
    80,
    "webhooks (id, account_id, cell, url, description, format, events, sessions, chats, headers, secret, previous_secret, previous_until, timeout_ms, is_ordered, retry, state, reason, cursor, failing_since, created_at, updated_at)",
    `i, 1 + i % ${someAccounts}, 'cell-' || i, 'https://hooks.example/' || i, CASE i % 2 WHEN 0 THEN 'заказы' END, 0, '["message.*"]',
      CASE i % 3 WHEN 0 THEN '[' || i || ']' END, CASE i % 5 WHEN 0 THEN '["1555' || i || '@s.whatsapp.net"]' END, CASE i % 2 WHEN 0 THEN randomblob(90) END,
      randomblob(80), CASE i % 7 WHEN 0 THEN randomblob(80) END, CASE i % 7 WHEN 0 THEN ${at} * 2 END, 10000, i % 2,
      CASE i % 3 WHEN 0 THEN '"default"' WHEN 1 THEN '"patient"' ELSE '[5,60]' END, 1 + i % 2, CASE i % 2 WHEN 1 THEN 'failing' END, i, CASE i % 4 WHEN 0 THEN ${at} END, ${at}, ${at} + i`,
  );
  fill(
    600,
    "delivery_bodies (id, event_id, format, account_id, lane, body, at)",
    `i, i, 0, 1 + i % ${someAccounts}, i % 50, '{"event":"message.received","text":"Здравствуйте 👋 ' || i || '"}', ${at} + i`,
  );
  fill(
    900,
    "deliveries (id, webhook_id, event_id, type, event_at, format, lane, state, attempts, tries, next_at, created_at, settled_at)",
    `i, 1 + i % 80, i, 'message.received', ${at} + i, 0, i % 50, i % 4, i % 3, i % 3, CASE i % 4 WHEN 1 THEN ${at} * 2 END, ${at} + i, CASE WHEN i % 4 > 1 THEN ${at} + i END`,
  );
  fill(
    900,
    "delivery_attempts (delivery_id, number, at, duration_ms, status, fault, headers, body)",
    `i, 1, ${at} + i, i, CASE i % 2 WHEN 0 THEN 500 END, CASE i % 2 WHEN 0 THEN 'It answered 500.' END, '{"server":"x"}', randomblob(40)`,
  );
}

function fillCalls(client: Database): void {
  client.run(`${numbers(200)} INSERT INTO calls (id, account_id, session_id, wa_id, contact_id, is_video, is_group, group_jid, outcome, started_at, answered_at, rejected_at, ended_at, created_at)
    SELECT i, 1 + i % ${someAccounts}, 1 + i % ${someSessions}, '1A5C' || hex(randomblob(8)), 1 + i % 400, i % 2, i % 3 = 0, CASE i % 3 WHEN 0 THEN i || '@g.us' END,
      CASE i % 4 WHEN 0 THEN NULL ELSE i % 3 END, ${at} + i, CASE i % 5 WHEN 0 THEN ${at} + i END, CASE i % 7 WHEN 0 THEN ${at} + i END, CASE i % 4 WHEN 0 THEN NULL ELSE ${at} + 2 * i END, ${at} + i FROM n`);
  client.run(`UPDATE chats SET watched_at = ${at} + id WHERE id % 11 = 0`);
}

/** None runs or is about to: nobody shall be written to by an upgrade that is looked at. */
function fillCampaigns(client: Database): void {
  const fill = (count: number, table: string, columns: string) =>
    client.run(`${numbers(count)} INSERT INTO ${table} SELECT ${columns} FROM n`);
  const settings = '{"gapMs":{"least":2000,"most":5000},"window":null,"stopAfter":null,"optOutWords":["стоп"]}';
  const message =
    '{"body":{"kind":"text","text":"Здравствуйте {{name|}} 👋","wantsPreview":true},"mentions":[],"disappearsInSeconds":null}';
  fill(
    40,
    "campaigns (id, account_id, name, state, reason, settings, columns, upload, is_uploading, duplicates, created_at, updated_at, started_at)",
    `i, 1 + i % ${someAccounts}, CASE i % 2 WHEN 0 THEN 'распродажа ' || i END, CASE i % 4 WHEN 0 THEN 0 WHEN 1 THEN 3 WHEN 2 THEN 4 ELSE 5 END,
      CASE i % 8 WHEN 1 THEN 'failures' END, '${settings}', '["name","city"]', i % 3, CASE i % 4 WHEN 0 THEN 1 ELSE 0 END, i, ${at}, ${at} + i, CASE i % 4 WHEN 0 THEN NULL ELSE ${at} END`,
  );
  fill(
    40,
    "campaign_messages (campaign_id, message, file)",
    `i, '${message}', CASE i % 5 WHEN 0 THEN 'aa/bb' || i END`,
  );
  fill(
    40,
    "campaign_sessions (campaign_id, session_id, place, next_at, brake_known, uploaded, uploaded_at)",
    `i, 1 + i % ${someSessions}, 0, ${at} + i, CASE i % 3 WHEN 0 THEN ${at} END, CASE i % 5 WHEN 0 THEN '{"url":"","directPath":"/v/x"}' END, CASE i % 5 WHEN 0 THEN ${at} END`,
  );
  fill(
    2_000,
    "campaign_recipients (id, campaign_id, target, cells, upload, state, message_id, session_id, fault, settled_at)",
    `i, 1 + i % 40, '1555' || i || '@s.whatsapp.net', CASE i % 2 WHEN 0 THEN '["Ада",null]' END, i % 3, CASE i % 4 WHEN 1 THEN 2 WHEN 2 THEN 3 WHEN 3 THEN 4 ELSE 0 END,
      CASE WHEN i % 4 = 1 THEN 100000 + i END, CASE WHEN i % 4 = 1 THEN 1 + i % ${someSessions} END, CASE WHEN i % 4 IN (2, 3) THEN '{"code":"x","sentence":"…"}' END, CASE i % 4 WHEN 0 THEN NULL ELSE ${at} + i END`,
  );
  fill(
    100,
    "suppressions (id, account_id, phone, lid, source, note, campaign_id, created_at)",
    `i, 1 + i % ${someAccounts}, '1555' || i, CASE i % 2 WHEN 0 THEN '777' || i END, i % 2, CASE i % 3 WHEN 0 THEN 'по телефону' END, CASE i % 2 WHEN 1 THEN 1 + i % 40 END, ${at} + i`,
  );
}

function fillUsage(client: Database): void {
  client.run("UPDATE accounts SET time_zone = 'Asia/Kathmandu' WHERE id % 3 = 0");
  client.run(
    "UPDATE daily_sends SET time_zone = 'Asia/Kathmandu', begins_at = 1789999500000, ends_at = 1790085900000, is_part = account_id % 2 WHERE account_id % 3 = 0",
  );
  client.run(`${numbers(someAccounts * 30)} INSERT INTO usage_days (account_id, day, requests, webhook_events, messages)
    SELECT 1 + i % ${someAccounts}, 20700 + i / ${someAccounts}, i * 7, i * 3, i FROM n`);
  client.run(`${numbers(500)} INSERT INTO limit_windows (rule, name, count, until)
    SELECT CASE i % 2 WHEN 0 THEN 'requests' ELSE 'clients.sensitive' END, '2001:db8::' || i, i % 60, ${at} + i FROM n`);
}

/** Over, or far ahead: nothing shall be said by an upgrade that is looked at. */
function fillSchedules(client: Database): void {
  const fill = (count: number, table: string, columns: string) =>
    client.run(`${numbers(count)} INSERT INTO ${table} SELECT ${columns} FROM n`);
  const said =
    '{"body":{"kind":"text","text":"Доброе утро ☀️","wantsPreview":true},"mentions":[],"replyTo":null,"disappearsInSeconds":null}';
  fill(
    300,
    "schedules (id, account_id, session_id, target, said, is_urgent, fails_offline, expires_in_ms, has_file, send_at, cron, time_zone, ends_at, max_runs, late_ms, state, fault, next_at, due_at, runs, last_run_id, revision, created_at, updated_at, ended_at)",
    `i, 1 + i % ${someAccounts}, 1 + i % ${someSessions}, '1555' || i || '@s.whatsapp.net', '${said}', i % 2, (i / 2) % 2, CASE i % 3 WHEN 0 THEN 3600000 END, 0,
      CASE i % 2 WHEN 0 THEN ${at} * 2 END, CASE i % 2 WHEN 1 THEN '0 9 * * MON-FRI' END, CASE i % 2 WHEN 1 THEN 'Europe/Berlin' END,
      CASE i % 6 WHEN 1 THEN ${at} * 3 END, CASE i % 6 WHEN 3 THEN 7 END, CASE i % 4 WHEN 0 THEN NULL ELSE 3600000 END, i % 5,
      CASE i % 5 WHEN 3 THEN '{"code":"invalid","sentence":"…"}' END, CASE i % 5 WHEN 0 THEN ${at} * 2 + i END, ${at} * 2 + i, i % 4,
      CASE WHEN i % 4 > 0 THEN i END, i % 9, ${at}, ${at} + i, CASE WHEN i % 5 > 0 THEN ${at} + i END`,
  );
  fill(
    300,
    "schedule_runs (id, schedule_id, nominal_at, missed_up_to, is_manual, state, message_id, fault, at, settled_at)",
    `i, i, ${at} + i, CASE i % 5 WHEN 4 THEN ${at} + 2 * i END, i % 2, 1 + i % 4, CASE WHEN i % 4 < 2 THEN i END,
      CASE i % 4 WHEN 1 THEN '{"code":"expired","sentence":"…"}' END, ${at} + i, ${at} + i`,
  );
  client.run(`${numbers(30)} INSERT INTO idempotency (account_id, key, fingerprint, schedule_id, created_at)
    SELECT 1 + i % ${someAccounts}, 'schedule-' || i, randomblob(32), i, ${at} FROM n`);
}
