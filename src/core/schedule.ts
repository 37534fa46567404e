// Schedules: what is to be said later, once or again and again, the states they go through, and each time that they ran.
import { minute } from "./clock.ts";
import type { MessageFault } from "./message.ts";
import type { Said } from "./said.ts";

/** In the order of their codes in the database; only ever added to. */
export const scheduleStates = [
  "pending", // it has a time yet to come, or what it made is still on its way
  "sent", // WhatsApp has what it said last
  "cancelled", // by its owner, or with somebody who was forgotten
  "failed", // `fault` says why
  "missed", // the gateway was off at its time, for longer than it may be late
] as const;
export type ScheduleState = (typeof scheduleStates)[number];

/** In the order of their codes in the database; only ever added to. */
export const runStates = [
  "queued", // its message waits, as any message does
  "sent",
  "failed",
  "cancelled", // its message was, before it went out
  "missed",
] as const;
export type RunState = (typeof runStates)[number];

/** When it is due: at one instant, or by a pattern in a time zone. */
export type Timing = {
  sendAt: number | null;
  cron: string | null;
  timeZone: string | null;
  endsAt: number | null;
  maxRuns: number | null;
  /** So late it still goes when the gateway was off at its time; null where what is late is skipped. */
  lateMs: number | null;
};

export type ScheduleRun = {
  id: number;
  scheduleId: number;
  /** The time it was due; of one that somebody asked for, when that was. */
  nominalAt: number;
  /** Of several that were missed one after the other: the last of them. */
  missedUpTo: number | null;
  isManual: boolean;
  state: RunState;
  messageId: number | null;
  fault: MessageFault | null;
  /** When it was begun, or found to be missed. */
  at: number;
  settledAt: number | null;
};

export type Schedule = Timing & {
  id: number;
  accountId: number;
  sessionId: number;
  /** The JID it goes to. */
  target: string;
  said: Said;
  isUrgent: boolean;
  failsOffline: boolean;
  expiresInMs: number | null;
  /** That is kept for it, by its name in the store. */
  file: string | null;
  fileBytes: number | null;
  state: ScheduleState;
  fault: MessageFault | null;
  /** Null when nothing more is to come. */
  nextAt: number | null;
  /** The same, or the last time that it was due. */
  dueAt: number;
  /** So often it ran at its times, what was missed apart. */
  runs: number;
  /** Grows with every change: what was made ready for another is thrown away. */
  revision: number;
  createdAt: number;
  updatedAt: number;
  endedAt: number | null;
  lastRun: ScheduleRun | null;
};

/** Nothing is ever quite on time: so late is not late. A restart may fall into it. */
export const onTimeMs = minute;
