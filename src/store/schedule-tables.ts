// The tables of schedules and of the times that they ran.
import type { MessageFault } from "../core/message.ts";
import type { Said } from "../core/said.ts";
import { runStates, scheduleStates } from "../core/schedule.ts";
import { count, flag, jsonOf, millis, oneOf, reference, rowId, table, words } from "./columns.ts";

export const schedules = table("schedules", {
  id: rowId(),
  accountId: reference("account_id").notNull(),
  sessionId: reference("session_id").notNull(),
  target: words("target").notNull(),
  said: jsonOf<Said>("said").notNull(),
  isUrgent: flag("is_urgent").notNull(),
  failsOffline: flag("fails_offline").notNull(),
  expiresInMs: millis("expires_in_ms"),
  hasFile: flag("has_file").notNull(),
  file: words("file"),
  fileBytes: count("file_bytes"),
  sendAt: millis("send_at"),
  cron: words("cron"),
  timeZone: words("time_zone"),
  endsAt: millis("ends_at"),
  maxRuns: count("max_runs"),
  lateMs: millis("late_ms"),
  state: oneOf("state", scheduleStates).notNull(),
  fault: jsonOf<MessageFault>("fault"),
  nextAt: millis("next_at"),
  dueAt: millis("due_at").notNull(),
  runs: count("runs").notNull(),
  lastRunId: reference("last_run_id"),
  revision: count("revision").notNull(),
  createdAt: millis("created_at").notNull(),
  updatedAt: millis("updated_at").notNull(),
  endedAt: millis("ended_at"),
});

export const scheduleRuns = table("schedule_runs", {
  id: rowId(),
  scheduleId: reference("schedule_id").notNull(),
  nominalAt: millis("nominal_at").notNull(),
  missedUpTo: millis("missed_up_to"),
  isManual: flag("is_manual").notNull(),
  state: oneOf("state", runStates).notNull(),
  messageId: reference("message_id"),
  fault: jsonOf<MessageFault>("fault"),
  at: millis("at").notNull(),
  settledAt: millis("settled_at"),
});
