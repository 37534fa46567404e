// What every room may say and how: a constant message, the data in fields.

export type LogFields = Record<string, unknown>;

export type Log = {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): Log;
  /** False where a line would be thrown away: for those that cost something to put together. */
  tells(level: LogLevel): boolean;
};

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** One line of the log as it can be read back. */
export type LogLine = {
  id: number;
  time: number;
  level: LogLevel;
  message: string;
  accountId: number | null;
  fields: LogFields;
};

/** The last lines, newest first. */
export type LogTail = {
  read(filter: { accountId: number | null; level: LogLevel; before: number | null; limit: number }): LogLine[];
};

export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
  tells: () => false,
};
