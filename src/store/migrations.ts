// The schema's history, embedded in the program. A migration is never edited once released, only followed by another.
import accounts from "../../migrations/0001_accounts.sql" with { type: "text" };
import audit from "../../migrations/0002_audit.sql" with { type: "text" };
import sessions from "../../migrations/0003_sessions.sql" with { type: "text" };
import signal from "../../migrations/0004_signal.sql" with { type: "text" };
import messages from "../../migrations/0005_messages.sql" with { type: "text" };
import dailySends from "../../migrations/0006_daily_sends.sql" with { type: "text" };
import clientKeys from "../../migrations/0007_client_keys.sql" with { type: "text" };
import pacing from "../../migrations/0008_pacing.sql" with { type: "text" };
import actions from "../../migrations/0009_actions.sql" with { type: "text" };
import groupsAndChats from "../../migrations/0010_groups_and_chats.sql" with { type: "text" };
import forgetting from "../../migrations/0011_forgetting.sql" with { type: "text" };
import messagesByTime from "../../migrations/0012_messages_by_time.sql" with { type: "text" };
import eventConsumers from "../../migrations/0013_event_consumers.sql" with { type: "text" };
import webhooks from "../../migrations/0014_webhooks.sql" with { type: "text" };
import calls from "../../migrations/0015_calls.sql" with { type: "text" };
import schedules from "../../migrations/0016_schedules.sql" with { type: "text" };
import campaigns from "../../migrations/0017_campaigns.sql" with { type: "text" };
import limits from "../../migrations/0018_limits.sql" with { type: "text" };

export type Migration = {
  version: number;
  name: string;
  sql: string;
  /** What was deleted under earlier programs may still be read in the file's free places: they are cleared first. */
  clearsFirst?: true;
};

export const migrations: readonly Migration[] = [
  { version: 1, name: "0001_accounts", sql: accounts },
  { version: 2, name: "0002_audit", sql: audit },
  { version: 3, name: "0003_sessions", sql: sessions },
  { version: 4, name: "0004_signal", sql: signal },
  { version: 5, name: "0005_messages", sql: messages },
  { version: 6, name: "0006_daily_sends", sql: dailySends },
  { version: 7, name: "0007_client_keys", sql: clientKeys },
  { version: 8, name: "0008_pacing", sql: pacing },
  { version: 9, name: "0009_actions", sql: actions },
  { version: 10, name: "0010_groups_and_chats", sql: groupsAndChats },
  { version: 11, name: "0011_forgetting", sql: forgetting, clearsFirst: true },
  { version: 12, name: "0012_messages_by_time", sql: messagesByTime },
  { version: 13, name: "0013_event_consumers", sql: eventConsumers },
  { version: 14, name: "0014_webhooks", sql: webhooks },
  { version: 15, name: "0015_calls", sql: calls },
  { version: 16, name: "0016_schedules", sql: schedules },
  { version: 17, name: "0017_campaigns", sql: campaigns },
  { version: 18, name: "0018_limits", sql: limits },
];

export const schemaVersion = migrations.length;
